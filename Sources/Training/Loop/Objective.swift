// SPDX-License-Identifier: Apache-2.0
public import Network

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
    self.node = node
    self.loss = loss
    self.weight = weight
    self.target = target
  }

  /// Such as `0.1 × squared error`.
  var name: String { weight == 1 ? loss.name : "\(weight) × \(loss.name)" }
}
