// SPDX-License-Identifier: Apache-2.0
public import Network

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
