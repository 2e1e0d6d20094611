// SPDX-License-Identifier: Apache-2.0
import Foundation
public import Imaging

/// How the variation of an image, or of a difference of images, is distributed over frequencies.
public struct PowerSpectrum: Equatable, Sendable {
  /// Rows of `power`: those of the image.
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
    self.height = height
    self.width = width
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
    HeatMap(
      width: width, height: height, values: power.map { Float(10 * log10(max($0, 1e-12))) })
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
