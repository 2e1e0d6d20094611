// SPDX-License-Identifier: Apache-2.0
import Explanation
import Kernels
import Network
import TestSupport
import Testing

struct RepresentationTests {
  @Test(arguments: [("wide", 30, 7), ("deep", 6, 20)])
  func `distances are NumPy's`(name: String, pixels: Int, channels: Int) throws {
    func drawn(_ half: String) -> [Float] {
      NetworkRun.drawn("representation/\(name)/\(half)", count: pixels * channels, 0..<1)
    }
    let a = drawn("a")
    let b = zip(a, drawn("b")).map { Float(0.6 * Double($0) + 0.4 * Double($1)) }
    let distance = RepresentationDistance(a, b, channels: channels)
    let golden = try #require(try ExplainedNetwork.golden().representations[name])
    let found = [distance.cosine, distance.relative, distance.alignment].compactMap { $0 }
    expectClose(found, golden, tolerance: 1e-6)
  }

  @Test func `turned and scaled channels are aligned, and what does not vary is not compared`() {
    let a: [Float] = [1, 0, 0, 2, 3, 1, -1, 4]
    let turned = stride(from: 0, to: 8, by: 2).flatMap { [-2 * a[$0 + 1], 2 * a[$0]] }
    let distance = RepresentationDistance(a, turned, channels: 2)
    #expect(abs((distance.alignment ?? 0) - 1) < 1e-12 && (distance.cosine ?? 1) < 0.9)
    let same = RepresentationDistance(a, a, channels: 2)
    #expect(same.relative == 0 && abs((same.cosine ?? 0) - 1) < 1e-12)
    let constant = RepresentationDistance([0.1, 0.1, 0.1], [1, 2, 3], channels: 1)
    #expect(constant.alignment == nil && constant.cosine != nil)
    let zeros = RepresentationDistance([0, 0], [1, 1], channels: 1)
    #expect(zeros.cosine == nil && zeros.relative == nil && zeros.alignment == nil)
  }

  @Test func `layers are recorded behind their activations, or as they are named`() throws {
    let model = try ExplainedNetwork.model()
    let pool = try #require(ThreadPool(threadCount: 1))
    let all = try LayerRecorder(model, pool)
    let names = all.layers.map(\.name)
    #expect(names == ["first/activation", "pool", "second/activation", "average", "logits"])
    let image = try ExplainedNetwork.images()[0]
    let answers = all.answers(to: image)
    expectClose(answers[4].values, try ExplainedNetwork.golden("logits", image: 0), tolerance: 1e-4)
    let second = answers[2]
    let means = (0..<10).map { channel in
      let map = second.channel(channel)
      return map.reduce(0, +) / Float(map.count)
    }
    expectClose(answers[3].values, means)
    let one = try LayerRecorder(model, layers: ["second"], pool)
    let before = one.answers(to: image)[0].values
    #expect(before.contains { $0 < 0 } && before.map { max($0, 0) } == second.values)
    #expect(throws: ExplanationError.unknownLayer("third")) {
      try LayerRecorder(model, layers: ["third"], pool)
    }
  }
}
