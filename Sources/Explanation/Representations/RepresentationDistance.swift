// SPDX-License-Identifier: Apache-2.0

/// How far apart a layer's answers to two images are.
public struct RepresentationDistance: Equatable, Sendable {
  /// Σ a·b / √(Σ a² · Σ b²): 1 for answers of one direction. `nil` where one is all zeros.
  public let cosine: Double?
  /// √(Σ (b − a)² / Σ a²). `nil` where a is all zeros.
  public let relative: Double?
  /// Linear centred kernel alignment (Kornblith et al., arXiv:1905.00414) of pixels as examples and
  /// channels as features: 1 where one's channels are the other's, turned and scaled as a whole.
  /// `nil` where nothing varies over the pixels.
  public let alignment: Double?

  /// - Parameters:
  ///   - a: the answer to the first image, pixel by pixel, channels innermost.
  ///   - b: the answer to the second.
  public init(_ a: [Float], _ b: [Float], channels: Int) {
    precondition(a.count == b.count && channels > 0 && a.count % channels == 0)
    let (x, y) = (a.map { Double($0) }, b.map { Double($0) })
    func sum(_ term: (Double, Double) -> Double) -> Double {
      zip(x, y).reduce(0) { $0 + term($1.0, $1.1) }
    }
    let (squaresX, squaresY) = (sum { x, _ in x * x }, sum { _, y in y * y })
    let product = (squaresX * squaresY).squareRoot()
    cosine = product > 0 ? sum { $0 * $1 } / product : nil
    relative = squaresX > 0 ? (sum { ($1 - $0) * ($1 - $0) } / squaresX).squareRoot() : nil
    let (centeredX, centeredY) = (Self.centered(x, channels), Self.centered(y, channels))
    let own =
      (Self.squaredNorm(centeredX, centeredX, channels)
      * Self.squaredNorm(centeredY, centeredY, channels)).squareRoot()
    // What is left of a constant is rounding.
    alignment =
      own > 1e-12 * squaresX * squaresY
      ? Self.squaredNorm(centeredX, centeredY, channels) / own : nil
  }

  /// Each channel less its mean.
  private static func centered(_ values: [Double], _ channels: Int) -> [Double] {
    var means = [Double](repeating: 0, count: channels)
    for (index, value) in values.enumerated() { means[index % channels] += value }
    let count = Double(values.count / channels)
    return values.indices.map { values[$0] - means[$0 % channels] / count }
  }

  /// ‖YᵀX‖² = Σ XXᵀ ∘ YYᵀ: only the smaller of the two matrices is computed.
  private static func squaredNorm(_ x: [Double], _ y: [Double], _ channels: Int) -> Double {
    let pixels = x.count / channels
    if pixels < channels {
      let (a, b) = (gram(x, channels), gram(y, channels))
      return zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
    }
    var products = [Double](repeating: 0, count: channels * channels)
    products.withUnsafeMutableBufferPointer { products in
      for pixel in 0..<pixels {
        for i in 0..<channels {
          let factor = x[pixel * channels + i]
          if factor == 0 { continue }
          for j in 0..<channels { products[i * channels + j] += factor * y[pixel * channels + j] }
        }
      }
    }
    return products.reduce(0) { $0 + $1 * $1 }
  }

  /// The products of every two pixels.
  private static func gram(_ x: [Double], _ channels: Int) -> [Double] {
    let pixels = x.count / channels
    var result = [Double](repeating: 0, count: pixels * pixels)
    for i in 0..<pixels {
      for j in 0..<pixels {
        var sum = 0.0
        for c in 0..<channels { sum += x[i * channels + c] * x[j * channels + c] }
        result[i * pixels + j] = sum
      }
    }
    return result
  }
}
