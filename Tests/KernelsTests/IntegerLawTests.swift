// SPDX-License-Identifier: Apache-2.0
import Kernels
import TestSupport
import Testing

/// The vector forms of integer kernels give the bytes of their equations, for any threads.
struct IntegerLawTests {
  private func quantization(_ random: inout RandomGenerator) -> AffineQuantization {
    AffineQuantization(
      scale: random.uniform(0.002..<0.3), zeroPoint: Int32(random.index(below: 256)) - 128)
  }

  /// What `body` writes with one thread, having checked that two and five write the same bytes and
  /// nothing between pixels.
  private func bytes(
    _ shape: TestShape, sourceLocation: SourceLocation = #_sourceLocation,
    _ body: (TensorView<Int8>, ThreadPool) -> Void
  ) throws -> [Int8] {
    var results: [[Int8]] = []
    for threadCount in [1, 2, 5] {
      let pool = try #require(ThreadPool(threadCount: threadCount))
      let y = ElementTensor<Int8>(shape) { 99 }
      body(y.view, pool)
      #expect(y.gapsAreUntouched, "written between pixels", sourceLocation: sourceLocation)
      results.append(y.elements)
    }
    #expect(
      results.allSatisfy { $0 == results[0] }, "threads change bytes",
      sourceLocation: sourceLocation)
    return results[0]
  }

  @Test(arguments: TestShape.all)
  func `sums, products and ReLUs are their equations`(shape: TestShape) throws {
    var random = RandomGenerator(seed: 80)
    for subtracts in [false, true] {
      let (a, b) = (ElementTensor(shape, &random), ElementTensor(shape, &random))
      let (first, second) = (quantization(&random), quantization(&random))
      let sum = IntegerAddition(
        first, second, output: quantization(&random), subtracts: subtracts, range: -100...90)
      let product = IntegerMultiplication(first, second, output: quantization(&random))
      let relu = IntegerPReLU(first, slope: second, output: quantization(&random))
      try withExtendedLifetime((a, b)) {
        let pairs = Array(zip(a.elements, b.elements))
        let sums = try bytes(shape) { sum.apply(a.view, b.view, into: $0, pool: $1) }
        #expect(sums == pairs.map { sum.reference($0, $1) })
        let products = try bytes(shape) { product.apply(a.view, b.view, into: $0, pool: $1) }
        #expect(products == pairs.map { product.reference($0, $1) })
        let activated = try bytes(shape) {
          relu.apply(a.view, slope: b.view, into: $0, pool: $1)
        }
        #expect(activated == pairs.map { relu.reference($0, slope: $1) })
      }
    }
  }

  @Test func `sums are their equation for all pairs of bytes`() throws {
    var random = RandomGenerator(seed: 81)
    let shape = TestShape(1, 256, 1, 256)
    let (a, b) = (ElementTensor<Int8>(shape) { 0 }, ElementTensor<Int8>(shape) { 0 })
    a.set((0..<65536).map { Int8(truncatingIfNeeded: $0) })
    b.set((0..<65536).map { Int8(truncatingIfNeeded: $0 >> 8) })
    let sum = IntegerAddition(
      quantization(&random), quantization(&random), output: quantization(&random))
    try withExtendedLifetime((a, b)) {
      let actual = try bytes(shape) { sum.apply(a.view, b.view, into: $0, pool: $1) }
      #expect(actual == zip(a.elements, b.elements).map { sum.reference($0, $1) })
    }
  }

  @Test(arguments: TestShape.all, [(1, 1, 0), (2, 2, 0), (3, 2, 1), (3, 1, 1), (7, 3, 3)])
  func `pooling is its equation`(shape: TestShape, window: (Int, Int, Int)) throws {
    let (kernel, stride, padding) = window
    guard min(shape.height, shape.width) + 2 * padding >= kernel else { return }
    var random = RandomGenerator(seed: 82)
    let x = ElementTensor(shape, &random)
    let output = shape.resized(
      height: (shape.height + 2 * padding - kernel) / stride + 1,
      width: (shape.width + 2 * padding - kernel) / stride + 1)
    let geometry = PoolingGeometry(
      kernelHeight: kernel, kernelWidth: kernel, strideHeight: stride, strideWidth: stride,
      paddingTop: padding, paddingLeft: padding)
    try withExtendedLifetime(x) {
      let maxima = try bytes(output) { y, pool in
        IntegerPooling.maximum(x.view, into: y, geometry, range: -90...100, pool: pool)
      }
      let expectedMaxima = try bytes(output) { y, _ in
        IntegerPooling.maximumReference(x.view, into: y, geometry, range: -90...100)
      }
      #expect(maxima == expectedMaxima)
      let means = try bytes(output) { y, pool in
        IntegerPooling.average(x.view, into: y, geometry, range: -60...60, pool: pool)
      }
      let expectedMeans = try bytes(output) { y, _ in
        IntegerPooling.averageReference(x.view, into: y, geometry, range: -60...60)
      }
      #expect(means == expectedMeans)
    }
  }

  @Test(arguments: TestShape.all, [SamplingMode.corner, .alignCorners, .halfPixelCenters])
  func `resizing is its equation`(shape: TestShape, mode: SamplingMode) throws {
    var random = RandomGenerator(seed: 83)
    let x = ElementTensor(shape, &random)
    let output = shape.resized(height: 2 * shape.height, width: shape.width + 3)
    try withExtendedLifetime(x) {
      let actual = try bytes(output) { IntegerResize.bilinear(x.view, into: $0, mode, pool: $1) }
      let expected = try bytes(output) { y, _ in
        IntegerResize.bilinearReference(x.view, into: y, mode)
      }
      #expect(actual == expected)
      let nearest = try bytes(output) { IntegerResize.nearest(x.view, into: $0, mode, pool: $1) }
      let expectedNearest = try bytes(output) { y, _ in
        IntegerResize.nearestReference(x.view, into: y, mode)
      }
      #expect(nearest == expectedNearest)
    }
  }

  @Test(arguments: TestShape.all)
  func `a table is looked up for every byte`(shape: TestShape) throws {
    var random = RandomGenerator(seed: 84)
    let x = ElementTensor(shape, &random)
    let table = (0..<256).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    try withExtendedLifetime(x) {
      let actual = try bytes(shape) { IntegerLookup.apply(table, x.view, into: $0, pool: $1) }
      #expect(actual == x.elements.map { IntegerLookup.reference(table, $0) })
    }
  }

  @Test(arguments: TestShape.all)
  func `quantising rounds halves away from zero and saturates`(shape: TestShape) throws {
    var random = RandomGenerator(seed: 85)
    let values: [Float] = [
      .infinity, -.infinity, .nan, 1e30, 0.5, -0.5, (0.5 as Float).nextDown, -1.5, 2.5,
      (2.5 as Float).nextDown,
    ]
    let x = ElementTensor<Float>(shape) {
      let choice = random.index(below: 3 * values.count)
      return choice < values.count ? values[choice] : random.uniform(-200..<200)
    }
    for quantization in [AffineQuantization(scale: 1, zeroPoint: -3), quantization(&random)] {
      try withExtendedLifetime(x) {
        let actual = try bytes(shape) { Quantize.apply(x.view, into: $0, quantization, pool: $1) }
        #expect(actual == x.elements.map { Quantize.reference($0, quantization) })
      }
    }
  }

  @Test(arguments: TestShape.all)
  func `dequantising is its equation`(shape: TestShape) throws {
    var random = RandomGenerator(seed: 87)
    let (x, format) = (ElementTensor(shape, &random), quantization(&random))
    try withExtendedLifetime(x) {
      let actual = try withAnyThreadCount { pool in
        let y = shape.tensor(&random)
        Dequantize.apply(x.view, into: y.view, format, pool: pool)
        expectUntouchedGaps(y)
        return y.elements
      }
      #expect(actual == x.elements.map { Dequantize.reference($0, format) })
    }
  }

  @Test(arguments: TestShape.all)
  func `a softmax is within a step of its equation`(shape: TestShape) throws {
    var random = RandomGenerator(seed: 88)
    let (x, scale) = (ElementTensor(shape, &random), random.uniform(0.002..<0.3))
    let table = IntegerSoftmax.table(inputScale: scale, beta: 1)
    try withExtendedLifetime(x) {
      let actual = try bytes(shape) { IntegerSoftmax.apply(table, x.view, into: $0, pool: $1) }
      let values = x.elements
      for first in stride(from: 0, to: values.count, by: shape.channels) {
        let pixel = first..<first + shape.channels
        let expected = IntegerSoftmax.reference(Array(values[pixel]), inputScale: scale, beta: 1)
        #expect(zip(actual[pixel], expected).allSatisfy { abs(Double($0) - $1) <= 1 })
      }
    }
  }

  @Test(
    arguments: [TestShape(2, 4, 5, 7), TestShape(1, 3, 9, 17, gap: 3), TestShape(1, 61, 33, 9)],
    [IntegerPadding.Mode<Int8>.constant(-7), .reflect, .symmetric])
  func `padding is its equation`(shape: TestShape, mode: IntegerPadding.Mode<Int8>) throws {
    var random = RandomGenerator(seed: 89)
    let x = ElementTensor(shape, &random)
    let output = TestShape(
      shape.batch, shape.height + 3, shape.width + 4, shape.channels + 5, gap: 2)
    try withExtendedLifetime(x) {
      let actual = try bytes(output) { y, pool in
        IntegerPadding.apply(x.view, into: y, top: 2, left: 1, front: 3, mode: mode, pool: pool)
      }
      let expected = try bytes(output) { y, _ in
        IntegerPadding.reference(x.view, into: y, top: 2, left: 1, front: 3, mode: mode)
      }
      #expect(actual == expected)
    }
  }

  @Test func `means over every choice of axes are their equation`() throws {
    var random = RandomGenerator(seed: 86)
    let shape = TestShape(2, 5, 7, 19, gap: 2)
    let x = ElementTensor(shape, &random)
    for bits in 0..<8 {
      let axes = MeanAxes(height: bits & 1 != 0, width: bits & 2 != 0, channels: bits & 4 != 0)
      let output = TestShape(
        2, axes.height ? 1 : 5, axes.width ? 1 : 7, axes.channels ? 1 : 19)
      let mean = IntegerMean(
        over: axes, input: quantization(&random), output: quantization(&random))
      var groups = [[Int8]](repeating: [], count: output.count)
      for (index, value) in x.elements.enumerated() {
        let (pixel, c) = (index / 19, index % 19)
        let (n, i, j) = (pixel / 35, pixel / 7 % 5, pixel % 7)
        let row = n * output.height + (axes.height ? 0 : i)
        let target = row * output.width + (axes.width ? 0 : j)
        groups[target * output.channels + (axes.channels ? 0 : c)].append(value)
      }
      try withExtendedLifetime(x) {
        let actual = try bytes(output) { mean.apply(x.view, into: $0, pool: $1) }
        #expect(actual == groups.map { mean.reference($0) })
      }
    }
  }

  @Test func `floats become the nearest halves`() {
    for half in (0..<65536).map({ UInt16($0) }) where half >> 10 & 31 != 31 {
      let value = HalfPrecision.widened(half)
      #expect(HalfPrecision.rounded(value) == half)
      guard half & 0x7FFF < 0x7BFF else { continue }
      // The middle between two neighbours goes to the even one, all else to the nearer one.
      let next = HalfPrecision.widened(half + 1)
      let middle = value + (next - value) / 2
      #expect(HalfPrecision.rounded(middle) == half + half & 1)
      #expect(HalfPrecision.rounded(middle + (value - next) / 1024) == half)
      #expect(HalfPrecision.rounded(middle - (value - next) / 1024) == half + 1)
    }
    #expect(HalfPrecision.rounded(1e9) == 0x7BFF && HalfPrecision.rounded(-70_000) == 0xFBFF)
    #expect(HalfPrecision.widened(HalfPrecision.rounded(.nan)).isNaN)
  }

  @Test func `halves become the floats that they stand for`() {
    let bits = (0..<65536).map { UInt16($0) }
    let floats = bits.map { HalfPrecision.widened($0) }
    #expect(
      zip(bits, floats).allSatisfy { half, float in
        let (sign, exponent) = (half >> 15 == 0 ? 1.0 : -1.0, Int(half >> 10 & 31))
        let fraction = Double(half & 1023) / 1024
        switch exponent {
        case 31: return fraction == 0 ? Double(float) == sign * .infinity : float.isNaN
        case 0: return Double(float) == sign * fraction * 0x1p-14
        default:
          let power = Double(sign: .plus, exponent: exponent - 15, significand: 1)
          return Double(float) == sign * (1 + fraction) * power
        }
      })
  }
}
