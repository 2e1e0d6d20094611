// SPDX-License-Identifier: Apache-2.0

extension TFLiteOptions {
  /// The options in `table`, which is number `kind` of the schema's union; `.none` for those of
  /// other operators.
  init(_ kind: UInt8, _ table: FlatTable) throws(FlatBufferError) {
    switch kind {
    case TFLiteOptionsTable.convolution:
      var window = try TFLiteWindow(table, activation: 3)
      window.dilationWidth = try table.integer(4, default: 1)
      window.dilationHeight = try table.integer(5, default: 1)
      self = .convolution(window)
    case TFLiteOptionsTable.depthwiseConvolution:
      var window = try TFLiteWindow(table, activation: 4)
      window.depthMultiplier = try table.integer(3)
      window.dilationWidth = try table.integer(5, default: 1)
      window.dilationHeight = try table.integer(6, default: 1)
      self = .convolution(window)
    case TFLiteOptionsTable.transposedConvolution:
      self = .convolution(try TFLiteWindow(table, activation: 3))
    case TFLiteOptionsTable.pooling:
      self = .pooling(
        try TFLiteWindow(table, activation: 5), height: try table.integer(4),
        width: try table.integer(3))
    case TFLiteOptionsTable.fullyConnected:
      self = .fullyConnected(
        activation: try table.activation(0), keepsDimensions: try table.flag(2),
        isShuffled: try table.number(1, default: UInt8(0)) != 0)
    case TFLiteOptionsTable.softmax: self = .softmax(beta: try table.float(0))
    case TFLiteOptionsTable.concatenation:
      self = .concatenation(axis: try table.integer(0), activation: try table.activation(1))
    case TFLiteOptionsTable.add, TFLiteOptionsTable.sub, TFLiteOptionsTable.mul:
      self = .arithmetic(activation: try table.activation(0))
    case TFLiteOptionsTable.reshape:
      let shape = try table.integers(0)
      self = .reshape(shape: shape.isEmpty ? nil : shape)
    default: self = try Self.rare(kind, table)
    }
  }

  private static func rare(
    _ kind: UInt8, _ table: FlatTable
  ) throws(FlatBufferError) -> TFLiteOptions {
    switch kind {
    case TFLiteOptionsTable.squeeze: .squeeze(axes: try table.integers(0))
    case TFLiteOptionsTable.reducer: .reduction(keepsDimensions: try table.flag(0))
    // The first two fields held the size, once.
    case TFLiteOptionsTable.resizeBilinear:
      .resize(alignsCorners: try table.flag(2), hasHalfPixelCenters: try table.flag(3))
    case TFLiteOptionsTable.resizeNearestNeighbor:
      .resize(alignsCorners: try table.flag(0), hasHalfPixelCenters: try table.flag(1))
    case TFLiteOptionsTable.leakyReLU: .leakyReLU(slope: try table.float(0))
    case TFLiteOptionsTable.gelu: .gelu(isApproximate: try table.flag(0))
    case TFLiteOptionsTable.mirrorPad:
      .mirrorPad(isSymmetric: try table.number(0, default: UInt8(0)) == 1)
    default: .none
    }
  }
}

extension TFLiteWindow {
  /// The fields that all windows begin with, and the activation in field `activation`.
  fileprivate init(_ table: FlatTable, activation: Int) throws(FlatBufferError) {
    self.init()
    isSame = try table.number(0, default: UInt8(0)) == 0
    strideWidth = try table.integer(1)
    strideHeight = try table.integer(2)
    self.activation = try table.activation(activation)
  }
}

extension FlatTable {
  fileprivate func activation(_ field: Int) throws(FlatBufferError) -> TFLiteActivation {
    // An unknown one is refused when the operator is: as one that nobody computes.
    TFLiteActivation(rawValue: try number(field, default: 0)) ?? .signBit
  }
}
