// SPDX-License-Identifier: Apache-2.0
import Kernels

/// Enlarges the image by a whole factor, or gives it any size.
public struct ResizeLayer: Equatable, Sendable {
  /// How pixels between pixels come about.
  public enum Interpolation: Equatable, Sendable { case nearest, bilinear }

  /// Where output pixel i lies in the input, by TensorFlow's conventions; H and I are the extents.
  public enum Sampling: Equatable, Sendable {
    /// i · H / I
    case corner
    /// i · (H − 1) / (I − 1)
    case alignedCorners
    /// (i + ½) · H / I − ½
    case halfPixelCenters
  }

  public var interpolation: Interpolation
  public var factor: Int
  /// The output's height and width, where they are not `factor` times the input's.
  public var size: [Int]?
  /// Of floats only the defaults exist: corners for the nearest pixel, half-pixel centres for
  /// bilinear interpolation.
  public var sampling: Sampling

  public init(_ interpolation: Interpolation, factor: Int) {
    self.interpolation = interpolation
    self.factor = factor
    sampling = Self.defaultSampling(interpolation)
  }

  public init(_ interpolation: Interpolation, height: Int, width: Int, sampling: Sampling) {
    self.interpolation = interpolation
    self.sampling = sampling
    factor = 1
    size = [height, width]
  }

  private static func defaultSampling(_ interpolation: Interpolation) -> Sampling {
    interpolation == .nearest ? .corner : .halfPixelCenters
  }

  private var samplingMode: SamplingMode {
    switch sampling {
    case .corner: .corner
    case .alignedCorners: .alignCorners
    case .halfPixelCenters: .halfPixelCenters
    }
  }

  private var kernel: Resize.Method {
    switch interpolation {
    case .nearest: .nearest
    case .bilinear: .bilinear
    }
  }
}

extension ResizeLayer: Layer {
  package func outputShape(_ inputs: [Shape]) throws(ShapeError) -> Shape {
    let input = try single(inputs)
    if let size {
      for extent in size where !(1...maximumExtent).contains(extent) {
        throw .attributeOutOfRange(.scale, actual: extent)
      }
      return Shape(height: size[0], width: size[1], channels: input.channels)
    }
    guard (1...64).contains(factor) else { throw .attributeOutOfRange(.scale, actual: factor) }
    return Shape(
      height: input.height * factor, width: input.width * factor, channels: input.channels)
  }

  package func supports(_ inputs: [ValueFormat], _ output: ValueFormat) -> Bool {
    LayerSite.areUniform(inputs, output) && inputs.allSatisfy { $0 == output }
      && (output != .float32 || sampling == Self.defaultSampling(interpolation))
  }

  package func integerForward(_ step: LayerStep) {
    let (x, y) = (step.integerInput(0), step.integerOutput)
    switch interpolation {
    case .nearest: IntegerResize.nearest(x, into: y, samplingMode, pool: step.pool)
    case .bilinear: IntegerResize.bilinear(x, into: y, samplingMode, pool: step.pool)
    }
  }

  package func forward(_ step: LayerStep) {
    Resize.forward(step.inputs[0], into: step.output, kernel, pool: step.pool)
  }

  package func backward(_ step: LayerStep) {
    guard let outputGradient = step.outputGradient, let inputGradient = step.inputGradients[0]
    else { return }
    Resize.gradient(
      of: outputGradient, into: inputGradient, accumulate: step.accumulates[0], kernel,
      pool: step.pool)
  }
}
