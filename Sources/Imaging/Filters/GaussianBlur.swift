// SPDX-License-Identifier: Apache-2.0

/// A Gaussian blur, by rows and by columns; beyond its border a picture goes on as its mirror
/// image.
///
/// y[i] = Σₖ w[k] · x[i + k], w[k] ∝ exp(−k² / 2σ²), |k| ≤ `radius`, Σ w = 1.
package struct GaussianBlur: Sendable {
  /// How many neighbours on each side a pixel is mixed with.
  package let radius: Int
  private let weights: [Double]
  private let border: MirroredBorder
  private let startsWithRows: Bool

  /// Reaches ⌈3σ⌉ pixels far, and mirrors without the outermost pixel.
  package init(sigma: Float) {
    self.init(
      Double(sigma), radius: Int((3 * sigma).rounded(.up)), .withoutEdge, startsWithRows: true)
  }

  /// SciPy's `gaussian_filter` of mode `reflect`, which mirrors the outermost pixel, too.
  ///
  /// - Parameter radius: SciPy's own, four deviations, where it is `nil`.
  package init(likeSciPy sigma: Double, radius: Int? = nil) {
    self.init(sigma, radius: radius ?? Int(4 * sigma + 0.5), .withEdge, startsWithRows: false)
  }

  private init(
    _ sigma: Double, radius: Int, _ border: MirroredBorder, startsWithRows: Bool
  ) {
    let powers = (-radius...radius).map {
      sigma > 0 ? exponential(-Double($0 * $0) / (2 * sigma * sigma)) : 1
    }
    let sum = powers.reduce(0, +)
    weights = powers.map { $0 / sum }
    (self.radius, self.border, self.startsWithRows) = (radius, border, startsWithRows)
  }

  /// Blurs `height × width × channels` floats.
  package func apply(to pixels: inout [Float], width: Int, height: Int, channels: Int = 3) {
    let weights = weights.map { Float($0) }
    apply(&pixels, weights, width, height, channels)
  }

  /// The blurred copy of one channel, `height × width`, computed in doubles.
  package func applied(to plane: [Double], width: Int, height: Int) -> [Double] {
    var result = plane
    apply(&result, weights, width, height, 1)
    return result
  }

  private func apply<Scalar: BinaryFloatingPoint>(
    _ values: inout [Scalar], _ weights: [Scalar], _ width: Int, _ height: Int, _ channels: Int
  ) {
    for isRow in [startsWithRows, !startsWithRows] {
      if isRow {
        blur(&values, weights, lines: height, count: width, step: channels)
      } else {
        blur(&values, weights, lines: 1, count: height, step: width * channels)
      }
    }
  }

  /// Blurs `lines` lines of `count` pixels, each of them `step` numbers.
  private func blur<Scalar: BinaryFloatingPoint>(
    _ values: inout [Scalar], _ weights: [Scalar], lines: Int, count: Int, step: Int
  ) {
    let places = (-radius..<count + radius).map { border.index($0, below: count) * step }
    let source = values
    values.withUnsafeMutableBufferPointer { values in
      source.withUnsafeBufferPointer { source in
        for pixel in 0..<lines * count {
          let (target, line) = (pixel * step, pixel / count * count * step)
          for index in target..<target + step { values[index] = 0 }
          for tap in 0..<weights.count {
            let (weight, from) = (weights[tap], line + places[pixel % count + tap])
            for index in 0..<step { values[target + index] += weight * source[from + index] }
          }
        }
      }
    }
  }
}

/// How a row of pixels goes on beyond its border: as its mirror image, again and again.
package enum MirroredBorder: Sendable {
  /// … c b | a b c d | c b …
  case withoutEdge
  /// … b a | a b c d | d c …
  case withEdge

  /// The pixel in `0..<count` that stands at `index`.
  package func index(_ index: Int, below count: Int) -> Int {
    if count <= 1 { return 0 }
    let period = self == .withEdge ? 2 * count : 2 * (count - 1)
    let place = ((index % period) + period) % period
    return place < count ? place : (self == .withEdge ? period - 1 : period) - place
  }
}

/// eˣ for x ≤ 0, to 0.501 ulp and without the C library: the same bits on every machine.
///
/// x = n ln 2 + 256 s: the Taylor series of eˢ − 1 in twice the precision, squared eight times by
/// (1 + p)² − 1 = 2p + p².
private func exponential(_ x: Double) -> Double {
  guard x > -700 else { return 0 }
  let n = (x * 0x1.71547652b82fep0).rounded()
  // ln 2 in two parts; the first has so few bits that its product with n is exact.
  let s = sum((x - n * 0x1.62e42feep-1) / 256, -n * 0x1.a39ef35793c76p-33 / 256)
  let square = product(s, s)
  let rest =
    s.high * square.high * (1 / 6.0 + s.high * (1 / 24.0 + s.high * (1 / 120.0 + s.high / 720)))
  var p = sum(s.high, square.high / 2)
  p = sum(p.high, p.low + (s.low + square.low / 2 + rest))
  for _ in 0..<8 {
    let square = product(p, p)
    let high = sum(2 * p.high, square.high)
    p = sum(high.high, high.low + (2 * p.low + square.low))
  }
  let one = sum(1, p.high)
  let power = Double(bitPattern: UInt64(1023 + Int64(n)) << 52)
  return (one.high + (one.low + p.low)) * power
}

/// A number as the sum of two, the second at most half a unit in the last place of the first.
private typealias DoubleDouble = (high: Double, low: Double)

/// a + b exactly, |a| ≥ |b|.
private func sum(_ a: Double, _ b: Double) -> DoubleDouble {
  let high = a + b
  return (high, b - (high - a))
}

private func product(_ a: DoubleDouble, _ b: DoubleDouble) -> DoubleDouble {
  let high = a.high * b.high
  return sum(high, (-high).addingProduct(a.high, b.high) + (a.high * b.low + a.low * b.high))
}
