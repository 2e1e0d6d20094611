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

  func nearest(_ x: [Double]) -> [Double] {
    var y = [Double](repeating: 0, count: output.count)
    output.forEach { n, i, j, c in
      let row = Int((Double(i) * Double(input.height) / Double(output.height)).rounded(.down))
      let column = Int((Double(j) * Double(input.width) / Double(output.width)).rounded(.down))
      y[output.index(n, i, j, c)] = x[input.index(n, row, column, c)]
    }
    return y
  }

  func bilinear(_ x: [Double]) -> [Double] {
    func tap(_ i: Int, _ size: Int, _ outputSize: Int) -> (Int, Int, Double) {
      let place = max(0, (Double(i) + 0.5) * Double(size) / Double(outputSize) - 0.5)
      let low = min(size - 1, Int(place.rounded(.down)))
      return (low, min(size - 1, low + 1), place - Double(low))
    }
    var y = [Double](repeating: 0, count: output.count)
    output.forEach { n, i, j, c in
      let (top, bottom, v) = tap(i, input.height, output.height)
      let (left, right, h) = tap(j, input.width, output.width)
      func at(_ row: Int, _ column: Int) -> Double { x[input.index(n, row, column, c)] }
      y[output.index(n, i, j, c)] =
        (1 - v) * ((1 - h) * at(top, left) + h * at(top, right))
        + v * ((1 - h) * at(bottom, left) + h * at(bottom, right))
    }
    return y
  }
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
    let reference = method == .nearest ? resize.nearest : resize.bilinear
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
    var y = [Double](repeating: 0, count: output.count)
    func mirrored(_ position: Int, _ size: Int) -> Int {
      position < 0 ? -position : position >= size ? 2 * size - 2 - position : position
    }
    output.forEach { n, i, j, c in
      let (row, column) = (i - top, j - left)
      let isInside = 0..<input.height ~= row && 0..<input.width ~= column
      if case .constant(let value) = mode, !isInside {
        y[output.index(n, i, j, c)] = Double(value)
      } else {
        y[output.index(n, i, j, c)] =
          x[input.index(n, mirrored(row, input.height), mirrored(column, input.width), c)]
      }
    }
    return y
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
