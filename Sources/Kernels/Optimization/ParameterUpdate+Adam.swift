// SPDX-License-Identifier: Apache-2.0
import CIntrinsics

extension ParameterUpdate {
  /// Adam (Kingma & Ba, arXiv:1412.6980), or AdamW with `decoupled` (Loshchilov & Hutter,
  /// arXiv:1711.05101):
  ///
  ///     g = ∂L/∂p + λ · p                  (AdamW: g = ∂L/∂p, p ← p − η · λ · p)
  ///     m ← β₁ · m + (1 − β₁) · g;  v ← β₂ · v + (1 − β₂) · g²
  ///     p ← p − η / (1 − β₁ᵗ) · m / (√v / √(1 − β₂ᵗ) + ε)
  ///
  /// `step` is t, from 1 on; both moments begin as zeros. **Cost**: four reads, three writes.
  package static func adam(
    parameters: UnsafeMutablePointer<Float>, gradients: UnsafePointer<Float>,
    firstMoment: UnsafeMutablePointer<Float>, secondMoment: UnsafeMutablePointer<Float>,
    count: Int, learningRate: Float, beta1: Float, beta2: Float, epsilon: Float,
    weightDecay: Float, decoupled: Bool, step: Int, pool: ThreadPool
  ) {
    precondition(step >= 1, "the first step of Adam is step 1")
    let rule = Adam(
      learningRate: learningRate, beta1: beta1, beta2: beta2, epsilon: epsilon,
      weightDecay: weightDecay, decoupled: decoupled, step: step)
    VectorLoop.forEachChunk(of: count, pool: pool) { start, count in
      let p = parameters + start
      let g = gradients + start
      let m = firstMoment + start
      let v = secondMoment + start
      VectorLoop.forEachVector(of: count) { i in
        let next = rule.step(
          Vector(at: p + i), Vector(at: g + i), Vector(at: m + i), Vector(at: v + i))
        next.p.store(to: p + i)
        next.m.store(to: m + i)
        next.v.store(to: v + i)
      } rest: { i, lanes in
        let next = rule.step(
          Vector(first: lanes, at: p + i), Vector(first: lanes, at: g + i),
          Vector(first: lanes, at: m + i), Vector(first: lanes, at: v + i))
        next.p.store(first: lanes, to: p + i)
        next.m.store(first: lanes, to: m + i)
        next.v.store(first: lanes, to: v + i)
      }
    }
  }

  private struct Adam {
    let beta1: Float
    let beta2: Float
    let epsilon: Float
    /// η / (1 − β₁ᵗ)
    let stepSize: Float
    /// 1 / √(1 − β₂ᵗ)
    let deviationScale: Float
    /// λ where the decay is part of the gradient, else 0.
    let coupledDecay: Float
    /// 1 − η · λ where it is not, else 1.
    let shrinkage: Float

    init(
      learningRate: Float, beta1: Float, beta2: Float, epsilon: Float, weightDecay: Float,
      decoupled: Bool, step: Int
    ) {
      self.beta1 = beta1
      self.beta2 = beta2
      self.epsilon = epsilon
      stepSize = Float(Double(learningRate) / (1 - Self.power(Double(beta1), step)))
      deviationScale = Float(1 / (1 - Self.power(Double(beta2), step)).squareRoot())
      coupledDecay = decoupled ? 0 : weightDecay
      shrinkage = decoupled ? 1 - learningRate * weightDecay : 1
    }

    @inline(__always) func step(
      _ p: Vector, _ gradient: Vector, _ m: Vector, _ v: Vector
    ) -> (p: Vector, m: Vector, v: Vector) {
      let g = gradient + p * coupledDecay
      let first = m + (g - m) * (1 - beta1)
      let second = v * beta2 + g * g * (1 - beta2)
      let deviation = ocelli_square_root(second) * deviationScale + epsilon
      return (p * shrinkage - first / deviation * stepSize, first, second)
    }

    /// baseᵉ by squaring.
    private static func power(_ base: Double, _ exponent: Int) -> Double {
      var result = 1.0
      var square = base
      var rest = exponent
      while rest > 0 {
        if rest & 1 == 1 { result *= square }
        square *= square
        rest >>= 1
      }
      return result
    }
  }
}
