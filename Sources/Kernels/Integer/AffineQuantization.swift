// SPDX-License-Identifier: Apache-2.0

/// What the integers of a tensor stand for:
///
///     real = scale · (q − zeroPoint)
///
/// as in the TensorFlow Lite quantisation specification. Activations have one a tensor; weights
/// have a scale for each output channel, and `zeroPoint` 0.
public struct AffineQuantization: Equatable, Sendable {
  /// Positive and finite.
  public var scale: Float
  /// In the range of the tensor's integers, so that 0 is represented exactly.
  public var zeroPoint: Int32

  public init(scale: Float, zeroPoint: Int32) {
    self.scale = scale
    self.zeroPoint = zeroPoint
  }
}
