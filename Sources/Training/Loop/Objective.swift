// SPDX-License-Identifier: Apache-2.0
public import Network

/// What an enhancer in front of frozen classifiers is to make small: by default their cross-entropy
/// alone.
///
/// Recognition-aware image processing (Liu et al., arXiv:1910.09185) adds the error of the image;
/// there the labels may be missing, too.
public struct Objective: Codable, Hashable, Sendable {
  /// Instead of the cross-entropy with the labels, the divergence from what each classifier says of
  /// the clean image.
  public var isUnsupervised: Bool?
  /// λ of the squared error between the enhanced image and the clean one, or the input where there
  /// is no clean one.
  public var reconstruction: Float?
  /// λ of the enhanced image's total variation.
  public var totalVariation: Float?

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
    /// What a frozen classifier says of that image.
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

  public var node: Int
  public var loss: Loss
  public var weight: Float
  public var target: Target

  public init(node: Int, _ loss: Loss, weight: Float = 1, towards target: Target) {
    self.node = node
    self.loss = loss
    self.weight = weight
    self.target = target
  }

  /// Such as `0.1 × squared error`.
  var name: String { weight == 1 ? loss.name : "\(weight) × \(loss.name)" }
}
