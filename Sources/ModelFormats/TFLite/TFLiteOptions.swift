// SPDX-License-Identifier: Apache-2.0

/// The attributes of an operator.
package enum TFLiteOptions: Equatable, Sendable {
  /// The operator has none, or its attributes do not matter.
  case none
  /// CONV_2D, DEPTHWISE_CONV_2D, TRANSPOSE_CONV.
  case convolution(TFLiteWindow)
  /// MAX_POOL_2D, AVERAGE_POOL_2D; the window's size is the filter's.
  case pooling(TFLiteWindow, height: Int, width: Int)
  case fullyConnected(activation: TFLiteActivation, keepsDimensions: Bool, isShuffled: Bool)
  case softmax(beta: Float)
  case concatenation(axis: Int, activation: TFLiteActivation)
  /// ADD, SUB, MUL.
  case arithmetic(activation: TFLiteActivation)
  /// RESHAPE; `nil` where the second input says it.
  case reshape(shape: [Int]?)
  /// SQUEEZE.
  case squeeze(axes: [Int])
  /// MEAN.
  case reduction(keepsDimensions: Bool)
  /// RESIZE_BILINEAR, RESIZE_NEAREST_NEIGHBOR.
  case resize(alignsCorners: Bool, hasHalfPixelCenters: Bool)
  case leakyReLU(slope: Float)
  /// GELU: by tanh, or exact, by the error function.
  case gelu(isApproximate: Bool)
  /// MIRROR_PAD: the border pixel is repeated (SYMMETRIC) or not (REFLECT).
  case mirrorPad(isSymmetric: Bool)
}

/// How a window moves.
package struct TFLiteWindow: Equatable, Sendable {
  /// SAME padding; else VALID.
  package var isSame = true
  package var strideHeight = 1
  package var strideWidth = 1
  package var dilationHeight = 1
  package var dilationWidth = 1
  /// Output channels for each input channel of a depthwise convolution.
  package var depthMultiplier = 1
  package var activation = TFLiteActivation.none

  package init() {}
}

/// An activation that an operator applies to its output, by its number in the schema.
package enum TFLiteActivation: UInt8, Sendable {
  case none = 0
  case relu = 1
  case reluN1To1 = 2
  case relu6 = 3
  case tanh = 4
  case signBit = 5
}

/// The numbers of the option tables in the schema's union `BuiltinOptions`.
enum TFLiteOptionsTable {
  static let convolution: UInt8 = 1
  static let depthwiseConvolution: UInt8 = 2
  static let pooling: UInt8 = 5
  static let fullyConnected: UInt8 = 8
  static let softmax: UInt8 = 9
  static let concatenation: UInt8 = 10
  static let add: UInt8 = 11
  static let resizeBilinear: UInt8 = 15
  static let reshape: UInt8 = 17
  static let mul: UInt8 = 21
  static let reducer: UInt8 = 27
  static let sub: UInt8 = 28
  static let squeeze: UInt8 = 30
  static let transposedConvolution: UInt8 = 49
  static let resizeNearestNeighbor: UInt8 = 74
  static let leakyReLU: UInt8 = 75
  static let mirrorPad: UInt8 = 77
  static let gelu: UInt8 = 116
}
