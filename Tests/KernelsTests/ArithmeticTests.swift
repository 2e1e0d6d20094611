// SPDX-License-Identifier: Apache-2.0
import Kernels
import TestSupport
import Testing

struct ArithmeticTests {
  /// The second operand has the extents that `repeated` does not name.
  private static let repetitions: [Set<Transpose.Axis>] = [
    [], [.channels], [.height, .width], [.width], [.height, .width, .channels],
  ]

  @Test(arguments: TestShape.all, repetitions)
  func `operations repeat extents of 1`(shape: TestShape, repeated: Set<Transpose.Axis>) throws {
    var random = RandomGenerator(seed: 90)
    let small = TestShape(
      shape.batch, repeated.contains(.height) ? 1 : shape.height,
      repeated.contains(.width) ? 1 : shape.width,
      repeated.contains(.channels) ? 1 : shape.channels, gap: 2)
    let (a, b) = (shape.tensor(&random), small.tensor(&random))
    var repeatedValues: [Float] = []
    let values = b.elements
    shape.forEach { n, y, x, c in
      let index = small.index(
        n, min(y, small.height - 1), min(x, small.width - 1), min(c, small.channels - 1))
      repeatedValues.append(values[index])
    }
    let operations: [(Arithmetic.Operation, (Float, Float) -> Float)] = [
      (.addition, { $0 + $1 }), (.subtraction, { $0 - $1 }), (.multiplication, { $0 * $1 }),
      (.parametricReLU, { $0 < 0 ? $0 * $1 : $0 }),
    ]
    for (operation, f) in operations {
      let actual = try withAnyThreadCount { pool in
        let y = shape.tensor(&random)
        Arithmetic.forward(operation, a.view, b.view, into: y.view, pool: pool)
        expectUntouchedGaps(y)
        return y.elements
      }
      #expect(actual == zip(a.elements, repeatedValues).map(f))
      // The first operand may be the repeated one as well.
      let swapped = try withAnyThreadCount { pool in
        let y = shape.tensor(&random)
        Arithmetic.forward(
          operation, b.view, a.view, activation: .relu, into: y.view, pool: pool)
        return y.elements
      }
      #expect(swapped == zip(repeatedValues, a.elements).map { max(0, f($0, $1)) })
    }
  }
}

struct MeanTests {
  @Test(arguments: TestShape.all)
  func `the mean over any axes is that of its elements`(shape: TestShape) throws {
    var random = RandomGenerator(seed: 91)
    let x = shape.tensor(&random)
    for bits in 0..<8 {
      let axes = MeanAxes(height: bits & 1 != 0, width: bits & 2 != 0, channels: bits & 4 != 0)
      let output = TestShape(
        shape.batch, axes.height ? 1 : shape.height, axes.width ? 1 : shape.width,
        axes.channels ? 1 : shape.channels, gap: shape.gap)
      var sums = [Double](repeating: 0, count: output.count)
      let values = x.doubles
      shape.forEach { n, i, j, c in
        let target = output.index(
          n, axes.height ? 0 : i, axes.width ? 0 : j, axes.channels ? 0 : c)
        sums[target] += values[shape.index(n, i, j, c)] * Double(output.count) / Double(shape.count)
      }
      let actual = try withAnyThreadCount { pool in
        let y = output.tensor(&random)
        Mean.forward(x.view, into: y.view, axes: axes, pool: pool)
        expectUntouchedGaps(y)
        return y.elements
      }
      expectClose(actual, sums.map { Float($0) })
    }
  }
}

struct TransposeTests {
  @Test(arguments: TestShape.all)
  func `axes change places`(shape: TestShape) throws {
    var random = RandomGenerator(seed: 92)
    let x = shape.tensor(&random)
    let extents = [shape.height, shape.width, shape.channels]
    let axes: [Transpose.Axis] = [.height, .width, .channels]
    for a in axes {
      for b in axes where b != a {
        guard let c = axes.first(where: { $0 != a && $0 != b }) else { continue }
        let output = TestShape(
          shape.batch, extents[a.rawValue], extents[b.rawValue], extents[c.rawValue], gap: 1)
        var expected = [Float](repeating: 0, count: shape.count)
        let values = x.elements
        shape.forEach { n, i, j, k in
          let place = [i, j, k]
          expected[output.index(n, place[a.rawValue], place[b.rawValue], place[c.rawValue])] =
            values[shape.index(n, i, j, k)]
        }
        let actual = try withAnyThreadCount { pool in
          let y = output.tensor(&random)
          Transpose.apply(x.view, into: y.view, order: (a, b, c), pool: pool)
          expectUntouchedGaps(y)
          return y.elements
        }
        #expect(actual == expected)
      }
    }
  }
}
