// SPDX-License-Identifier: Apache-2.0
import Explanation
import Kernels
import Network
import TestSupport
import Testing

/// Against captum: tools/oracles/assessment.py.
struct GradientAttackTests {
  private let pool: ThreadPool
  private let epsilon: Float = 0.03

  init() throws { pool = try #require(ThreadPool(threadCount: 2)) }

  @Test(arguments: [1, 2, 3])
  func `attacks are captum's`(batch: Int) throws {
    let attack = try GradientAttack(try ExplainedNetwork.model(), batch: batch, pool)
    let golden = try AssessmentGolden.read().attacks
    let images = try ExplainedNetwork.images()
    let labels = ExplainedNetwork.targets
    let fast = attack.fastGradientSign(images, labels: labels, epsilon: epsilon)
    expectClose(fast.flatMap(\.self), golden.fgsm, tolerance: 1e-6)
    let projected = attack.projectedGradient(
      images, labels: labels, epsilon: epsilon, steps: 4, seed: nil)
    expectClose(projected.flatMap(\.self), golden.pgd, tolerance: 1e-6)
  }

  @Test func `a random start is drawn from the seed and stays within the bound`() throws {
    let attack = try GradientAttack(try ExplainedNetwork.model(), batch: 2, pool)
    let images = try ExplainedNetwork.images()
    func attacked(_ seed: UInt64) -> [[Float]] {
      attack.projectedGradient(
        images, labels: ExplainedNetwork.targets, epsilon: epsilon, steps: 3, seed: seed)
    }
    #expect(attacked(1) == attacked(1))
    #expect(attacked(1) != attacked(2))
    for (image, moved) in zip(images, attacked(1)) {
      #expect(
        zip(image, moved).allSatisfy { abs($0 - $1) <= epsilon + 1e-6 && (0...1).contains($1) })
    }
  }
}
