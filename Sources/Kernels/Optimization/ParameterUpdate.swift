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
