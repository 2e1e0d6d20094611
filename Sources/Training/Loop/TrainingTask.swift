// SPDX-License-Identifier: Apache-2.0
public import Datasets
import Kernels
public import Network

/// One phase of training: a model, what of it is trained, on what, and towards what.
public struct TrainingTask {
  /// The three phases.
  public enum Phase: String, Codable, Sendable {
    /// A classifier learns its classes.
    case classifier
    /// An enhancer learns to reproduce its input, or the clean image that belongs to it.
    case reconstruct
    /// An enhancer learns to make a frozen classifier right.
    case enhance
  }

  /// Which of the three.
  public var phase: Phase
  /// What runs: in the phase `enhance`, the enhancer and the classifier as one.
  public var model: Model
  /// What is saved: the whole model, or the enhancer in front of the classifier.
  public var savedModel: Model
  /// Nodes whose parameters stay as they are.
  public var frozenNodes: Set<Int>
  /// What is made small: the sum of these. Accuracy is measured at the first one's node.
  public var terms: [LossTerm]
  /// Images to learn from.
  public var training: Dataset
  /// Clean images that belong to the training images.
  public var cleanTraining: Dataset?
  /// Images that choose the best epoch; without them it is the last.
  public var validation: Dataset?
  /// Clean images that belong to the validation images.
  public var cleanValidation: Dataset?
  /// Whether labels say nothing to the training, nor which epoch is the best: then it is the last.
  public var isUnsupervised = false

  /// The node at which accuracy is measured.
  public var lossNode: Int { terms[0].node }

  /// A classifier on its own.
  public static func classifier(
    _ model: Model, labelSmoothing: Float, frozenNodes: Set<Int> = [], training: Dataset,
    validation: Dataset?
  ) -> TrainingTask {
    TrainingTask(
      phase: .classifier, model: model, savedModel: model, frozenNodes: frozenNodes,
      terms: [
        LossTerm(
          node: model.graph.logits, .softmaxCrossEntropy(labelSmoothing: labelSmoothing),
          towards: .labels)
      ], training: training, validation: validation)
  }

  /// An enhancer that reproduces its input: by binary cross-entropy on the logits of a sigmoid
  /// head, else (and where `usesSquaredError`) by the squared error of the image.
  public static func reconstruct(
    _ enhancer: Model, usesSquaredError: Bool = false, training: Dataset,
    cleanTraining: Dataset? = nil, validation: Dataset?, cleanValidation: Dataset? = nil
  ) -> TrainingTask {
    let output = enhancer.graph.nodes[enhancer.graph.output]
    let isSigmoid = output.operation == .activation(ActivationLayer(.sigmoid))
    let term =
      isSigmoid && !usesSquaredError
      ? LossTerm(node: output.inputs[0], .binaryCrossEntropyWithLogits, towards: .image)
      : LossTerm(node: enhancer.graph.output, .meanSquaredError, towards: .image)
    return TrainingTask(
      phase: .reconstruct, model: enhancer, savedModel: enhancer, frozenNodes: [], terms: [term],
      training: training, cleanTraining: cleanTraining, validation: validation,
      cleanValidation: cleanValidation)
  }

  /// An enhancer in front of classifiers that stay as they are; the first of them counts in
  /// accuracies. A processor in the enhancer (`Model.chained`) is frozen as well.
  /// - Parameter cleanTraining: the training images before they were degraded, where they were.
  /// - Returns: `nil` when memory is out.
  public static func enhance(
    _ enhancer: Model, classifiers: [Model], _ objective: Objective = Objective(),
    labelSmoothing: Float, training: Dataset, cleanTraining: Dataset? = nil, validation: Dataset?
  ) throws(GraphError) -> TrainingTask? {
    guard let model = try Model.composed(enhancer: enhancer, classifiers: classifiers) else {
      return nil
    }
    let own = model.graph.nodes(withPrefix: Model.enhancerPrefix)
    let processor = model.graph.nodes(withPrefix: Model.enhancerPrefix + Model.processorPrefix)
    var task = TrainingTask(
      phase: .enhance, model: model, savedModel: enhancer,
      frozenNodes: Set(model.graph.nodes.indices).subtracting(own).union(processor),
      terms: recognition(model.graph, classifiers, objective, labelSmoothing: labelSmoothing),
      training: training, cleanTraining: cleanTraining, validation: validation)
    task.isUnsupervised = objective.isUnsupervised ?? false
    let image = enhancer.graph.output
    if let weight = objective.reconstruction, weight > 0 {
      task.terms.append(LossTerm(node: image, .meanSquaredError, weight: weight, towards: .image))
    }
    if let weight = objective.totalVariation, weight > 0 {
      task.terms.append(LossTerm(node: image, .totalVariation, weight: weight, towards: .nothing))
    }
    return task
  }

  /// One term a classifier, all of one weight.
  private static func recognition(
    _ graph: Graph, _ classifiers: [Model], _ objective: Objective, labelSmoothing: Float
  ) -> [LossTerm] {
    classifiers.enumerated().map { index, classifier in
      let logits = classifier.graph.nodes[classifier.graph.logits].name
      let name = Model.prefix(ofClassifier: index) + logits
      guard let node = graph.index(ofNodeNamed: name) else {
        preconditionFailure("a composed graph has its classifiers' nodes")
      }
      let weight = 1 / Float(classifiers.count)
      return objective.isUnsupervised ?? false
        ? LossTerm(node: node, .softmaxDivergence, weight: weight, towards: .answer(of: classifier))
        : LossTerm(
          node: node, .softmaxCrossEntropy(labelSmoothing: labelSmoothing), weight: weight,
          towards: .labels)
    }
  }

  /// Whether batches need images to compare images, or answers, with.
  var needsImages: Bool {
    terms.contains { term in
      switch term.target {
      case .image, .answer: true
      case .labels, .nothing: false
      }
    }
  }
}

/// What an enhancer in front of frozen classifiers is to make small: by default their cross-entropy
/// alone.
///
/// Recognition-aware image processing (Liu et al., arXiv:1910.09185) adds the error of the image;
/// its unsupervised form needs no labels.
public struct Objective: Codable, Hashable, Sendable {
  /// Instead of the cross-entropy with the labels, the divergence from what each classifier says of
  /// the clean image.
  public var isUnsupervised: Bool?
  /// λ of the squared error between the enhanced image and the clean one, or the input where there
  /// is no clean one.
  public var reconstruction: Float?
  /// λ of the enhanced image's total variation.
  public var totalVariation: Float?

  /// The cross-entropy alone.
  public init() {}

  /// The first value that is out of its range, for people.
  public var problem: String? {
    for (name, value) in [("reconstruction", reconstruction), ("totalVariation", totalVariation)] {
      if let value, !(value >= 0 && value <= 1e6) {
        return "\(name) \(value): expected 0 to 1000000"
      }
    }
    return nil
  }
}

/// One part of what a task makes small: a loss at one node.
public struct LossTerm {
  /// What the output of the node is compared with.
  public enum Target {
    /// The labels of the images.
    case labels
    /// The clean image, or the input where the task has no clean images.
    case image
    /// A frozen classifier's answer to that image.
    case answer(of: Model)
    case nothing

    /// Whether it has a number for each class.
    var isOfClasses: Bool {
      switch self {
      case .labels, .answer: true
      case .image, .nothing: false
      }
    }
  }

  /// The node whose output is compared.
  public var node: Int
  /// The measure.
  public var loss: Loss
  /// The factor in the sum.
  public var weight: Float
  /// What the output is compared with.
  public var target: Target

  /// - Precondition: `loss` can be computed from the output of `node` and the target.
  public init(node: Int, _ loss: Loss, weight: Float = 1, towards target: Target) {
    (self.node, self.loss, self.weight, self.target) = (node, loss, weight, target)
  }

  /// Such as `0.1 × squared error`.
  var name: String { weight == 1 ? loss.name : "\(weight) × \(loss.name)" }
}

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
    (self.session, self.pool) = (session, pool)
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
    BatchMemory(images: session.input.base, targets: labels, pairedImages: isPaired ? images : nil)
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
      memory, batch: other.batch, height: other.height, width: other.width, channels: other.channels
    )
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
