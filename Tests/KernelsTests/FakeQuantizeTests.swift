// SPDX-License-Identifier: Apache-2.0
import Kernels
import TestSupport
import Testing

struct FakeQuantizeTests {
  static let formats = [
    AffineQuantization(scale: 0.01, zeroPoint: 3),
    AffineQuantization(scale: 1.0 / 255, zeroPoint: -128),
    AffineQuantization(scale: 0.25, zeroPoint: 127),
  ]

  @Test(arguments: TestShape.all, formats)
  func `rounds as quantising and dequantising do`(
    shape: TestShape, format: AffineQuantization
  ) throws {
    var random = RandomGenerator(seed: 61)
    let x = shape.tensor(&random)
    let actual = try withAnyThreadCount { pool in
      let y = shape.tensor(&random)
      FakeQuantize.forward(x.view, into: y.view, format, pool: pool)
      expectUntouchedGaps(y)
      return y.elements
    }
    #expect(actual == x.elements.map { FakeQuantize.reference($0, format) })
  }

  @Test func `infinities saturate and NaN becomes 0`() {
    let format = AffineQuantization(scale: 0.5, zeroPoint: -100)
    var values: [Float] = [.infinity, -.infinity, .nan, 0.25, -0.25, 3e38]
    values.withUnsafeMutableBufferPointer { FakeQuantize.round($0, format) }
    #expect(values == [113.5, -14, 0, 0.5, -0.5, 113.5])
  }

  @Test(arguments: TestShape.all, [false, true])
  func `lets gradients pass where it does not clamp`(shape: TestShape, accumulate: Bool) throws {
    let format = AffineQuantization(scale: 0.005, zeroPoint: 40)
    var random = RandomGenerator(seed: 62)
    let (x, outputGradient) = (shape.tensor(&random), shape.tensor(&random))
    let before = shape.tensor(&random).elements
    let actual = try withAnyThreadCount { pool in
      let gradient = shape.tensor(&random)
      gradient.set(before)
      FakeQuantize.gradient(
        input: x.view, of: outputGradient.view, into: gradient.view, format,
        accumulate: accumulate, pool: pool)
      expectUntouchedGaps(gradient)
      return gradient.elements
    }
    let gradients = zip(before, outputGradient.elements)
    let expected = zip(x.elements, gradients).map { x, gradients in
      let steps = (x / format.scale).rounded(.toNearestOrAwayFromZero) + 40
      return (accumulate ? gradients.0 : 0) + (-128...127 ~= steps ? gradients.1 : 0)
    }
    #expect(actual == expected)
  }
}
