// SPDX-License-Identifier: Apache-2.0

/// The cross-entropy between a distribution over classes and the softmax of logits:
///
///     L = −Σ over k of t′[k] · ln softmax(z)[k],   t′ = (1 − ε) · t + ε / K
package enum SoftmaxCrossEntropy {
  /// The loss of each example in double precision.
  package static func reference(
    logits z: TensorView<Double>, targets t: UnsafePointer<Float>, labelSmoothing: Float
  ) -> [Double] {
    let (classes, epsilon) = (z.channels, Double(labelSmoothing))
    return (0..<z.batch).map { n in
      var sum = 0.0
      for k in 0..<classes { sum += ElementaryFunctions.doubleExp(z[n, 0, 0, k]) }
      var loss = 0.0
      for k in 0..<classes {
        let smoothed = (1 - epsilon) * Double(t[n * classes + k]) + epsilon / Double(classes)
        loss -= smoothed * (z[n, 0, 0, k] - ElementaryFunctions.doubleLog(sum))
      }
      return loss
    }
  }

  /// `exampleLosses[n]` = L of example n; `gradient` = gradientScale · ∂L/∂z = gradientScale ·
  /// (softmax(z) · Σ t′ − t′).
  ///
  /// **Shapes**: logits and gradient: N×1×1×K, `gradient` may be `logits`; targets: N×K, rows that
  /// sum to 1; ε is the label smoothing (Szegedy et al., arXiv:1512.00567).
  package static func compute(
    logits: TensorView<Float>, targets: UnsafePointer<Float>, labelSmoothing: Float,
    gradientScale: Float, gradient: TensorView<Float>?, exampleLosses: UnsafeMutablePointer<Float>,
    pool: ThreadPool
  ) {
    precondition(logits.height == 1 && logits.width == 1, "logits are one pixel an example")
    precondition(gradient?.hasShape(of: logits) ?? true, "a gradient has its tensor's shape")
    let classes = logits.channels
    guard classes > 0 else { return }
    let grain = max(1, 1024 / classes)
    pool.forEachRange(of: logits.batch, grain: grain) { range, _ in
      for n in range {
        let z = logits.pixel(n)
        let example = Example(z, targets + n * classes, classes: classes, smoothing: labelSmoothing)
        exampleLosses[n] = example.loss
        if let target = gradient?.pixel(n) { example.write(gradientScale, to: target) }
      }
    }
  }

  /// −Σ over k of t[k] · ln t[k]: the least cross-entropy that a target can have.
  package static func entropy(_ target: UnsafePointer<Float>, count: Int) -> Float {
    var sum: Float = 0
    for k in 0..<count where target[k] > 0 { sum -= target[k] * ElementaryFunctions.log(target[k]) }
    return sum
  }

  private struct Example {
    let z: UnsafePointer<Float>
    let t: UnsafePointer<Float>
    let classes: Int
    let kept: Float
    let uniform: Float
    /// The largest logit, and Σ e^(z − largest).
    private var largest: Float
    private var sum: Float
    /// Σ t′
    private var mass: Float = 0
    private(set) var loss: Float = 0

    @inline(__always) init(
      _ z: UnsafePointer<Float>, _ t: UnsafePointer<Float>, classes: Int, smoothing: Float
    ) {
      self.z = z
      self.t = t
      self.classes = classes
      kept = 1 - smoothing
      uniform = smoothing / Float(classes)
      largest = z[0]
      for k in 1..<max(1, classes) where z[k] > largest { largest = z[k] }
      var sums = Vector(repeating: 0)
      let largest = largest
      VectorLoop.forEachVector(of: classes) { k in
        sums += ElementaryFunctions.exp(Vector(at: z + k) - largest)
      } rest: { k, lanes in
        let value = ElementaryFunctions.exp(Vector(first: lanes, at: z + k) - largest)
        for lane in 0..<lanes { sums[lane] += value[lane] }
      }
      sum = sums.total
      let logarithm = ElementaryFunctions.log(sum)
      for k in 0..<classes {
        let target = kept * t[k] + uniform
        mass += target
        // A class of probability 0 adds nothing, even where its logit is −∞.
        if target != 0 { loss += target * (logarithm - (z[k] - largest)) }
      }
    }

    @inline(__always) func write(_ scale: Float, to gradient: UnsafeMutablePointer<Float>) {
      let factor = mass / sum
      VectorLoop.map(z, t, into: gradient, count: classes) { z, t in
        (ElementaryFunctions.exp(z - largest) * factor - (t * kept + uniform)) * scale
      }
    }
  }
}
