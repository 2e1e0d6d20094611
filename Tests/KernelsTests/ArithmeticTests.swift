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
    let before = (shape.tensor(&random).elements, small.tensor(&random).elements)
    let dy = shape.tensor(&random)
    for operation in [
      Arithmetic.Operation.addition, .subtraction, .multiplication, .parametricReLU,
    ] {
      func reference(
        _ a: [Double], _ b: [Double], swapped: Bool = false, _ activation: ActivationFunction? = nil
      ) -> [Double] {
        var b = b
        return small.with(&b) { b in
          shape.reference(a) { a, y in
            Arithmetic.reference(
              operation, swapped ? b : a, swapped ? a : b, activation: activation, into: y)
          }
        }
      }
      let actual = try withAnyThreadCount { pool in
        let y = shape.tensor(&random)
        Arithmetic.forward(operation, a.view, b.view, into: y.view, pool: pool)
        expectUntouchedGaps(y)
        return y.elements
      }
      #expect(actual == reference(a.doubles, b.doubles).map(Float.init))
      // The first operand may be the repeated one as well.
      let swapped = try withAnyThreadCount { pool in
        let y = shape.tensor(&random)
        Arithmetic.forward(
          operation, b.view, a.view, activation: .relu, into: y.view, pool: pool)
        return y.elements
      }
      #expect(
        swapped == reference(a.doubles, b.doubles, swapped: true, .relu).map(Float.init))
      let (da, db) = (shape.tensor(&random), small.tensor(&random))
      da.set(before.0)
      db.set(before.1)
      Arithmetic.gradient(
        operation, a.view, b.view, of: dy.view, into: (da.view, db.view), accumulate: (true, false))
      expectUntouchedGaps(da, db)
      expectGradient(
        da.elements, over: before.0, of: { reference($0, b.doubles) }, at: a.doubles,
        weights: dy.doubles)
      expectGradient(
        db.elements, of: { reference(a.doubles, $0) }, at: b.doubles, weights: dy.doubles,
        tolerance: 1e-4)
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
      func mean(_ x: [Double]) -> [Double] {
        shape.reference(x, into: output) { Mean.reference($0, into: $1, axes: axes) }
      }
      let actual = try withAnyThreadCount { pool in
        let y = output.tensor(&random)
        Mean.forward(x.view, into: y.view, axes: axes, pool: pool)
        expectUntouchedGaps(y)
        return y.elements
      }
      expectClose(actual, mean(x.doubles).map(Float.init))
      let (dy, dx) = (output.tensor(&random), shape.tensor(&random))
      let before = dx.elements
      Mean.gradient(of: dy.view, into: dx.view, accumulate: true, axes: axes)
      expectUntouchedGaps(dx)
      expectGradient(dx.elements, over: before, of: mean, at: x.doubles, weights: dy.doubles)
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
        let expected = output.tensor(&random)
        Transpose.reference(x.view, into: expected.view, order: (a, b, c))
        let actual = try withAnyThreadCount { pool in
          let y = output.tensor(&random)
          Transpose.apply(x.view, into: y.view, order: (a, b, c), pool: pool)
          expectUntouchedGaps(y)
          return y.elements
        }
        #expect(actual == expected.elements)
        let dx = shape.tensor(&random)
        let before = dx.elements
        Transpose.gradient(of: expected.view, into: dx.view, accumulate: true, order: (a, b, c))
        expectUntouchedGaps(dx)
        #expect(dx.elements == zip(x.elements, before).map { $0 + $1 })
      }
    }
  }
}
