// SPDX-License-Identifier: Apache-2.0
import Kernels
import TestSupport
import Testing

/// The sizes that element-wise kernels are tried on.
struct TestShape: CustomTestStringConvertible, Sendable {
  let batch: Int
  let height: Int
  let width: Int
  let channels: Int
  /// Elements between the channels of one pixel and those of the next.
  let gap: Int

  init(_ batch: Int, _ height: Int, _ width: Int, _ channels: Int, gap: Int = 0) {
    self.batch = batch
    self.height = height
    self.width = width
    self.channels = channels
    self.gap = gap
  }

  var testDescription: String { "\(batch)×\(height)×\(width)×\(channels)+\(gap)" }
  var pixels: Int { batch * height * width }
  var count: Int { pixels * channels }

  /// One element, one channel, odd channels, slices, and what spans several chunks of a parallel
  /// loop.
  static let all = [
    TestShape(1, 1, 1, 1), TestShape(1, 1, 1, 1, gap: 4), TestShape(1, 1, 1, 17),
    TestShape(2, 3, 5, 1), TestShape(2, 3, 5, 17), TestShape(1, 4, 7, 17, gap: 3),
    TestShape(2, 2, 3, 3), TestShape(1, 3, 3, 16, gap: 16), TestShape(3, 1, 2, 130, gap: 1),
    TestShape(2, 37, 19, 24), TestShape(1, 61, 33, 9, gap: 2),
  ]

  func tensor(_ random: inout RandomGenerator) -> TestTensor {
    TestTensor(
      batch: batch, height: height, width: width, channels: channels, pixelStride: channels + gap,
      random: &random)
  }

  /// The same pixels with other channels or another size, and the same gap.
  func resized(height: Int, width: Int) -> TestShape {
    TestShape(batch, height, width, channels, gap: gap)
  }

  /// Where `[n, y, x, c]` is in an array without gaps.
  func index(_ n: Int, _ y: Int, _ x: Int, _ c: Int) -> Int {
    ((n * height + y) * width + x) * channels + c
  }

  /// Runs `body` for each pixel's place and each channel.
  func forEach(_ body: (_ n: Int, _ y: Int, _ x: Int, _ c: Int) -> Void) {
    for n in 0..<batch {
      for y in 0..<height {
        for x in 0..<width { for c in 0..<channels { body(n, y, x, c) } }
      }
    }
  }
}

extension TestShape {
  /// What a reference implementation writes into a tensor of this shape, in double precision and
  /// without gaps.
  func doubles(_ reference: (TensorView<Double>) -> Void) -> [Double] {
    var elements = [Double](repeating: .nan, count: count)
    with(&elements) { reference($0) }
    return elements
  }

  /// Calls `body` with `elements` as a tensor of this shape without gaps.
  func with<Result>(
    _ elements: inout [Double], _ body: (TensorView<Double>) -> Result
  ) -> Result {
    elements.withUnsafeMutableBufferPointer { buffer in
      body(
        TensorView(
          buffer.baseAddress.unsafelyUnwrapped, batch: batch, height: height, width: width,
          channels: channels))
    }
  }

  /// Calls `body` with `a` and `b` as tensors of this shape without gaps.
  func with<Result>(
    _ a: [Double], _ b: [Double], _ body: (TensorView<Double>, TensorView<Double>) -> Result
  ) -> Result {
    var (a, b) = (a, b)
    return with(&a) { a in with(&b) { b in body(a, b) } }
  }

  /// What a reference implementation makes of `x`, the elements of a tensor of this shape.
  func reference(
    _ x: [Double], into output: TestShape? = nil,
    _ body: (_ x: TensorView<Double>, _ y: TensorView<Double>) -> Void
  ) -> [Double] {
    var x = x
    return with(&x) { x in (output ?? self).doubles { body(x, $0) } }
  }
}

extension TestTensor {
  /// The elements in double precision: what references compute with.
  var doubles: [Double] { elements.map(Double.init) }

  func set(_ values: [Float]) {
    for index in values.indices {
      view.pixel(index / view.channels)[index % view.channels] = values[index]
    }
  }
}

/// Memory for parameters, sums and scratch, NaN until written, with a guard behind it.
final class FloatBuffer {
  let base: UnsafeMutablePointer<Float>
  let count: Int

  init(_ count: Int) {
    self.count = count
    base = .allocate(capacity: count + 1)
    base.initialize(repeating: .nan, count: count + 1)
  }

  init(_ values: [Float]) {
    count = values.count
    base = .allocate(capacity: count + 1)
    base.initialize(repeating: .nan, count: count + 1)
    base.update(from: values, count: count)
  }

  convenience init(_ count: Int, _ random: inout RandomGenerator, in range: Range<Float> = -1..<1) {
    self.init((0..<count).map { _ in random.uniform(range) })
  }

  deinit {
    #expect(base[count].isNaN, "written past the end")
    base.deallocate()
  }

  var elements: [Float] { Array(UnsafeBufferPointer(start: base, count: count)) }
  var doubles: [Double] { elements.map(Double.init) }
}

/// What `body` gives with one thread, having checked that two and five give the same bytes.
func withAnyThreadCount(
  sourceLocation: SourceLocation = #_sourceLocation, _ body: (ThreadPool) throws -> [Float]
) throws -> [Float] {
  let expected = try body(try #require(ThreadPool(threadCount: 1)))
  for threadCount in [2, 5] {
    let actual = try body(try #require(ThreadPool(threadCount: threadCount)))
    #expect(
      actual.map(\.bitPattern) == expected.map(\.bitPattern),
      "\(threadCount) threads give other bytes than one", sourceLocation: sourceLocation)
  }
  return expected
}

/// Fails unless `gradient` − `base` is the gradient of Σ dy · f(x), by central differences: of each
/// element where these are few, else in random directions.
func expectGradient(
  _ gradient: [Float], over base: [Float]? = nil, of f: ([Double]) -> [Double], at x: [Double],
  weights dy: [Double], tolerance: Double = 2e-5,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  let actual = gradient.indices.map { Double(gradient[$0]) - Double(base?[$0] ?? 0) }
  func loss(_ x: [Double]) -> Double { zip(f(x), dy).reduce(0) { $0 + $1.0 * $1.1 } }
  func slope(_ direction: [Double]) -> Double {
    let h = 1e-6
    let up = zip(x, direction).map { $0 + h * $1 }
    let down = zip(x, direction).map { $0 - h * $1 }
    return (loss(up) - loss(down)) / (2 * h)
  }
  var directions: [[Double]] = []
  if x.count <= 256 {
    for i in x.indices { directions.append(x.indices.map { $0 == i ? 1 : 0 }) }
  } else {
    var random = RandomGenerator(seed: 99)
    for _ in 0..<4 { directions.append(x.map { _ in Double(random.uniform(-1..<1)) }) }
    for _ in 0..<12 {
      let i = random.index(below: x.count)
      directions.append(x.indices.map { $0 == i ? 1 : 0 })
    }
  }
  for direction in directions {
    let expected = slope(direction)
    let projected = zip(actual, direction).reduce(0) { $0 + $1.0 * $1.1 }
    let size = direction.reduce(0) { $0 + abs($1) }.squareRoot()
    if !(abs(projected - expected) <= tolerance * (1 + abs(expected)) * size) {
      let place = direction.firstIndex(of: 1).map { "element \($0)" } ?? "a direction"
      Issue.record(
        "the gradient along \(place) is \(projected), expected \(expected)",
        sourceLocation: sourceLocation)
      return
    }
  }
}

/// Fails unless the tensors have their gaps as they were.
func expectUntouchedGaps(
  _ tensors: TestTensor..., sourceLocation: SourceLocation = #_sourceLocation
) {
  for tensor in tensors {
    #expect(tensor.gapsAreUntouched, "written between pixels", sourceLocation: sourceLocation)
  }
}
