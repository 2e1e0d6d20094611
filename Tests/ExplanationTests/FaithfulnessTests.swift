// SPDX-License-Identifier: Apache-2.0
import Explanation
import Imaging
import Kernels
import Network
import TestSupport
import Testing

/// Against pytorch-grad-cam and NumPy: tools/oracles/assessment.py.
struct FaithfulnessTests {
  private let pool: ThreadPool
  private let side = ExplainedNetwork.side

  init() throws { pool = try #require(ThreadPool(threadCount: 2)) }

  @Test(arguments: [1, 5])
  func `curves, drops and ROAD are those of the libraries`(batch: Int) throws {
    let probe = try FaithfulnessProbe(try ExplainedNetwork.model(), batch: batch, pool)
    (probe.steps, probe.noise) = (6, 0)
    let drawn = NetworkRun.drawn("faithfulness/maps", count: 2 * side * side, 0..<1)
    let golden = try AssessmentGolden.read().faithfulness
    for (index, image) in try ExplainedNetwork.images().enumerated() {
      let map = HeatMap(
        width: side, height: side,
        values: Array(drawn[index * side * side..<(index + 1) * side * side]))
      let ranking = PixelRanking(map, seed: 1)
      let target = ExplainedNetwork.targets[index]
      #expect(
        abs(probe.deletion(image, ranking, class: target).area - golden[index].deletion) < 1e-6)
      #expect(
        abs(probe.insertion(image, ranking, class: target).area - golden[index].insertion) < 1e-6)
      let change = probe.confidenceChange(image, map, class: target)
      #expect(abs(change.drop - golden[index].drop) < 1e-5)
      #expect(change.isIncrease == golden[index].increase)
      let road = probe.removeAndDebias(image, ranking, class: target, seed: 1)
      #expect(abs(road - golden[index].road) < 1e-6)
    }
  }

  @Test func `curves start and end at what they say`() throws {
    let probe = try FaithfulnessProbe(try ExplainedNetwork.model(), batch: 4, pool)
    let image = try ExplainedNetwork.images()[0]
    let (first, second) = (
      PixelRanking(random: side * side, seed: 1), PixelRanking(random: side * side, seed: 2)
    )
    let (a, b) = (probe.deletion(image, first, class: 1), probe.deletion(image, second, class: 1))
    #expect(a.probabilities.count == 21 && a != b)
    #expect(a.probabilities.first == b.probabilities.first)
    #expect(a.probabilities.last == b.probabilities.last)
    let insertion = probe.insertion(image, first, class: 1)
    #expect(insertion.probabilities.last == a.probabilities.first)
  }

  @Test func `equal values are ranked by chance`() {
    let map = HeatMap(width: 4, height: 1, values: [0, 5, 0, 0])
    let orders = Set((0..<40).map { PixelRanking(map, seed: UInt64($0)).order })
    #expect(orders.count == 6 && orders.allSatisfy { $0[0] == 1 })
    #expect(PixelRanking(map, seed: 3).reversed.order.last == 1)
  }

  @Test func `noise is drawn from the seed`() throws {
    let probe = try FaithfulnessProbe(try ExplainedNetwork.model(), batch: 4, pool)
    let image = try ExplainedNetwork.images()[0]
    let ranking = PixelRanking(random: side * side, seed: 1)
    let road = probe.removeAndDebias(image, ranking, class: 1, seed: 1)
    #expect(road == probe.removeAndDebias(image, ranking, class: 1, seed: 1))
    #expect(road != probe.removeAndDebias(image, ranking, class: 1, seed: 2))
  }
}
