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

  private var smoothed: [Double] { Self.filter.applied(to: values, width: width, height: height) }
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

/// The power spectrum of an image, or of a difference of images.
public struct PowerSpectrum: Equatable, Sendable {
  /// Rows of `power`.
  public let height: Int
  /// Columns of `power`.
  public let width: Int
  /// |Σ x[r, c] · e^(−2πi (v·r / h + u·c / w))|² / (h·w)², the mean over the channels, row by row:
  /// frequency v = 0 lies in row ⌊h / 2⌋ and u = 0 in column ⌊w / 2⌋. Adds up to the mean square of
  /// the numbers.
  public let power: [Double]

  /// - Parameter image: height × width × channels numbers.
  public init(_ image: [Float], height: Int, width: Int) {
    precondition(
      height > 0 && width > 0 && !image.isEmpty && image.count % (height * width) == 0,
      "an image has its channels at each pixel")
    (self.height, self.width) = (height, width)
    let channels = image.count / (height * width)
    let (alongRows, alongColumns) = (
      FourierTransform(count: width), FourierTransform(count: height)
    )
    var power = [Double](repeating: 0, count: height * width)
    let scale = 1 / (Double(height * width) * Double(height * width) * Double(channels))
    for channel in 0..<channels {
      let rows = (0..<height).map { row in
        alongRows.applied(
          to: (0..<width).map { column in
            FourierTransform.Complex(Double(image[(row * width + column) * channels + channel]), 0)
          })
      }
      for u in 0..<width {
        let column = alongColumns.applied(to: rows.map { $0[u] })
        for v in 0..<height {
          let place = (v + height / 2) % height * width + (u + width / 2) % width
          power[place] += scale * (column[v] * column[v]).sum()
        }
      }
    }
    self.power = power
  }

  /// The power in decibels, 10 · lg, of at least -120 for what is nothing but rounding.
  public var decibels: HeatMap {
    HeatMap(width: width, height: height, values: power.map { Float(10 * log10(max($0, 1e-12))) })
  }

  /// The mean power in rings around frequency 0: element k is of √((v / h)² + (u / w)²) · n nearest
  /// to k, n the longer side: k periods along it. The last ring holds the corners.
  public var radialMeans: [Double] {
    let side = max(height, width)
    var sums = [Double](repeating: 0, count: side * 71 / 100 + 2)
    var counts = sums
    forEachFrequency { frequency, power in
      let ring = Int((frequency * Double(side)).rounded())
      sums[ring] += power
      counts[ring] += 1
    }
    let last = counts.lastIndex { $0 > 0 } ?? 0
    return (0...last).map { counts[$0] > 0 ? sums[$0] / counts[$0] : 0 }
  }

  /// The share of the power beyond frequency 0 that lies above `frequency` periods a pixel; 0 where
  /// there is no power. Half a period a pixel is the most that rows or columns hold.
  public func share(above frequency: Double = 0.25) -> Double {
    var (high, all) = (0.0, 0.0)
    forEachFrequency {
      if $0 > 0 { all += $1 }
      if $0 > frequency { high += $1 }
    }
    return all > 0 ? high / all : 0
  }

  private func forEachFrequency(_ body: (_ frequency: Double, _ power: Double) -> Void) {
    for (place, power) in power.enumerated() {
      let v = Double(place / width - height / 2) / Double(height)
      let u = Double(place % width - width / 2) / Double(width)
      body((v * v + u * u).squareRoot(), power)
    }
  }
}

/// X[k] = Σⱼ x[j] · e^(−2πi jk / n), of any length n: split by n's prime factors (Cooley & Tukey,
/// 1965).
struct FourierTransform {
  /// A complex number: its real part and its imaginary part.
  typealias Complex = SIMD2<Double>

  private let roots: [Complex]

  init(count: Int) {
    roots = (0..<count).map { index in
      let angle = -2 * Double.pi * Double(index) / Double(count)
      return Complex(cos(angle), sin(angle))
    }
  }

  func applied(to values: [Complex]) -> [Complex] {
    precondition(values.count == roots.count, "a transform is for one length")
    return transform(values, rootStep: 1)
  }

  /// - Parameter rootStep: n / `values.count`.
  private func transform(_ values: [Complex], rootStep: Int) -> [Complex] {
    let count = values.count
    guard let factor = (2...max(2, count)).first(where: { count % $0 == 0 }), count > 1 else {
      return values
    }
    let rest = count / factor
    let parts = (0..<factor).map { first in
      transform((0..<rest).map { values[$0 * factor + first] }, rootStep: rootStep * factor)
    }
    return (0..<count).map { k in
      var sum = Complex.zero
      for (first, part) in parts.enumerated() {
        let (root, value) = (roots[first * k % count * rootStep], part[k % rest])
        sum += Complex(root.x * value.x - root.y * value.y, root.x * value.y + root.y * value.x)
      }
      return sum
    }
  }
}
