// SPDX-License-Identifier: Apache-2.0
import Datasets
import Kernels
import Network

/// Computes the terms of a task's loss, and their gradients, batch by batch.
final class LossComputation {
  private let terms: [LossTerm]
  private let session: Session
  private let pool: ThreadPool
  /// A classifier for each term that asks one.
  private var teachers: [Int: Teacher] = [:]
  private let labels: UnsafeMutablePointer<Float>
  private let images: UnsafeMutablePointer<Float>
  private let answers: UnsafeMutablePointer<Float>
  private let scratch: UnsafeMutablePointer<Float>
  private let losses: UnsafeMutablePointer<Float>

  init(_ task: TrainingTask, _ session: Session, _ pool: ThreadPool) throws(TrainingError) {
    terms = task.terms
    self.session = session
    self.pool = pool
    let batch = session.plan.request.batch
    func floats(_ count: Int) -> UnsafeMutablePointer<Float> {
      let pointer = UnsafeMutablePointer<Float>.allocate(capacity: count + Machine.vectorFloats)
      pointer.initialize(repeating: 0, count: count + Machine.vectorFloats)
      return pointer
    }
    let largest = terms.map { task.model.graph.shapes[$0.node].elementCount }.max() ?? 0
    labels = floats(batch * task.training.classCount)
    images = floats(batch * task.model.graph.inputShape.elementCount)
    answers = floats(batch * task.training.classCount)
    scratch = floats(batch * largest)
    losses = floats(batch)
    for (index, term) in terms.enumerated() {
      guard case .answer(let model) = term.target else { continue }
      teachers[index] = try Teacher(model, batch: batch, pool)
    }
  }

  deinit { for memory in [labels, images, answers, scratch, losses] { memory.deallocate() } }

  /// Where the loader puts a batch.
  /// - Parameter isPaired: whether it has clean images.
  func memory(isPaired: Bool) -> BatchMemory {
    BatchMemory(
      images: session.input.base, targets: labels, pairedImages: isPaired ? images : nil)
  }

  /// Makes the input the image that other images are compared with.
  func takeInputAsTarget() {
    images.update(from: session.input.base, count: session.input.elementCount)
  }

  /// After a forward run: writes the gradients of all terms; gives the sum of their losses over the
  /// first `count` images.
  func compute(count: Int) -> Double {
    var total = 0.0
    for (index, term) in terms.enumerated() {
      let value = session.value(of: term.node)
      let gradient = session.gradient(of: term.node)
      let isFirst = !terms[..<index].contains { $0.node == term.node }
      let target = isFirst ? gradient : Self.view(scratch, like: value)
      term.loss.compute(
        value, targets: targets(of: term, index), weight: term.weight, gradient: target,
        exampleLosses: losses, pool: pool)
      if !isFirst { Self.add(target, to: gradient) }
      var sum = 0.0
      for n in 0..<count { sum += Double(losses[n]) }
      total += Double(term.weight) * sum
    }
    return total
  }

  private func targets(of term: LossTerm, _ index: Int) -> UnsafeMutablePointer<Float> {
    switch term.target {
    case .labels: return labels
    case .image, .nothing: return images
    case .answer:
      teachers[index]?.answer(to: images, into: answers)
      return answers
    }
  }

  private static func view(
    _ memory: UnsafeMutablePointer<Float>, like other: TensorView<Float>
  ) -> TensorView<Float> {
    TensorView(
      memory, batch: other.batch, height: other.height, width: other.width,
      channels: other.channels)
  }

  private static func add(_ term: TensorView<Float>, to sum: TensorView<Float>) {
    for pixel in 0..<sum.pixelCount {
      let (target, source) = (sum.pixel(pixel), term.pixel(pixel))
      for c in 0..<sum.channels { target[c] += source[c] }
    }
  }
}

/// A frozen classifier that says what another is to say.
private final class Teacher {
  private let session: Session
  private let logits: Int

  init(_ model: Model, batch: Int, _ pool: ThreadPool) throws(TrainingError) {
    logits = model.graph.logits
    let plan = Plan.inference(
      model.graph, batch: batch, threadCount: pool.threadCount, keptValues: [logits])
    guard let session = Session(plan, model.parameters, pool) else {
      throw .outOfMemory(byteCount: plan.arenaByteCount)
    }
    self.session = session
  }

  /// Writes the softmax of the logits of each image.
  func answer(to images: UnsafePointer<Float>, into answers: UnsafeMutablePointer<Float>) {
    session.input.base.update(from: images, count: session.input.elementCount)
    session.run()
    let logits = session.value(of: logits)
    for n in 0..<logits.batch {
      let answer = ElementaryFunctions.softmax(logits.elements(ofImage: n))
      (answers + n * logits.channels).update(from: answer, count: answer.count)
    }
  }
}
