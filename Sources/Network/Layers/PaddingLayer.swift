// SPDX-License-Identifier: Apache-2.0
import Kernels

/// Widens the image on each side.
public struct PaddingLayer: Equatable, Sendable {
  /// What stands outside of the image.
  public enum Mode: Equatable, Sendable {
    case zero
    /// The mirror image; the border pixel is not repeated.
    case reflect
    /// The mirror image, border pixel included. Only where the layer is quantised.
    case symmetric
    /// A real value.
    case constant(Float)
  }

  /// Rows above the image.
  public var top: Int
  /// Rows below it.
  public var bottom: Int
  /// Columns on its left.
  public var left: Int
  /// Columns on its right.
  public var right: Int
  /// What stands there.
  public var mode: Mode

  /// So many pixels on each side, each from 0 up.
  public init(top: Int, bottom: Int, left: Int, right: Int, mode: Mode) {
    self.top = top
    self.bottom = bottom
    self.left = left
    self.right = right
    self.mode = mode
  }

  private var kernel: Padding.Mode {
    switch mode {
    case .zero: .constant(0)
    case .constant(let value): .constant(value)
    case .reflect: .reflect
    case .symmetric: preconditionFailure("symmetric padding is of integers")
    }
  }

  /// How far a mirror image reaches, short of the image's extent by this.
  private var mirrorLimit: Int? {
    switch mode {
    case .zero, .constant: nil
    case .reflect: 1
    case .symmetric: 0
    }
  }
}

extension PaddingLayer: FloatLayer, IntegerLayer {
  package func outputShape(_ inputs: [Shape]) throws(ShapeError) -> Shape {
    let input = try single(inputs)
    for extent in [top, bottom, left, right] where !(0...maximumExtent).contains(extent) {
      throw .attributeOutOfRange(.padding, actual: extent)
    }
    if let limit = mirrorLimit {
      for (growth, extent) in [(max(top, bottom), input.height), (max(left, right), input.width)]
      where growth > extent - limit { throw .attributeOutOfRange(.padding, actual: growth) }
    }
    return Shape(
      height: input.height + top + bottom, width: input.width + left + right,
      channels: input.channels)
  }

  package var properties: LayerProperties {
    LayerProperties {
      $0.movesElements = true
      $0.keepsFormat = true
      $0.selectsInputs = if case .constant = mode { false } else { true }
    }
  }

  package var supportsFloats: Bool { mode != .symmetric }

  package func forward(_ step: LayerStep) {
    Padding.forward(
      step.inputs[0].floats, into: step.output.floats, top: top, left: left, mode: kernel,
      pool: step.pool)
  }

  package func integerForward(_ step: LayerStep) -> () -> Void {
    let (x, y, pool) = (step.inputs[0].int8, step.output.int8, step.pool)
    let quantization = step.site.outputQuantization
    let mode: IntegerPadding.Mode<Int8> =
      switch mode {
      case .zero: .constant(Int8(clamping: quantization.zeroPoint))
      case .constant(let value): .constant(Quantize.reference(value, quantization))
      case .reflect: .reflect
      case .symmetric: .symmetric
      }
    return { IntegerPadding.apply(x, into: y, top: top, left: left, mode: mode, pool: pool) }
  }

  package func backward(_ step: LayerStep) {
    guard let (outputGradient, inputGradient) = step.gradients else { return }
    Padding.gradient(
      of: outputGradient, into: inputGradient, accumulate: step.accumulates[0], top: top,
      left: left, mode: kernel, pool: step.pool)
  }
}

/// Cuts a rectangle out of the image.
public struct CroppingLayer: Equatable, Sendable {
  /// The rectangle's first row.
  public var top: Int
  /// Its first column.
  public var left: Int
  /// Its rows.
  public var height: Int
  /// Its columns.
  public var width: Int

  /// The rectangle that is kept.
  public init(top: Int, left: Int, height: Int, width: Int) {
    self.top = top
    self.left = left
    self.height = height
    self.width = width
  }
}

extension CroppingLayer: FloatLayer {
  package func outputShape(_ inputs: [Shape]) throws(ShapeError) -> Shape {
    let input = try single(inputs)
    guard top >= 0, left >= 0, height > 0, width > 0, height <= input.height - top,
      width <= input.width - left
    else { throw .emptyOutput(inputHeight: input.height, inputWidth: input.width) }
    return Shape(height: height, width: width, channels: input.channels)
  }

  package var properties: LayerProperties {
    LayerProperties {
      $0.movesElements = true
      $0.selectsInputs = true
    }
  }

  package func forward(_ step: LayerStep) {
    Padding.forward(
      step.inputs[0].floats, into: step.output.floats, top: -top, left: -left, mode: .constant(0),
      pool: step.pool)
  }

  package func backward(_ step: LayerStep) {
    guard let (outputGradient, inputGradient) = step.gradients else { return }
    Padding.gradient(
      of: outputGradient, into: inputGradient, accumulate: step.accumulates[0], top: -top,
      left: -left, mode: .constant(0), pool: step.pool)
  }
}
