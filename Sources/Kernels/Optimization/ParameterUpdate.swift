// SPDX-License-Identifier: Apache-2.0
import CIntrinsics

/// One step of an optimiser over an array of parameters, in one pass.
package enum ParameterUpdate {
  /// Stochastic gradient descent with momentum, as in PyTorch (no dampening):
  ///
  ///     g = ∂L/∂p + λ · p;  v ← μ · v + g;  p ← p − η · (nesterov ? g + μ · v : v)
  ///
  /// Without `velocity`, p ← p − η · g. The velocity begins as zeros.
  package static func sgd(
    parameters: UnsafeMutablePointer<Float>, gradients: UnsafePointer<Float>,
    velocity: UnsafeMutablePointer<Float>?, count: Int, learningRate: Float, momentum: Float,
    nesterov: Bool, weightDecay: Float, pool: ThreadPool
  ) {
    VectorLoop.forEachChunk(of: count, pool: pool) { start, count in
      let p = parameters + start
      let g = gradients + start
      guard let velocity else {
        return VectorLoop.map(p, g, into: p, count: count) { p, g in
          p - (g + p * weightDecay) * learningRate
        }
      }
      let v = velocity + start
      VectorLoop.forEachVector(of: count) { i in
        let (parameter, speed) = descend(
          Vector(at: p + i), Vector(at: g + i), Vector(at: v + i), learningRate: learningRate,
          momentum: momentum, nesterov: nesterov, weightDecay: weightDecay)
        parameter.store(to: p + i)
        speed.store(to: v + i)
      } rest: { i, lanes in
        let (parameter, speed) = descend(
          Vector(first: lanes, at: p + i), Vector(first: lanes, at: g + i),
          Vector(first: lanes, at: v + i), learningRate: learningRate, momentum: momentum,
          nesterov: nesterov, weightDecay: weightDecay)
        parameter.store(first: lanes, to: p + i)
        speed.store(first: lanes, to: v + i)
      }
    }
  }

  @inline(__always) private static func descend(
    _ p: Vector, _ gradient: Vector, _ v: Vector, learningRate: Float, momentum: Float,
    nesterov: Bool, weightDecay: Float
  ) -> (parameter: Vector, velocity: Vector) {
    let g = gradient + p * weightDecay
    let velocity = v * momentum + g
    let direction = nesterov ? g + velocity * momentum : velocity
    return (p - direction * learningRate, velocity)
  }

  /// a ← d · a + (1 − d) · p: an exponential moving average of the parameters.
  package static func exponentialAverage(
    average: UnsafeMutablePointer<Float>, parameters: UnsafePointer<Float>, count: Int,
    decay: Float, pool: ThreadPool
  ) {
    VectorLoop.forEachChunk(of: count, pool: pool) { start, count in
      let a = average + start
      VectorLoop.map(a, parameters + start, into: a, count: count) { $0 + ($1 - $0) * (1 - decay) }
    }
  }

  /// v ← factor · v
  package static func scale(
    _ values: UnsafeMutablePointer<Float>, count: Int, by factor: Float, pool: ThreadPool
  ) {
    VectorLoop.forEachChunk(of: count, pool: pool) { start, count in
      VectorLoop.map(values + start, into: values + start, count: count) { $0 * factor }
    }
  }
}

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

extension ParameterUpdate {
  /// Floats of scratch memory that ``sumOfSquares`` needs.
  package static func scratchCount(count: Int) -> Int {
    (count + VectorLoop.chunkElements - 1) / VectorLoop.chunkElements
  }

  /// Σ v², what gradients are clipped by: over fixed chunks, which are combined in double
  /// precision.
  package static func sumOfSquares(
    _ values: UnsafePointer<Float>, count: Int, scratch: UnsafeMutablePointer<Float>,
    pool: ThreadPool
  ) -> Float {
    VectorLoop.forEachChunk(of: count, pool: pool) { start, count in
      let v = values + start
      var even = Vector(repeating: 0)
      var odd = Vector(repeating: 0)
      VectorLoop.forEachVector(of: count) { i in
        let value = Vector(at: v + i)
        (even, odd) = (odd, even + value * value)
      } rest: { i, lanes in
        let value = Vector(first: lanes, at: v + i)
        even += value * value
      }
      scratch[start / VectorLoop.chunkElements] = Float((even + odd).doubleTotal)
    }
    var sum = 0.0
    for chunk in 0..<scratchCount(count: count) { sum += Double(scratch[chunk]) }
    return Float(sum)
  }

  /// Whether any value is infinite or NaN: the sign of a training run that diverged.
  package static func hasNonFinite(
    _ values: UnsafePointer<Float>, count: Int, pool: ThreadPool
  ) -> Bool {
    withUnsafeTemporaryAllocation(of: Bool.self, capacity: pool.threadCount) { found in
      found.initialize(repeating: false)
      let flags = found.baseAddress.unsafelyUnwrapped
      pool.forEachRange(of: count, grain: VectorLoop.chunkElements) { range, worker in
        let v = values + range.lowerBound
        // x · 0 is NaN for those alone, and NaN stays in a sum.
        var sum = Vector(repeating: 0)
        VectorLoop.forEachVector(of: range.count) { i in
          sum += Vector(at: v + i) * 0
        } rest: { i, lanes in
          sum += Vector(first: lanes, at: v + i) * 0
        }
        if sum.total != 0 { flags[worker] = true }
      }
      return found.contains(true)
    }
  }
}
