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

  public var phase: Phase
  /// What runs: in the phase `enhance`, the enhancer and the classifier as one.
  public var model: Model
  /// What is saved: the whole model, or the enhancer in front of the classifier.
  public var savedModel: Model
  public var frozenNodes: Set<Int>
  public var lossNode: Int
  public var loss: Loss
  public var training: Dataset
  /// Clean images that belong to the training images: the targets of `reconstruct`.
  public var cleanTraining: Dataset?
  public var validation: Dataset?
  public var cleanValidation: Dataset?

  /// A classifier on its own.
  public static func classifier(
    _ model: Model, labelSmoothing: Float, frozenNodes: Set<Int> = [], training: Dataset,
    validation: Dataset?
  ) -> TrainingTask {
    TrainingTask(
      phase: .classifier, model: model, savedModel: model, frozenNodes: frozenNodes,
      lossNode: model.graph.logits, loss: .softmaxCrossEntropy(labelSmoothing: labelSmoothing),
      training: training, validation: validation)
  }

  /// An enhancer that reproduces its input: by binary cross-entropy on the logits of a sigmoid
  /// head, else (and where `usesSquaredError`) by the squared error of the image.
  public static func reconstruct(
    _ enhancer: Model, usesSquaredError: Bool = false, training: Dataset,
    cleanTraining: Dataset? = nil, validation: Dataset?, cleanValidation: Dataset? = nil
  ) -> TrainingTask {
    let output = enhancer.graph.nodes[enhancer.graph.output]
    let isSigmoid = output.operation == .activation(ActivationLayer(.sigmoid))
    return TrainingTask(
      phase: .reconstruct, model: enhancer, savedModel: enhancer, frozenNodes: [],
      lossNode: isSigmoid && !usesSquaredError ? output.inputs[0] : enhancer.graph.output,
      loss: isSigmoid && !usesSquaredError ? .binaryCrossEntropyWithLogits : .meanSquaredError,
      training: training, cleanTraining: cleanTraining, validation: validation,
      cleanValidation: cleanValidation)
  }

  /// An enhancer in front of a classifier that stays as it is.
  /// - Returns: `nil` when memory is out.
  public static func enhance(
    _ enhancer: Model, classifier: Model, labelSmoothing: Float, training: Dataset,
    validation: Dataset?
  ) throws(GraphError) -> TrainingTask? {
    guard let composed = try Model.composed(enhancer: enhancer, classifier: classifier) else {
      return nil
    }
    return TrainingTask(
      phase: .enhance, model: composed, savedModel: enhancer,
      frozenNodes: composed.graph.nodes(withPrefix: Model.classifierPrefix),
      lossNode: composed.graph.logits,
      loss: .softmaxCrossEntropy(labelSmoothing: labelSmoothing), training: training,
      validation: validation)
  }
}
