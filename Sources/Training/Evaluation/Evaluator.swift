// SPDX-License-Identifier: Apache-2.0
public import Datasets
import Foundation
public import Kernels
public import Network

/// Runs a model over data sets, batch by batch, without changing it.
public final class Evaluator {
  private let session: Session
  private let pool: ThreadPool
  private let batch: Int
  private let averagesFlips: Bool
  private let givesProbabilities: Bool

  /// - Parameter averagesFlips: average the logits of each image and of its mirror image.
  /// - Throws: `TrainingError.outOfMemory`.
  public init(
    _ model: Model, _ pool: ThreadPool, batch: Int, averagesFlips: Bool = false
  ) throws(TrainingError) {
    let plan = Plan.inference(
      model.graph, batch: batch, threadCount: pool.threadCount, keptValues: averagesFlips ? [0] : []
    )
    guard let session = Session(plan, model.parameters, pool) else {
      throw .outOfMemory(byteCount: plan.arenaByteCount)
    }
    (self.session, self.pool, self.batch) = (session, pool, batch)
    self.averagesFlips = averagesFlips
    givesProbabilities = model.graph.endsInProbabilities
  }

  /// A classifier's predictions for every image.
  public func predictions(
    for dataset: Dataset, progress: ((_ done: Int) -> Void)? = nil
  ) throws(TrainingError) -> Predictions {
    var result = Predictions()
    try forEachBatch(dataset) { batch in
      append(batch.labels.map(Int.init), to: &result)
      progress?(result.labels.count)
    }
    return result
  }

  /// A classifier's predictions for images of height × width × 3 floats.
  public func predictions(for images: [[Float]], labels: [Int]) -> Predictions {
    var result = Predictions()
    forEachBatch(images) { numbers in append(Array(labels[numbers]), to: &result) }
    return result
  }

  /// Adds the predictions for a batch after its forward run.
  private func append(_ labels: [Int], to result: inout Predictions) {
    let classCount = session.output.channels
    var logits = [Float](repeating: 0, count: batch * classCount)
    readLogits(into: &logits, scale: averagesFlips ? 0.5 : 1, accumulate: false)
    if averagesFlips {
      mirrorInput()
      session.run()
      readLogits(into: &logits, scale: 0.5, accumulate: true)
    }
    for (row, label) in labels.enumerated() {
      logits.withUnsafeBufferPointer { logits in
        let values = logits.baseAddress.unsafelyUnwrapped + row * classCount
        result.append(logits: UnsafeBufferPointer(start: values, count: classCount), label: label)
      }
    }
  }

  /// The mean squared error of the images that an enhancer makes, against `clean` or against its
  /// input.
  public func meanSquaredError(on dataset: Dataset, clean: Dataset? = nil) throws(TrainingError)
    -> Double
  {
    var total = 0.0
    let count = session.input.elementCount
    let targets = UnsafeMutablePointer<Float>.allocate(capacity: count + Machine.vectorFloats)
    let losses = UnsafeMutablePointer<Float>.allocate(capacity: batch)
    defer {
      targets.deallocate()
      losses.deallocate()
    }
    targets.initialize(repeating: 0, count: count + Machine.vectorFloats)
    losses.initialize(repeating: 0, count: batch)
    try forEachBatch(dataset, clean: clean, targets: targets) { batch in
      MeanSquaredError.compute(
        prediction: session.output,
        target: TensorView(
          targets, batch: session.output.batch, height: session.output.height,
          width: session.output.width, channels: session.output.channels), gradientScale: 0,
        gradient: nil, exampleLosses: losses, pool: pool)
      for index in 0..<batch.count { total += Double(losses[index]) }
    }
    return total / Double(dataset.count)
  }

  /// The model's output for each image, in the data set's order.
  public func images(
    for dataset: Dataset, _ body: (_ index: Int, _ floats: UnsafeBufferPointer<Float>) -> Void
  ) throws(TrainingError) {
    let count = session.output.elementCount / batch
    try forEachBatch(dataset) { batch in
      for (row, index) in batch.indices.enumerated() {
        body(index, UnsafeBufferPointer(start: session.output.base + row * count, count: count))
      }
    }
  }

  /// The model's output for each image.
  public func images(for images: [[Float]]) -> [[Float]] {
    var result: [[Float]] = []
    forEachBatch(images) { numbers in
      result += numbers.indices.map { session.output.elements(ofImage: $0 - numbers.lowerBound) }
    }
    return result
  }

  /// How near the images of two enhancers are: −10 · log₁₀ of the mean squared difference of their
  /// values in [0, 1]; infinite where they are equal.
  package static func peakSignalToNoise(
    of first: Model, against second: Model, on images: Dataset, _ pool: ThreadPool
  ) throws(TrainingError) -> Double {
    let batch = min(64, images.count)
    var squares = 0.0
    var count = 0
    // A part at a time: the second model's images are kept until the first has made its own.
    for start in stride(from: 0, to: images.count, by: 512) {
      let part = images.subset(Array(start..<min(start + 512, images.count)))
      var made: [[Float]] = []
      try Evaluator(second, pool, batch: min(batch, part.count)).images(for: part) {
        made.append(Array($1))
      }
      try Evaluator(first, pool, batch: min(batch, part.count)).images(for: part) { index, floats in
        for (a, b) in zip(made[index], floats) { squares += Double((a - b) * (a - b)) }
        count += floats.count
      }
    }
    return squares == 0 ? .infinity : -10 * log10(squares / Double(count))
  }

  private func forEachBatch(_ images: [[Float]], _ body: (Range<Int>) -> Void) {
    for first in stride(from: 0, to: images.count, by: batch) {
      let numbers = first..<min(first + batch, images.count)
      for number in numbers { session.setInput(images[number], row: number - first) }
      session.run()
      body(numbers)
    }
  }

  private func forEachBatch(
    _ dataset: Dataset, clean: Dataset? = nil, targets: UnsafeMutablePointer<Float>? = nil,
    _ body: (Batch) -> Void
  ) throws(TrainingError) {
    do throws(DatasetError) {
      let loader = try BatchLoader(
        dataset, .evaluation(batchSize: batch), pairedWith: targets == nil ? nil : clean)
      let images = session.input.base
      let paired = clean == nil ? nil : targets
      while let batch = loader.next(into: BatchMemory(images: images, pairedImages: paired)) {
        if clean == nil { targets?.update(from: images, count: session.input.elementCount) }
        session.run()
        body(batch)
      }
    } catch { throw .dataset(error) }
  }

  private func readLogits(into logits: inout [Float], scale: Float, accumulate: Bool) {
    let output = session.output
    for row in 0..<output.batch {
      for c in 0..<output.channels {
        // Logarithms of probabilities are logits; of 0 what an integer cannot tell from 0.
        let result = output.pixel(row)[c]
        let value =
          (givesProbabilities ? ElementaryFunctions.log(max(result, 1.0 / 512)) : result) * scale
        logits[row * output.channels + c] =
          accumulate ? logits[row * output.channels + c] + value : value
      }
    }
  }

  /// Mirrors the batch from left to right, in place.
  private func mirrorInput() {
    let input = session.input
    for n in 0..<input.batch {
      for y in 0..<input.height {
        for x in 0..<input.width / 2 {
          let (left, right) = (input.pixel(n, y, x), input.pixel(n, y, input.width - 1 - x))
          for c in 0..<input.channels { swap(&left[c], &right[c]) }
        }
      }
    }
  }
}

/// What a classifier said of every image of a data set.
public struct Predictions: Sendable {
  /// The true class of each image.
  public var labels: [Int] = []
  /// The class of the largest logit.
  public var classes: [Int] = []
  /// The probability of that class.
  public var confidences: [Float] = []
  /// The probability of each image's true class.
  public var trueProbabilities: [Float] = []
  /// −log of it.
  public var losses: [Float] = []
  /// Brier's score of each image: Σ over the classes of (probability − 1 if true, else 0)².
  public var squaredErrors: [Float] = []

  /// Of no image yet.
  public init() {}

  /// Adds one image.
  mutating func append(logits: UnsafeBufferPointer<Float>, label: Int) {
    let best = Self.largest(logits.baseAddress.unsafelyUnwrapped, logits.count)
    let powers = logits.map { ElementaryFunctions.exp($0 - logits[best]) }
    let sum = powers.reduce(0, +)
    let loss = logits[best] - logits[label] + ElementaryFunctions.log(sum)
    labels.append(label)
    classes.append(best)
    confidences.append(1 / sum)
    losses.append(loss)
    trueProbabilities.append(ElementaryFunctions.exp(-loss))
    squaredErrors.append(
      powers.indices.reduce(0) {
        let error = powers[$1] / sum - ($1 == label ? 1 : 0)
        return $0 + error * error
      })
  }

  /// The share of images whose class is right, from 0 to 1; 0 without images.
  public var accuracy: Double {
    labels.isEmpty
      ? 0
      : Double(zip(labels, classes).reduce(0) { $0 + ($1.0 == $1.1 ? 1 : 0) })
        / Double(labels.count)
  }

  /// The mean cross-entropy; 0 without images.
  public var meanLoss: Double {
    losses.isEmpty ? 0 : losses.reduce(0.0) { $0 + Double($1) } / Double(losses.count)
  }

  /// The index of the largest of `count` values; the first of equals.
  static func largest(_ values: UnsafePointer<Float>, _ count: Int) -> Int {
    var best = 0
    for index in 1..<max(1, count) where values[index] > values[best] { best = index }
    return best
  }

  /// How many of the first images of a batch a classifier's logits get right.
  static func countCorrect(_ logits: TensorView<Float>, _ labels: [Int32]) -> Int {
    labels.indices.reduce(0) {
      $0 + (largest(logits.pixel($1), logits.channels) == Int(labels[$1]) ? 1 : 0)
    }
  }
}
