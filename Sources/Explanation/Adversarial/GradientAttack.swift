// SPDX-License-Identifier: Apache-2.0
public import Kernels
public import Network

/// Images moved by at most ε in each number so that a classifier errs: what its gradient can do to
/// it in so small a space.
public final class GradientAttack {
  private let run: GradientRun

  /// - Parameter model: a classifier in floats, or an enhancer and a classifier composed.
  public init(_ model: Model, batch: Int, _ pool: ThreadPool) throws(ExplanationError) {
    run = try GradientRun(model, wantsInputGradient: true, batch: batch, pool)
  }

  /// x + ε · sign(∂L/∂x), L the cross-entropy (Goodfellow et al., arXiv:1412.6572).
  public func fastGradientSign(
    _ images: [[Float]], labels: [Int], epsilon: Float
  ) -> [[Float]] {
    stepped(images, around: images, labels, epsilon: epsilon, size: epsilon)
  }

  /// Projected gradient descent (Madry et al., arXiv:1706.06083): `steps` such steps of 2.5 ε /
  /// steps from a random place, each brought back to within ε of the image.
  ///
  /// - Parameter seed: draws the start; `nil` starts from the image itself.
  public func projectedGradient(
    _ images: [[Float]], labels: [Int], epsilon: Float, steps: Int, seed: UInt64?
  ) -> [[Float]] {
    var result = images
    if let seed {
      for index in images.indices {
        var random = RandomGenerator(seed: seed, stream: UInt64(index))
        result[index] = images[index].map {
          min(max($0 + random.uniform(-epsilon..<epsilon), 0), 1)
        }
      }
    }
    for _ in 0..<steps {
      result = stepped(
        result, around: images, labels, epsilon: epsilon, size: 2.5 * epsilon / Float(steps))
    }
    return result
  }

  private func stepped(
    _ images: [[Float]], around origins: [[Float]], _ labels: [Int], epsilon: Float, size: Float
  ) -> [[Float]] {
    var result: [[Float]] = []
    run.forEachBatch(of: images.count, { images[$0] }) { numbers in
      run.backward(
        numbers.map { number in
          var gradient = ElementaryFunctions.softmax(run.scores(of: number - numbers.lowerBound))
          gradient[labels[number]] -= 1
          return gradient
        })
      for (row, number) in numbers.enumerated() {
        let gradient = run.inputGradient(of: row)
        result.append(
          images[number].indices.map { index in
            let origin = origins[number][index]
            let sign: Float = gradient[index] > 0 ? 1 : gradient[index] < 0 ? -1 : 0
            let moved = images[number][index] + size * sign
            return min(max(min(max(moved, origin - epsilon), origin + epsilon), 0), 1)
          })
      }
    }
    return result
  }
}
