// SPDX-License-Identifier: Apache-2.0
import Kernels
import Testing

struct IntegerElementwiseTests {
  private static let scales: [Float] = [0.011, 0.05, 1 / 256, 0.9, 3.1]

  @Test(arguments: [1, 2, 5])
  func `a sum of all pairs of bytes is the reference's`(_ threadCount: Int) throws {
    let pool = try #require(ThreadPool(threadCount: threadCount))
    var random = RandomGenerator(seed: 3)
    for subtracts in [false, true] {
      for (index, scale) in Self.scales.enumerated() {
        let other = Self.scales[(index + 2) % Self.scales.count]
        let addition = IntegerAddition(
          AffineQuantization(scale: scale, zeroPoint: Int32(random.index(below: 256)) - 128),
          AffineQuantization(scale: other, zeroPoint: Int32(random.index(below: 256)) - 128),
          output: AffineQuantization(scale: max(scale, other) * 1.7, zeroPoint: -7),
          range: -100...127, subtracts: subtracts)
        var a =
          (0..<65_536).map { Int8(truncatingIfNeeded: $0 >> 8) } + [Int8](repeating: 0, count: 64)
        var b = (0..<65_536).map { Int8(truncatingIfNeeded: $0) } + [Int8](repeating: 0, count: 64)
        var sums = [Int8](repeating: 0, count: 65_536 + 64)
        withViews(&a, &b, &sums, height: 8, width: 32, channels: 256) {
          addition.run($0, $1, into: $2, pool: pool)
        }
        #expect(
          (0..<65_536).allSatisfy { sums[$0] == addition.reference(a[$0], b[$0]) },
          "\(scale) and \(other)")
      }
    }
  }

  @Test func `an average rounds halves away from zero and leaves padding out`() throws {
    let pool = try #require(ThreadPool(threadCount: 2))
    var input: [Int8] = [1, 2, -1, -2, 127, -128] + [Int8](repeating: 50, count: 64)
    var output = [Int8](repeating: 0, count: 70)
    var unused = input
    withViews(&input, &unused, &output, height: 1, width: 6, channels: 1) { x, _, y in
      IntegerPooling.run(
        .average, x, into: y,
        PoolingGeometry(
          kernelHeight: 1, kernelWidth: 2, strideHeight: 1, strideWidth: 1, paddingTop: 0,
          paddingLeft: 0), range: -128...127, pool: pool)
    }
    // The last window has one pixel.
    #expect(output.prefix(6) == [2, 1, -2, 63, -1, -128])
  }

  @Test func `softmax of equal inputs is an equal share`() {
    for count in [1, 2, 3, 10, 256] {
      var input = [Int8](repeating: 5, count: count + 64)
      var output = [Int8](repeating: 0, count: count + 64)
      var unused = input
      withViews(&input, &unused, &output, height: 1, width: 1, channels: count) { x, _, y in
        IntegerSoftmax(scale: 0.1).run(x, into: y)
      }
      let share = Int8(max(-128, min(127, (256 / Double(count)).rounded() - 128)))
      #expect(output.prefix(count).allSatisfy { $0 == share }, "\(count)")
    }
  }

  private func withViews(
    _ a: inout [Int8], _ b: inout [Int8], _ c: inout [Int8], height: Int, width: Int,
    channels: Int, _ body: (TensorView<Int8>, TensorView<Int8>, TensorView<Int8>) -> Void
  ) {
    a.withUnsafeMutableBufferPointer { a in
      b.withUnsafeMutableBufferPointer { b in
        c.withUnsafeMutableBufferPointer { c in
          guard let a = a.baseAddress, let b = b.baseAddress, let c = c.baseAddress else { return }
          let views = [a, b, c].map {
            TensorView($0, batch: 1, height: height, width: width, channels: channels)
          }
          body(views[0], views[1], views[2])
        }
      }
    }
  }
}
