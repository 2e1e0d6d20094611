// SPDX-License-Identifier: Apache-2.0
import Kernels
import TestSupport
import Testing

struct PositiveMaskTests {
  @Test(arguments: [1, 3, 4, 15, 16, 17, 40])
  func `keeps the gradient where the output is positive and sums it`(channels: Int) throws {
    var biasGradients: [[Float]] = []
    for (threads, stride) in [(1, channels), (2, channels + 7), (5, channels)] {
      var random = RandomGenerator(seed: 3)
      let pool = try #require(ThreadPool(threadCount: threads))
      let y = TestTensor(
        batch: 2, height: 19, width: 31, channels: channels, pixelStride: stride, random: &random)
      let dy = TestTensor(
        batch: 2, height: 19, width: 31, channels: channels, pixelStride: stride + 1,
        random: &random)
      y.view.pixel(0)[0] = 0
      let pixelCount = y.view.pixelCount
      let shape = TestShape(2, 19, 31, channels)
      var products = dy.doubles
      var outputs = y.doubles
      shape.with(&products) { g in
        shape.with(&outputs) { PositiveMask.reference($0, gradient: g) }
      }
      let expected = products.map(Float.init)
      let mask = UnsafeMutablePointer<UInt8>.allocate(
        capacity: PositiveMask.byteCount(channels: channels, pixelCount: pixelCount))
      let scratch = UnsafeMutablePointer<Float>.allocate(
        capacity: PositiveMask.scratchCount(channels: channels, pixelCount: pixelCount))
      var biasGradient = [Float](repeating: .nan, count: channels)
      defer {
        mask.deallocate()
        scratch.deallocate()
      }
      PositiveMask.record(y.view, into: mask, pool: pool)
      PositiveMask.apply(
        mask, to: dy.view, biasGradient: &biasGradient, scratch: scratch, pool: pool)
      #expect(dy.elements == expected)
      #expect(dy.gapsAreUntouched && y.gapsAreUntouched)
      let sums = (0..<channels).map { c in
        Float((0..<pixelCount).reduce(0.0) { $0 + Double(expected[$1 * channels + c]) })
      }
      expectClose(biasGradient, sums, tolerance: 1e-5)
      biasGradients.append(biasGradient)
    }
    #expect(biasGradients[0] == biasGradients[1] && biasGradients[0] == biasGradients[2])
  }
}
