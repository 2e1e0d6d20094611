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

  public var top: Int
  public var bottom: Int
  public var left: Int
  public var right: Int
  public var mode: Mode

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

extension PaddingLayer: Layer {
  package func outputShape(_ inputs: [Shape]) throws(ShapeError) -> Shape {
    let input = try single(inputs)
    for extent in [top, bottom, left, right] where !(0...maximumExtent).contains(extent) {
      throw .attributeOutOfRange(.padding, actual: extent)
    }
    if let limit = mirrorLimit {
      for (growth, extent) in [(max(top, bottom), input.height), (max(left, right), input.width)]
      where growth > extent - limit {
        throw .attributeOutOfRange(.padding, actual: growth)
      }
    }
    return Shape(
      height: input.height + top + bottom, width: input.width + left + right,
      channels: input.channels)
  }

  package func supports(_ inputs: [ValueFormat], _ output: ValueFormat) -> Bool {
    LayerSite.areUniform(inputs, output) && inputs.allSatisfy { $0 == output }
      && (output != .float32 || mode != .symmetric)
  }

  package func forward(_ step: LayerStep) {
    Padding.forward(
      step.inputs[0], into: step.output, top: top, left: left, mode: kernel, pool: step.pool)
  }

  package func integerForward(_ step: LayerStep) {
    let quantization = step.site.outputQuantization
    let mode: IntegerPadding.Mode<Int8> =
      switch mode {
      case .zero: .constant(Int8(clamping: quantization.zeroPoint))
      case .constant(let value): .constant(Quantize.reference(value, quantization))
      case .reflect: .reflect
      case .symmetric: .symmetric
      }
    IntegerPadding.apply(
      step.integerInput(0), into: step.integerOutput, top: top, left: left, mode: mode,
      pool: step.pool)
  }

  package func backward(_ step: LayerStep) {
    guard let outputGradient = step.outputGradient, let inputGradient = step.inputGradients[0]
    else { return }
    Padding.gradient(
      of: outputGradient, into: inputGradient, accumulate: step.accumulates[0], top: top,
      left: left, mode: kernel, pool: step.pool)
  }
}

/// Cuts a rectangle out of the image.
public struct CroppingLayer: Equatable, Sendable {
  public var top: Int
  public var left: Int
  public var height: Int
  public var width: Int

  public init(top: Int, left: Int, height: Int, width: Int) {
    self.top = top
    self.left = left
    self.height = height
    self.width = width
  }
}

extension CroppingLayer: Layer {
  package func outputShape(_ inputs: [Shape]) throws(ShapeError) -> Shape {
    let input = try single(inputs)
    guard top >= 0, left >= 0, height > 0, width > 0, height <= input.height - top,
      width <= input.width - left
    else { throw .emptyOutput(inputHeight: input.height, inputWidth: input.width) }
    return Shape(height: height, width: width, channels: input.channels)
  }

  package func forward(_ step: LayerStep) {
    Padding.forward(
      step.inputs[0], into: step.output, top: -top, left: -left, mode: .constant(0),
      pool: step.pool)
  }

  package func backward(_ step: LayerStep) {
    guard let outputGradient = step.outputGradient, let inputGradient = step.inputGradients[0]
    else { return }
    Padding.gradient(
      of: outputGradient, into: inputGradient, accumulate: step.accumulates[0], top: -top,
      left: -left, mode: .constant(0), pool: step.pool)
  }
}
