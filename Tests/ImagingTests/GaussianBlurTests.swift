// SPDX-License-Identifier: Apache-2.0
import Foundation
import Imaging
import Testing

struct GaussianBlurTests {
  @Test func `borders are mirrored again and again`() {
    func row(_ border: MirroredBorder, _ count: Int) -> [Int] {
      (-5..<count + 5).map { border.index($0, below: count) }
    }
    #expect(row(.withoutEdge, 3) == [1, 0, 1, 2, 1, 0, 1, 2, 1, 0, 1, 2, 1])
    #expect(row(.withEdge, 3) == [1, 2, 2, 1, 0, 0, 1, 2, 2, 1, 0, 0, 1])
    #expect(row(.withoutEdge, 1) == [Int](repeating: 0, count: 11))
    #expect(row(.withEdge, 1) == [Int](repeating: 0, count: 11))
  }

  /// The blur of a point is the product of two rows of weights.
  @Test(arguments: [0.3, 0.8, 1, 1.5, 4])
  func `a point becomes a Gaussian, as the C library computes it`(sigma: Double) {
    let blur = GaussianBlur(likeSciPy: sigma)
    let side = 2 * blur.radius + 3
    var point = [Double](repeating: 0, count: side * side)
    point[side * (side / 2) + side / 2] = 1
    let powers = (-blur.radius...blur.radius).map { exp(-Double($0 * $0) / (2 * sigma * sigma)) }
    let weights = [0] + powers.map { $0 / powers.reduce(0, +) } + [0]
    let blurred = blur.applied(to: point, width: side, height: side)
    for (index, value) in blurred.enumerated() {
      let expected = weights[index / side] * weights[index % side]
      #expect(abs(value - expected) <= 1e-15 * expected)
    }
  }

  @Test func `channels are blurred alike, and a plain picture stays`() {
    let (width, height) = (7, 4)
    let plane = (0..<width * height).map { Float($0 * $0 % 11) }
    var pixels = plane.flatMap { [$0, 2 * $0, 5] as [Float] }
    var single = plane
    let blur = GaussianBlur(sigma: 1.2)
    blur.apply(to: &pixels, width: width, height: height)
    blur.apply(to: &single, width: width, height: height, channels: 1)
    #expect(blur.radius == 4 && single != plane)
    for index in single.indices {
      #expect(pixels[3 * index] == single[index] && pixels[3 * index + 1] == 2 * single[index])
      #expect(abs(pixels[3 * index + 2] - 5) < 1e-5)
    }
  }

  /// What the filter C3 of experiments has always given.
  @Test(arguments: [0.7, 1.4] as [Float])
  func `powers are rounded to the levels of the C library's`(gamma: Float) {
    let levels = Image(width: 256, height: 1, pixels: (0..<768).map { UInt8($0 / 3) })
    let expected = levels.pixels.map { UInt8((pow(Float($0) / 255, gamma) * 255).rounded()) }
    #expect(FixedFilter.gamma(gamma).apply(to: levels).pixels == expected)
  }
}
