// SPDX-License-Identifier: Apache-2.0
import Kernels
import TestSupport
import Testing

/// A window and an output size on an input.
struct PoolingCase: CustomTestStringConvertible, Sendable {
  let input: TestShape
  let output: TestShape
  let geometry: PoolingGeometry

  init(_ input: TestShape, kernel: Int, by kernelWidth: Int? = nil, stride: Int, padding: Int = 0) {
    self.input = input
    let kernelWidth = kernelWidth ?? kernel
    geometry = PoolingGeometry(
      kernelHeight: kernel, kernelWidth: kernelWidth, strideHeight: stride, strideWidth: stride,
      paddingTop: padding, paddingLeft: padding)
    output = input.resized(
      height: (input.height + 2 * padding - kernel) / stride + 1,
      width: (input.width + 2 * padding - kernelWidth) / stride + 1)
  }

  var testDescription: String { "\(input.testDescription), \(geometry)" }

  static let all = [
    PoolingCase(TestShape(1, 2, 2, 1), kernel: 2, stride: 2),
    PoolingCase(TestShape(2, 4, 6, 17), kernel: 2, stride: 2),
    PoolingCase(TestShape(1, 5, 7, 3, gap: 2), kernel: 2, stride: 2),
    PoolingCase(TestShape(1, 4, 4, 40, gap: 5), kernel: 2, stride: 2),
    PoolingCase(TestShape(2, 5, 4, 2), kernel: 3, stride: 2, padding: 1),
    PoolingCase(TestShape(1, 5, 6, 18, gap: 1), kernel: 3, stride: 1, padding: 1),
    PoolingCase(TestShape(1, 7, 9, 1), kernel: 3, by: 2, stride: 3),
    PoolingCase(TestShape(1, 6, 6, 5), kernel: 1, stride: 4),
    PoolingCase(TestShape(1, 17, 16, 2), kernel: 16, stride: 1),
    PoolingCase(TestShape(1, 1, 1, 33), kernel: 3, stride: 1, padding: 1),
    PoolingCase(TestShape(2, 44, 38, 24), kernel: 2, stride: 2),
    PoolingCase(TestShape(1, 45, 39, 24), kernel: 3, stride: 2, padding: 1),
  ]

  func maximum(_ x: [Double]) -> [Double] {
    input.reference(x, into: output) { MaxPool.reference($0, into: $1, geometry) }
  }

  func mean(_ x: [Double]) -> [Double] {
    input.reference(x, into: output) { AveragePool.reference($0, into: $1, geometry) }
  }
}

struct MaxPoolTests {
  @Test(arguments: PoolingCase.all)
  func `the maximum and its gradient are those of the reference`(pooling: PoolingCase) throws {
    var random = RandomGenerator(seed: 4)
    let x = pooling.input.tensor(&random)
    // Distinct values, further apart than the step of the differences.
    var order = Array(0..<pooling.input.count)
    random.shuffle(&order)
    x.set(order.map { Float($0) / 64 - 10 })
    let dy = pooling.output.tensor(&random)
    let before = pooling.input.tensor(&random).elements
    let y = pooling.output.tensor(&random)
    let selected = UnsafeMutablePointer<UInt8>.allocate(capacity: pooling.output.count)
    defer { selected.deallocate() }
    let forward = try withAnyThreadCount { pool in
      selected.initialize(repeating: 255, count: pooling.output.count)
      y.set([Float](repeating: 9, count: pooling.output.count))
      MaxPool.forward(x.view, into: y.view, pooling.geometry, selected: nil, pool: pool)
      let unselected = y.elements
      y.set([Float](repeating: 9, count: pooling.output.count))
      MaxPool.forward(x.view, into: y.view, pooling.geometry, selected: selected, pool: pool)
      #expect(unselected == y.elements)
      expectUntouchedGaps(y)
      return y.elements
    }
    #expect(forward == pooling.maximum(x.doubles).map(Float.init))
    for accumulate in [false, true] {
      let gradient = try withAnyThreadCount { pool in
        let dx = pooling.input.tensor(&random)
        dx.set(before)
        MaxPool.gradient(
          of: dy.view, selected: selected, into: dx.view, accumulate: accumulate,
          pooling.geometry, pool: pool)
        expectUntouchedGaps(dx)
        return dx.elements
      }
      expectGradient(
        gradient, over: accumulate ? before : nil, of: pooling.maximum, at: x.doubles,
        weights: dy.doubles)
    }
  }

  /// Values of one image of one channel, and the value and position expected of one window over it.
  @Test(arguments: [1, 2])
  func `ties go to the first, NaN wins, and padding never does`(stride: Int) throws {
    let pool = try #require(ThreadPool(threadCount: 1))
    let window = PoolingGeometry(
      kernelHeight: 2, kernelWidth: 2, strideHeight: stride, strideWidth: stride)
    let shape = TestShape(1, 2, 2, 1)
    func pooled(_ values: [Float]) -> (Float, UInt8) {
      var random = RandomGenerator(seed: 5)
      let x = shape.tensor(&random)
      x.set(values)
      let y = shape.resized(height: 1, width: 1).tensor(&random)
      var selected: UInt8 = 255
      MaxPool.forward(x.view, into: y.view, window, selected: &selected, pool: pool)
      return (y.elements[0], selected)
    }
    #expect(pooled([1, 1, 1, 1]) == (1, 0))
    #expect(pooled([0, 2, 2, 1]) == (2, 1))
    #expect(pooled([-.infinity, -.infinity, -.infinity, -.infinity]) == (-.infinity, 0))
    #expect(pooled([1, .nan, 3, 2]).0.isNaN)
    #expect(pooled([1, .nan, 3, 2]).1 == 1)
    #expect(pooled([.nan, 1, .nan, 2]).1 == 2)
    var random = RandomGenerator(seed: 6)
    let x = shape.tensor(&random)
    x.set([-3, -4, -5, -6])
    let y = shape.resized(height: 2, width: 2).tensor(&random)
    var padded = window
    padded.paddingTop = 1
    padded.paddingLeft = 1
    var selected = [UInt8](repeating: 255, count: 4)
    MaxPool.forward(x.view, into: y.view, padded, selected: &selected, pool: pool)
    #expect(y.elements == (stride == 1 ? [-3, -3, -3, -3] : [-3, -4, -5, -6]))
    #expect(selected == (stride == 1 ? [3, 2, 1, 0] : [3, 2, 1, 0]))
  }
}

struct AveragePoolTests {
  @Test(arguments: PoolingCase.all)
  func `the mean and its gradient are those of the reference`(pooling: PoolingCase) throws {
    var random = RandomGenerator(seed: 7)
    let x = pooling.input.tensor(&random)
    let dy = pooling.output.tensor(&random)
    let before = pooling.input.tensor(&random).elements
    let forward = try withAnyThreadCount { pool in
      let y = pooling.output.tensor(&random)
      AveragePool.forward(x.view, into: y.view, pooling.geometry, pool: pool)
      expectUntouchedGaps(y)
      return y.elements
    }
    expectClose(forward, pooling.mean(x.doubles).map(Float.init), tolerance: 1e-5)
    for accumulate in [false, true] {
      let gradient = try withAnyThreadCount { pool in
        let dx = pooling.input.tensor(&random)
        dx.set(before)
        AveragePool.gradient(
          of: dy.view, into: dx.view, accumulate: accumulate, pooling.geometry, pool: pool)
        expectUntouchedGaps(dx)
        return dx.elements
      }
      expectGradient(
        gradient, over: accumulate ? before : nil, of: pooling.mean, at: x.doubles,
        weights: dy.doubles)
    }
  }
}

struct GlobalAverageTests {
  @Test(arguments: TestShape.all)
  func `the mean of an image and its gradient are those of the reference`(shape: TestShape) throws {
    var random = RandomGenerator(seed: 8)
    let x = shape.tensor(&random)
    let dy = shape.resized(height: 1, width: 1).tensor(&random)
    let before = shape.tensor(&random).elements
    func mean(_ x: [Double]) -> [Double] {
      shape.reference(x, into: shape.resized(height: 1, width: 1)) {
        GlobalAverage.reference($0, into: $1)
      }
    }
    let forward = try withAnyThreadCount { pool in
      let y = shape.resized(height: 1, width: 1).tensor(&random)
      GlobalAverage.forward(x.view, into: y.view, pool: pool)
      expectUntouchedGaps(y)
      return y.elements
    }
    expectClose(forward, mean(x.doubles).map(Float.init), tolerance: 1e-6)
    for accumulate in [false, true] {
      let gradient = try withAnyThreadCount { pool in
        let dx = shape.tensor(&random)
        dx.set(before)
        GlobalAverage.gradient(of: dy.view, into: dx.view, accumulate: accumulate, pool: pool)
        expectUntouchedGaps(dx)
        return dx.elements
      }
      expectGradient(
        gradient, over: accumulate ? before : nil, of: mean, at: x.doubles, weights: dy.doubles)
    }
  }
}
