// SPDX-License-Identifier: Apache-2.0

/// The loop of losses that are a mean over the elements of each example.
enum ExampleLoop {
  /// The mean of `f` over each example's elements in double precision: for reference
  /// implementations.
  static func reference(
    _ a: TensorView<Double>, _ b: TensorView<Double>, _ f: (Double, Double) -> Double
  ) -> [Double] {
    var means = [Double](repeating: 0, count: a.batch)
    a.forEachIndex { n, i, j, c in means[n] += f(a[n, i, j, c], b[n, i, j, c]) }
    return means.map { $0 / Double(a.height * a.width * a.channels) }
  }

  /// means[n] = Σ over example n of what `body(n, firstPixel, pixels)` gives, divided by its
  /// elements.
  ///
  /// Examples are cut into a number of chunks that the shape alone decides; `body` sums one of
  /// them.
  @inline(__always) static func mean(
    over view: TensorView<Float>, into means: UnsafeMutablePointer<Float>, pool: ThreadPool,
    _ body: (_ firstPixel: Int, _ pixels: Int) -> Double
  ) {
    guard view.elementCount > 0 else { return }
    let pixels = view.height * view.width
    let elements = pixels * view.channels
    let wanted = (elements + VectorLoop.chunkElements - 1) / VectorLoop.chunkElements
    // At most 64 chunks in all unless the batch is larger: their sums then fit on the stack.
    let chunks = max(1, min(wanted, pixels, 64 / view.batch))
    let grain = (pixels + chunks - 1) / chunks
    withUnsafeTemporaryAllocation(of: Double.self, capacity: view.batch * chunks) { buffer in
      guard let sums = buffer.baseAddress else { return }
      pool.forEach(view.batch * chunks) { item, _ in
        let first = min(pixels, item % chunks * grain)
        let count = min(grain, pixels - first)
        let sum = count > 0 ? body(item / chunks * pixels + first, count) : 0
        (sums + item).initialize(to: sum)
      }
      for n in 0..<view.batch {
        var sum = 0.0
        for chunk in 0..<chunks { sum += sums[n * chunks + chunk] }
        means[n] = Float(sum / Double(elements))
      }
    }
  }

  /// Σ of the first results of `f` over the elements of some pixels of `a` and `b`; the second are
  /// written to `gradient`.
  @inline(__always) static func sum(
    _ a: TensorView<Float>, _ b: TensorView<Float>, gradient: TensorView<Float>?, firstPixel: Int,
    pixels: Int, _ f: (Vector, Vector) -> (loss: Vector, gradient: Vector)
  ) -> Double {
    let isContiguous = a.isContiguous && b.isContiguous && (gradient?.isContiguous ?? true)
    let run = isContiguous ? pixels : 1
    var sum = 0.0
    for pixel in stride(from: firstPixel, to: firstPixel + pixels, by: run) {
      let first = a.pixel(pixel)
      let second = b.pixel(pixel)
      let target = gradient?.pixel(pixel)
      var losses = Vector(repeating: 0)
      VectorLoop.forEachVector(of: run * a.channels) { i in
        let result = f(Vector(at: first + i), Vector(at: second + i))
        losses += result.loss
        if let target { result.gradient.store(to: target + i) }
      } rest: { i, lanes in
        let result = f(Vector(first: lanes, at: first + i), Vector(first: lanes, at: second + i))
        for lane in 0..<lanes { losses[lane] += result.loss[lane] }
        if let target { result.gradient.store(first: lanes, to: target + i) }
      }
      sum += losses.doubleTotal
    }
    return sum
  }
}

/// The mean over an example's M elements of (p − t)².
package enum MeanSquaredError {
  /// The loss of each example in double precision.
  package static func reference(
    prediction: TensorView<Double>, target: TensorView<Double>
  ) -> [Double] { ExampleLoop.reference(prediction, target) { p, t in (p - t) * (p - t) } }

  /// `exampleLosses[n]` = the loss of example n; `gradient` = gradientScale · 2 (p − t) / M.
  ///
  /// **Shapes**: all of one shape; `gradient` may be `prediction`. **Cost**: two reads, one write.
  package static func compute(
    prediction: TensorView<Float>, target: TensorView<Float>, gradientScale: Float,
    gradient: TensorView<Float>?, exampleLosses: UnsafeMutablePointer<Float>, pool: ThreadPool
  ) {
    precondition(prediction.hasShape(of: target), "a prediction has its target's shape")
    precondition(gradient?.hasShape(of: target) ?? true, "a gradient has its tensor's shape")
    let elements = target.height * target.width * target.channels
    let factor = 2 * gradientScale / Float(max(1, elements))
    ExampleLoop.mean(over: prediction, into: exampleLosses, pool: pool) { first, pixels in
      ExampleLoop.sum(prediction, target, gradient: gradient, firstPixel: first, pixels: pixels) {
        p, t in
        let difference = p - t
        return (difference * difference, difference * factor)
      }
    }
  }
}

/// The mean over an example's M elements of the cross-entropy between t and σ(z), both
/// probabilities of one event:
///
///     −t · ln σ(z) − (1 − t) · ln(1 − σ(z)) = max(z, 0) − z · t + ln(1 + e^−|z|)
package enum BinaryCrossEntropyWithLogits {
  /// The loss of each example in double precision, by the left side of the equation.
  package static func reference(logits: TensorView<Double>, target: TensorView<Double>) -> [Double]
  {
    ExampleLoop.reference(logits, target) { z, t in
      let p = Optional(ActivationFunction.sigmoid).reference(z)
      return -t * ElementaryFunctions.doubleLog(p) - (1 - t) * ElementaryFunctions.doubleLog(1 - p)
    }
  }

  /// `exampleLosses[n]` = the loss of example n; `gradient` = gradientScale · (σ(z) − t) / M.
  ///
  /// **Shapes**: all of one shape; `gradient` may be `logits`. **Cost**: two reads, one write.
  package static func compute(
    logits: TensorView<Float>, target: TensorView<Float>, gradientScale: Float,
    gradient: TensorView<Float>?, exampleLosses: UnsafeMutablePointer<Float>, pool: ThreadPool
  ) {
    precondition(logits.hasShape(of: target), "a prediction has its target's shape")
    precondition(gradient?.hasShape(of: target) ?? true, "a gradient has its tensor's shape")
    let factor = gradientScale / Float(max(1, target.height * target.width * target.channels))
    ExampleLoop.mean(over: logits, into: exampleLosses, pool: pool) { first, pixels in
      ExampleLoop.sum(logits, target, gradient: gradient, firstPixel: first, pixels: pixels) {
        z, t in
        let zero = Vector(repeating: 0)
        // One exponential serves the loss and the sigmoid.
        let small = ElementaryFunctions.exp(-z.magnitudes)
        let loss = z.maximum(zero) - z * t + ElementaryFunctions.logOfOnePlus(small)
        let numerator = Vector(repeating: 1).replacing(with: small, where: z .< zero)
        return (loss, (numerator / (small + 1) - t) * factor)
      }
    }
  }

  /// The entropy of each example's target in double precision.
  package static func referenceEntropy(target: TensorView<Double>) -> [Double] {
    func selfInformation(_ p: Double) -> Double { p > 0 ? p * ElementaryFunctions.doubleLog(p) : 0 }
    return ExampleLoop.reference(target, target) { t, _ in
      -selfInformation(t) - selfInformation(1 - t)
    }
  }

  /// `exampleEntropies[n]` = mean of −t · ln t − (1 − t) · ln(1 − t): the least value that the loss
  /// can have for a target, 0 only where all t are 0 or 1.
  package static func entropy(
    target: TensorView<Float>, exampleEntropies: UnsafeMutablePointer<Float>, pool: ThreadPool
  ) {
    ExampleLoop.mean(over: target, into: exampleEntropies, pool: pool) { first, pixels in
      ExampleLoop.sum(target, target, gradient: nil, firstPixel: first, pixels: pixels) { t, _ in
        let entropy = -selfInformation(t) - selfInformation(1 - t)
        return (entropy, entropy)
      }
    }
  }

  /// p · ln p, 0 at p = 0.
  @inline(__always) private static func selfInformation(_ p: Vector) -> Vector {
    let isImpossible = p .<= Vector(repeating: 0)
    return (p * ElementaryFunctions.log(p)).replacing(with: 0, where: isImpossible)
  }
}
