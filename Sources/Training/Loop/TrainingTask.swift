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
  ///
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
      task.terms.append(
        LossTerm(node: image, .meanSquaredError, weight: weight, towards: .image))
    }
    if let weight = objective.totalVariation, weight > 0 {
      task.terms.append(
        LossTerm(node: image, .totalVariation, weight: weight, towards: .nothing))
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
