// SPDX-License-Identifier: Apache-2.0
import CIntrinsics

/// One step of an optimiser over an array of parameters, in one pass.
package enum ParameterUpdate {
  /// Stochastic gradient descent with momentum, as in PyTorch (no dampening):
  ///
  ///     g = ∂L/∂p + λ · p;  v ← μ · v + g;  p ← p − η · (nesterov ? g + μ · v : v)
  package struct SGD {
    /// η
    package var learningRate: Float
    /// μ
    package var momentum: Float
    package var nesterov: Bool
    /// λ
    package var weightDecay: Float

    package init(learningRate: Float, momentum: Float, nesterov: Bool, weightDecay: Float) {
      self.learningRate = learningRate
      self.momentum = momentum
      self.nesterov = nesterov
      self.weightDecay = weightDecay
    }

    /// The equation for one parameter in double precision.
    package func reference(_ p: inout Double, velocity v: inout Double, gradient: Double) {
      let g = gradient + Double(weightDecay) * p
      v = Double(momentum) * v + g
      p -= Double(learningRate) * (nesterov ? g + Double(momentum) * v : v)
    }

    /// Updates `count` parameters and their velocities, which begin as zeros. Without `velocity`,
    /// p ← p − η · g.
    package func update(
      _ parameters: UnsafeMutablePointer<Float>, gradients: UnsafePointer<Float>,
      velocity: UnsafeMutablePointer<Float>?, count: Int, pool: ThreadPool
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
          let next = step(Vector(at: p + i), Vector(at: g + i), Vector(at: v + i))
          next.p.store(to: p + i)
          next.v.store(to: v + i)
        } rest: { i, lanes in
          let next = step(
            Vector(first: lanes, at: p + i), Vector(first: lanes, at: g + i),
            Vector(first: lanes, at: v + i))
          next.p.store(first: lanes, to: p + i)
          next.v.store(first: lanes, to: v + i)
        }
      }
    }

    @inline(__always) private func step(_ p: Vector, _ gradient: Vector, _ v: Vector) -> (
      p: Vector, v: Vector
    ) {
      let g = gradient + p * weightDecay
      let velocity = v * momentum + g
      let direction = nesterov ? g + velocity * momentum : velocity
      return (p - direction * learningRate, velocity)
    }
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
  package struct Adam {
    /// η
    package var learningRate: Float
    package var beta1: Float
    package var beta2: Float
    package var epsilon: Float
    /// λ
    package var weightDecay: Float
    package var decoupled: Bool

    package init(
      learningRate: Float, beta1: Float, beta2: Float, epsilon: Float, weightDecay: Float,
      decoupled: Bool
    ) {
      self.learningRate = learningRate
      self.beta1 = beta1
      self.beta2 = beta2
      self.epsilon = epsilon
      self.weightDecay = weightDecay
      self.decoupled = decoupled
    }

    /// The equation for one parameter in double precision.
    package func reference(
      _ p: inout Double, moments: inout (m: Double, v: Double), gradient: Double, step t: Int
    ) {
      let (eta, lambda, beta1) = (Double(learningRate), Double(weightDecay), Double(beta1))
      let beta2 = Double(beta2)
      let g = decoupled ? gradient : gradient + lambda * p
      if decoupled { p -= eta * lambda * p }
      moments.m = beta1 * moments.m + (1 - beta1) * g
      moments.v = beta2 * moments.v + (1 - beta2) * g * g
      let deviation = (moments.v / (1 - Self.power(beta2, t))).squareRoot() + Double(epsilon)
      p -= eta / (1 - Self.power(beta1, t)) * moments.m / deviation
    }

    /// Updates `count` parameters and their moments, which begin as zeros. `step` is t, from 1 on.
    /// **Cost**: four reads, three writes.
    package func update(
      _ parameters: UnsafeMutablePointer<Float>, gradients: UnsafePointer<Float>,
      firstMoment: UnsafeMutablePointer<Float>, secondMoment: UnsafeMutablePointer<Float>,
      count: Int, step: Int, pool: ThreadPool
    ) {
      precondition(step >= 1, "the first step of Adam is step 1")
      let rule = Rule(self, step: step)
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

    /// What all parameters of one step have in common.
    private struct Rule {
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

      init(_ adam: Adam, step: Int) {
        (beta1, beta2, epsilon) = (adam.beta1, adam.beta2, adam.epsilon)
        stepSize = Float(Double(adam.learningRate) / (1 - Adam.power(Double(beta1), step)))
        deviationScale = Float(1 / (1 - Adam.power(Double(beta2), step)).squareRoot())
        coupledDecay = adam.decoupled ? 0 : adam.weightDecay
        shrinkage = adam.decoupled ? 1 - adam.learningRate * adam.weightDecay : 1
      }

      @inline(__always) func step(_ p: Vector, _ gradient: Vector, _ m: Vector, _ v: Vector) -> (
        p: Vector, m: Vector, v: Vector
      ) {
        let g = gradient + p * coupledDecay
        let first = m + (g - m) * (1 - beta1)
        let second = v * beta2 + g * g * (1 - beta2)
        let deviation = ocelli_square_root(second) * deviationScale + epsilon
        return (p * shrinkage - first / deviation * stepSize, first, second)
      }
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
