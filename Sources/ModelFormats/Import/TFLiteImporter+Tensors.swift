// SPDX-License-Identifier: Apache-2.0
import Kernels
import Network

/// What the file's tensors are in terms of the graph.
extension TFLiteImporter {
  /// Scales far beyond all use: the product and the quotient of any two are numbers of 32 bits.
  private static let scales: ClosedRange<Float> = 0x1p-60...0x1p60

  /// The extents of an activation without its batch, which comes first.
  func shape(of tensor: Int) throws(TFLiteImportError) -> Shape {
    let extents = file.tensors[tensor].shape
    return switch extents.count {
    case 0: Shape(height: 1, width: 1, channels: 1)
    case 1: Shape(height: 1, width: 1, channels: extents[0])
    case 2: Shape(height: 1, width: 1, channels: extents[1])
    case 3: Shape(height: 1, width: extents[1], channels: extents[2])
    case 4: Shape(height: extents[1], width: extents[2], channels: extents[3])
    default: throw .unsupportedRank(extents.count, tensor: tensor)
    }
  }

  /// The extents of a constant, aligned at the channels as in broadcasting.
  func constantShape(of tensor: Int) throws(TFLiteImportError) -> Shape {
    var extents = file.tensors[tensor].shape
    while extents.count > 3, extents[0] == 1 { extents.removeFirst() }
    while extents.count < 3 { extents.insert(1, at: 0) }
    guard extents.count == 3 else {
      throw .unsupportedRank(file.tensors[tensor].shape.count, tensor: tensor)
    }
    return Shape(height: extents[0], width: extents[1], channels: extents[2])
  }

  /// What the elements of an activation or of a constant among activations are.
  func format(of tensor: Int) throws(TFLiteImportError) -> ValueFormat {
    let (type, scales) = (file.tensors[tensor].type, file.tensors[tensor].scales)
    if type == .float32 { return .float32 }
    guard type == .int8 || type == .uint8 else {
      throw .unsupportedType(type, tensor: tensor)
    }
    let zeroPoint = file.tensors[tensor].zeroPoints.first ?? 0
    let range = type == .int8 ? -128...127 : 0...255
    guard scales.count == 1, Self.scales.contains(scales[0]), range.contains(zeroPoint) else {
      throw .badQuantization(tensor: tensor)
    }
    let quantization = AffineQuantization(scale: scales[0], zeroPoint: Int32(zeroPoint))
    return type == .int8 ? .int8(quantization) : .uint8(quantization)
  }

  /// The integers of a constant of int32 or int64: axes, paddings, shapes.
  func integers(
    _ tensor: Int, operator index: Int
  ) throws(TFLiteImportError) -> [Int] {
    guard tensor >= 0, file.tensors[tensor].isConstant else { throw problem(index, .notConstant) }
    let (type, data) = (file.tensors[tensor].type, file.tensors[tensor].data)
    var result: [Int] = []
    switch type {
    case .int32:
      for offset in stride(from: 0, to: data.count, by: 4) {
        let value = data.loadUnaligned(fromByteOffset: offset, as: Int32.self)
        result.append(Int(Int32(littleEndian: value)))
      }
    case .int64:
      for offset in stride(from: 0, to: data.count, by: 8) {
        let value = data.loadUnaligned(fromByteOffset: offset, as: Int64.self)
        result.append(Int(clamping: Int64(littleEndian: value)))
      }
    default: throw .unsupportedType(type, tensor: tensor)
    }
    return result
  }

  /// The parameters of a layer with weights: int8 weights, their scales and an int32 bias behind an
  /// int8 input, else float weights and bias.
  ///
  /// - Parameter channels: output channels, which lie along `dimension` of the weights.
  /// - Parameter isTransposed: whether the weights are 1×H×W×O and must become O×H×W×1.
  func weightSources(
    operator index: Int, weights: Int, bias: Int, channels: Int, dimension: Int,
    isQuantized: Bool, isTransposed: Bool = false
  ) throws(TFLiteImportError) -> [Source] {
    let tensor = file.tensors[weights]
    let isFloat = tensor.type == .float32
    guard isConstant(weights), isFloat != isQuantized, isFloat || tensor.type == .int8 else {
      throw problem(index, isConstant(weights) ? .weightType : .notConstant)
    }
    var source = source(ofConstant: weights)
    if isTransposed {
      source = .owned(outputsFirst(source, channels: channels, elementSize: tensor.type.byteCount))
    }
    var sources = [source]
    if isQuantized {
      let scales = tensor.scales
      guard scales.count == 1 || scales.count == channels && tensor.quantizedDimension == dimension,
        scales.allSatisfy({ Self.scales.contains($0) }), tensor.zeroPoints.allSatisfy({ $0 == 0 })
      else { throw .badQuantization(tensor: weights) }
      let all =
        scales.count == channels ? scales : [Float](repeating: scales[0], count: channels)
      sources.append(.owned(all.withUnsafeBytes { [UInt8]($0) }))
    }
    guard bias >= 0 else { return sources }
    guard isConstant(bias), file.tensors[bias].elementCount == channels,
      file.tensors[bias].type == (isQuantized ? .int32 : .float32)
    else { throw problem(index, isConstant(bias) ? .weightType : .notConstant) }
    return sources + [self.source(ofConstant: bias)]
  }

  /// Weights …×O as O×…
  private func outputsFirst(_ source: Source, channels: Int, elementSize: Int) -> [UInt8] {
    func transposed(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
      let taps = bytes.count / (channels * elementSize)
      var result = [UInt8](repeating: 0, count: bytes.count)
      for channel in 0..<channels {
        for tap in 0..<taps {
          for byte in 0..<elementSize {
            result[(channel * taps + tap) * elementSize + byte] =
              bytes[(tap * channels + channel) * elementSize + byte]
          }
        }
      }
      return result
    }
    return switch source {
    case .mapped(let bytes): transposed(bytes)
    case .owned(let bytes): bytes.withUnsafeBytes { transposed($0) }
    }
  }
}
