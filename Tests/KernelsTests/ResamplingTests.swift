// SPDX-License-Identifier: Apache-2.0
import Kernels
import TestSupport
import Testing

/// An image that becomes another size.
struct ResizeCase: CustomTestStringConvertible, Sendable {
  let input: TestShape
  let output: TestShape

  init(_ input: TestShape, to height: Int, _ width: Int) {
    self.input = input
    output = input.resized(height: height, width: width)
  }

  var testDescription: String { "\(input.testDescription) → \(output.testDescription)" }

  static let all = [
    ResizeCase(TestShape(1, 1, 1, 1), to: 1, 1), ResizeCase(TestShape(1, 1, 1, 17), to: 3, 2),
    ResizeCase(TestShape(2, 3, 4, 2), to: 6, 8),
    ResizeCase(TestShape(1, 3, 2, 17, gap: 3), to: 6, 4),
    ResizeCase(TestShape(1, 5, 7, 1), to: 3, 3), ResizeCase(TestShape(1, 7, 5, 3), to: 10, 11),
    ResizeCase(TestShape(1, 8, 8, 2), to: 1, 1), ResizeCase(TestShape(1, 4, 4, 2), to: 17, 3),
    ResizeCase(TestShape(1, 6, 9, 4), to: 3, 5), ResizeCase(TestShape(2, 20, 21, 24), to: 40, 42),
    ResizeCase(TestShape(1, 40, 41, 24), to: 33, 70),
  ]
}

struct ResizeTests {
  @Test(arguments: ResizeCase.all, [Resize.Method.nearest, .bilinear])
  func `resizing and its gradient are those of the reference`(
    resize: ResizeCase, method: Resize.Method
  ) throws {
    var random = RandomGenerator(seed: 40)
    let x = resize.input.tensor(&random)
    let dy = resize.output.tensor(&random)
    let before = resize.input.tensor(&random).elements
    func reference(_ x: [Double]) -> [Double] {
      resize.input.reference(x, into: resize.output) { Resize.reference($0, into: $1, method) }
    }
    let forward = try withAnyThreadCount { pool in
      let y = resize.output.tensor(&random)
      Resize.forward(x.view, into: y.view, method, pool: pool)
      expectUntouchedGaps(y)
      return y.elements
    }
    expectClose(forward, reference(x.doubles).map(Float.init), tolerance: 1e-6)
    for accumulate in [false, true] {
      let gradient = try withAnyThreadCount { pool in
        let dx = resize.input.tensor(&random)
        dx.set(before)
        Resize.gradient(of: dy.view, into: dx.view, accumulate: accumulate, method, pool: pool)
        expectUntouchedGaps(dx)
        return dx.elements
      }
      expectGradient(
        gradient, over: accumulate ? before : nil, of: reference, at: x.doubles,
        weights: dy.doubles)
    }
  }
}

struct PaddingCase: CustomTestStringConvertible, Sendable {
  let input: TestShape
  let output: TestShape
  let top: Int
  let left: Int

  init(_ input: TestShape, top: Int, bottom: Int, left: Int, right: Int) {
    self.input = input
    self.top = top
    self.left = left
    output = input.resized(
      height: input.height + top + bottom, width: input.width + left + right)
  }

  var testDescription: String {
    "\(input.testDescription) → \(output.testDescription) at \(top), \(left)"
  }

  static let all = [
    PaddingCase(TestShape(1, 1, 1, 1), top: 0, bottom: 0, left: 0, right: 0),
    PaddingCase(TestShape(2, 4, 5, 17), top: 3, bottom: 2, left: 1, right: 4),
    PaddingCase(TestShape(1, 4, 3, 3, gap: 2), top: 1, bottom: -2, left: -1, right: 2),
    PaddingCase(TestShape(1, 6, 6, 20), top: -2, bottom: -1, left: -3, right: 0),
    PaddingCase(TestShape(1, 40, 41, 24), top: 5, bottom: 0, left: 2, right: 3),
  ]

  func padded(_ x: [Double], _ mode: Padding.Mode) -> [Double] {
    input.reference(x, into: output) {
      Padding.reference($0, into: $1, top: top, left: left, mode: mode)
    }
  }
}

struct PaddingTests {
  @Test(arguments: PaddingCase.all, [Padding.Mode.constant(0), .constant(-2.5), .reflect])
  func `padding and its gradient are those of the reference`(
    padding: PaddingCase, mode: Padding.Mode
  ) throws {
    var random = RandomGenerator(seed: 41)
    let x = padding.input.tensor(&random)
    let dy = padding.output.tensor(&random)
    let before = padding.input.tensor(&random).elements
    let forward = try withAnyThreadCount { pool in
      let y = padding.output.tensor(&random)
      Padding.forward(
        x.view, into: y.view, top: padding.top, left: padding.left, mode: mode, pool: pool)
      expectUntouchedGaps(y)
      return y.elements
    }
    #expect(forward == padding.padded(x.doubles, mode).map(Float.init))
    for accumulate in [false, true] {
      let gradient = try withAnyThreadCount { pool in
        let dx = padding.input.tensor(&random)
        dx.set(before)
        Padding.gradient(
          of: dy.view, into: dx.view, accumulate: accumulate, top: padding.top,
          left: padding.left, mode: mode, pool: pool)
        expectUntouchedGaps(dx)
        return dx.elements
      }
      expectGradient(
        gradient, over: accumulate ? before : nil, of: { padding.padded($0, mode) },
        at: x.doubles, weights: dy.doubles)
    }
  }
}
