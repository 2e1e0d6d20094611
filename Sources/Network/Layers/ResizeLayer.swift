// SPDX-License-Identifier: Apache-2.0
public import Kernels

/// Enlarges the image by a whole factor, or gives it any size.
public struct ResizeLayer: Equatable, Sendable {
  /// How pixels between pixels come about.
  public typealias Interpolation = Kernels.Interpolation
  /// Where output pixels lie in the input, by TensorFlow's conventions.
  public typealias Sampling = SamplingMode

  /// How an output pixel is made from input pixels.
  public var interpolation: Interpolation
  /// What height and width are multiplied by, from 1 to 64, where `size` is `nil`.
  public var factor: Int
  /// The output's height and width, where they are not `factor` times the input's.
  public var size: [Int]?
  /// Of floats only the defaults exist: corners for the nearest pixel, half-pixel centres for
  /// bilinear interpolation.
  public var sampling: Sampling

  /// An enlargement by a whole factor.
  public init(_ interpolation: Interpolation, factor: Int) {
    self.interpolation = interpolation
    self.factor = factor
    sampling = Self.defaultSampling(interpolation)
  }

  /// A resizing to a given height and width.
  public init(_ interpolation: Interpolation, height: Int, width: Int, sampling: Sampling) {
    self.interpolation = interpolation
    self.sampling = sampling
    factor = 1
    size = [height, width]
  }

  private static func defaultSampling(_ interpolation: Interpolation) -> Sampling {
    interpolation == .nearest ? .corner : .halfPixelCenters
  }
}

extension ResizeLayer: FloatLayer, IntegerLayer {
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

  package var properties: LayerProperties {
    LayerProperties {
      $0.keepsFormat = true
      $0.selectsInputs = interpolation == .nearest
    }
  }

  package var supportsFloats: Bool { sampling == Self.defaultSampling(interpolation) }

  package func integerForward(_ step: LayerStep) -> () -> Void {
    let (x, y, pool) = (step.inputs[0].int8, step.output.int8, step.pool)
    switch interpolation {
    case .nearest: return { IntegerResize.nearest(x, into: y, sampling, pool: pool) }
    case .bilinear: return { IntegerResize.bilinear(x, into: y, sampling, pool: pool) }
    }
  }

  package func forward(_ step: LayerStep) {
    Resize.forward(step.inputs[0].floats, into: step.output.floats, interpolation, pool: step.pool)
  }

  package func backward(_ step: LayerStep) {
    guard let (outputGradient, inputGradient) = step.gradients else { return }
    Resize.gradient(
      of: outputGradient, into: inputGradient, accumulate: step.accumulates[0], interpolation,
      pool: step.pool)
  }
}
