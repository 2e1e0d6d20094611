// SPDX-License-Identifier: Apache-2.0
import Foundation
public import Imaging
import Network

/// The distance of two images of numbers in [0, 1], height × width × channels.
public struct ImageComparison: Equatable, Sendable {
  /// The largest difference.
  public let largest: Float
  /// The Euclidean norm of the differences.
  public let norm: Double
  /// The mean of their magnitudes.
  public let mean: Double
  /// Peak signal-to-noise ratio in decibels; infinite for equal images.
  public let peakSignalToNoise: Double
  /// Structural similarity, the mean over channels (Wang et al., 2004).
  public let structuralSimilarity: Double

  /// - Precondition: both images have height × width × channels numbers, at least one.
  public init(_ a: [Float], _ b: [Float], height: Int, width: Int) {
    precondition(a.count == b.count && !a.isEmpty, "images of one size are compared")
    var (largest, squares, magnitudes): (Float, Double, Double) = (0, 0, 0)
    for (x, y) in zip(a, b) {
      let difference = abs(x - y)
      largest = max(largest, difference)
      squares += Double(difference) * Double(difference)
      magnitudes += Double(difference)
    }
    self.largest = largest
    norm = squares.squareRoot()
    mean = magnitudes / Double(a.count)
    let error = squares / Double(a.count)
    peakSignalToNoise = error > 0 ? -10 * log10(error) : .infinity
    let channels = a.count / (height * width)
    let planes = (0..<channels).map { channel in
      func plane(_ image: [Float]) -> Plane {
        Plane(
          height: height, width: width,
          values: stride(from: channel, to: image.count, by: channels).map { Double(image[$0]) })
      }
      return Plane.structuralSimilarity(plane(a), plane(b))
    }
    structuralSimilarity = planes.reduce(0, +) / Double(channels)
  }
}

/// One channel.
private struct Plane {
  let height: Int
  let width: Int
  var values: [Double]

  private static let filter = GaussianBlur(likeSciPy: 1.5, radius: 5)

  /// The mean over windows of a Gaussian of σ = 1.5 and 11 × 11 pixels, those at the border left
  /// out, of (2 μ₁ μ₂ + C₁)(2 σ₁₂ + C₂) / ((μ₁² + μ₂² + C₁)(σ₁² + σ₂² + C₂)) with C₁ = 0.01² and
  /// C₂ = 0.03².
  static func structuralSimilarity(_ a: Plane, _ b: Plane) -> Double {
    let (c1, c2) = (0.0001, 0.0009)
    let (meanA, meanB) = (a.smoothed, b.smoothed)
    let (squareA, squareB) = (a.times(a).smoothed, b.times(b).smoothed)
    let product = a.times(b).smoothed
    let border = min(filter.radius, (min(a.height, a.width) - 1) / 2)
    var (sum, count) = (0.0, 0.0)
    for y in border..<a.height - border {
      for x in border..<a.width - border {
        let index = y * a.width + x
        let (mA, mB) = (meanA[index], meanB[index])
        let varianceA = squareA[index] - mA * mA
        let varianceB = squareB[index] - mB * mB
        let covariance = product[index] - mA * mB
        let top = (2 * mA * mB + c1) * (2 * covariance + c2)
        let bottom = (mA * mA + mB * mB + c1) * (varianceA + varianceB + c2)
        sum += top / bottom
        count += 1
      }
    }
    return sum / count
  }

  private func times(_ other: Plane) -> Plane {
    Plane(height: height, width: width, values: zip(values, other.values).map { $0 * $1 })
  }

  private var smoothed: [Double] {
    Self.filter.applied(to: values, width: width, height: height)
  }
}

/// The differences between two images at each pixel, in the numbers' own unit.
public struct DifferenceMaps: Equatable, Sendable {
  /// The mean over the channels of |b − a|.
  public let absolute: HeatMap
  /// The mean over the channels of b − a.
  public let signed: HeatMap
  /// b − a of each number.
  public let differences: [Float]

  /// - Parameters:
  ///   - before: a, height × width × channels numbers.
  ///   - after: b, of the same size.
  public init(from before: [Float], to after: [Float], height: Int, width: Int) {
    precondition(before.count == after.count, "images of one size are compared")
    let channels = before.count / max(1, height * width)
    let differences = zip(before, after).map { $1 - $0 }
    func means(_ term: (Float) -> Float) -> HeatMap {
      HeatMap(
        width: width, height: height,
        values: (0..<height * width).map { pixel in
          differences[pixel * channels..<(pixel + 1) * channels].reduce(0) { $0 + term($1) }
            / Float(channels)
        })
    }
    absolute = means { $0.magnitude }
    signed = means { $0 }
    self.differences = differences
  }

  /// The magnitudes as a picture, each channel by itself: 0 is black and `limit` full.
  public func picture(limit: Float) -> Image {
    let channels = differences.count / max(1, absolute.values.count)
    return Image(
      differences.map { $0.magnitude / limit },
      Shape(height: absolute.height, width: absolute.width, channels: channels))
  }
}
