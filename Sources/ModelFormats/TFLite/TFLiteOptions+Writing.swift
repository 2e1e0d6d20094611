// SPDX-License-Identifier: Apache-2.0

extension TFLiteOptions {
  private typealias Field = FlatBufferBuilder.Field

  /// Writes the options of an operator: their number in the schema's union, and where they are;
  /// `nil` where there are none.
  func write(
    _ code: TFLiteCode, _ builder: inout FlatBufferBuilder
  ) -> (kind: UInt8, position: Int)? {
    switch self {
    case .none: return nil
    case .convolution(let window): return writeConvolution(window, code, &builder)
    case .pooling(let window, let height, let width):
      let table = builder.table(
        window.fields(activation: 5) + [integer(3, width), integer(4, height)])
      return (TFLiteOptionsTable.pooling, table)
    case .fullyConnected(let activation, let keepsDimensions, _):
      let table = builder.table([
        byte(0, activation.rawValue), byte(2, keepsDimensions ? 1 : 0),
      ])
      return (TFLiteOptionsTable.fullyConnected, table)
    case .softmax(let beta):
      return (
        TFLiteOptionsTable.softmax, builder.table([Field(number: 0, value: .float(beta))])
      )
    case .concatenation(let axis, let activation):
      let table = builder.table([integer(0, axis), byte(1, activation.rawValue)])
      return (TFLiteOptionsTable.concatenation, table)
    case .arithmetic(let activation): return writeArithmetic(activation, code, &builder)
    default: return writeRare(code, &builder)
    }
  }

  private func writeConvolution(
    _ window: TFLiteWindow, _ code: TFLiteCode, _ builder: inout FlatBufferBuilder
  ) -> (kind: UInt8, position: Int) {
    func dilations(_ first: Int) -> [Field?] {
      [
        window.dilationWidth == 1 ? nil : integer(first, window.dilationWidth),
        window.dilationHeight == 1 ? nil : integer(first + 1, window.dilationHeight),
      ]
    }
    switch code {
    case .depthwiseConvolution:
      let fields =
        window.fields(activation: 4) + [integer(3, window.depthMultiplier)] + dilations(5)
      return (TFLiteOptionsTable.depthwiseConvolution, builder.table(fields))
    case .transposedConvolution:
      return (
        TFLiteOptionsTable.transposedConvolution, builder.table(window.fields(activation: 3))
      )
    default:
      return (
        TFLiteOptionsTable.convolution,
        builder.table(window.fields(activation: 3) + dilations(4))
      )
    }
  }

  private func writeArithmetic(
    _ activation: TFLiteActivation, _ code: TFLiteCode, _ builder: inout FlatBufferBuilder
  ) -> (kind: UInt8, position: Int) {
    let kind =
      switch code {
      case .sub: TFLiteOptionsTable.sub
      case .mul: TFLiteOptionsTable.mul
      default: TFLiteOptionsTable.add
      }
    return (kind, builder.table([byte(0, activation.rawValue)]))
  }

  private func writeRare(
    _ code: TFLiteCode, _ builder: inout FlatBufferBuilder
  ) -> (kind: UInt8, position: Int)? {
    switch self {
    case .reshape(let shape):
      let extents = shape.map { builder.vector($0.map { Int32(clamping: $0) }) }
      let table = builder.table([extents.map { Field(number: 0, value: .reference($0)) }])
      return (TFLiteOptionsTable.reshape, table)
    case .squeeze(let axes):
      let list = builder.vector(axes.map { Int32(clamping: $0) })
      return (
        TFLiteOptionsTable.squeeze, builder.table([Field(number: 0, value: .reference(list))])
      )
    case .reduction(let keepsDimensions):
      return (TFLiteOptionsTable.reducer, builder.table([byte(0, keepsDimensions ? 1 : 0)]))
    case .resize(let alignsCorners, let hasHalfPixelCenters):
      let isBilinear = code == .resizeBilinear
      let first = isBilinear ? 2 : 0
      let table = builder.table([
        byte(first, alignsCorners ? 1 : 0), byte(first + 1, hasHalfPixelCenters ? 1 : 0),
      ])
      return (
        isBilinear
          ? TFLiteOptionsTable.resizeBilinear : TFLiteOptionsTable.resizeNearestNeighbor, table
      )
    case .leakyReLU(let slope):
      return (
        TFLiteOptionsTable.leakyReLU, builder.table([Field(number: 0, value: .float(slope))])
      )
    case .gelu(let isApproximate):
      return (TFLiteOptionsTable.gelu, builder.table([byte(0, isApproximate ? 1 : 0)]))
    case .mirrorPad(let isSymmetric):
      return (TFLiteOptionsTable.mirrorPad, builder.table([byte(0, isSymmetric ? 1 : 0)]))
    default: return nil
    }
  }

  fileprivate func byte(_ number: Int, _ value: UInt8) -> FlatBufferBuilder.Field? {
    value == 0 ? nil : FlatBufferBuilder.Field(number: number, value: .byte(value))
  }

  fileprivate func integer(_ number: Int, _ value: Int) -> FlatBufferBuilder.Field? {
    value == 0
      ? nil : FlatBufferBuilder.Field(number: number, value: .int32(Int32(clamping: value)))
  }
}

extension TFLiteWindow {
  /// The fields that all windows begin with, and the activation in field `activation`.
  fileprivate func fields(activation number: Int) -> [FlatBufferBuilder.Field?] {
    typealias Field = FlatBufferBuilder.Field
    return [
      isSame ? nil : Field(number: 0, value: .byte(1)),
      Field(number: 1, value: .int32(Int32(clamping: strideWidth))),
      Field(number: 2, value: .int32(Int32(clamping: strideHeight))),
      activation == .none ? nil : Field(number: number, value: .byte(activation.rawValue)),
    ]
  }
}
