// SPDX-License-Identifier: Apache-2.0
public import Imaging
import Kernels
public import Network

/// A class that a picture may belong to.
public struct RankedLabel: Equatable, Sendable {
  /// The class's place among the outputs.
  public var index: Int
  /// Its label; `class 7` where the model has none.
  public var name: String
  public var probability: Float

  public init(index: Int, name: String, probability: Float) {
    self.index = index
    self.name = name
    self.probability = probability
  }
}

extension Session {
  /// The most probable classes of a picture, the best first; equally probable ones in the order of
  /// the outputs.
  ///
  /// The picture is cropped and resized to the model's input by the model's own rule.
  ///
  /// - Parameter enhancer: what improves the picture before it is classified.
  public func classify(
    _ image: Image, enhancedBy enhancer: Session? = nil, top: Int = 5
  ) throws(ClassificationError) -> [RankedLabel] {
    try requireRole(.classifier)
    if let enhancer {
      try enhancer.requireRole(.enhancer)
      try enhancer.setInput(image)
      enhancer.run()
      try setInput(outputOf: enhancer)
    } else {
      try setInput(image)
    }
    run()
    return ranking(top: top)
  }

  /// The most probable classes of the last run.
  private func ranking(top: Int) -> [RankedLabel] {
    let probabilities = probabilities()
    let order = probabilities.indices.sorted { a, b in
      probabilities[a] != probabilities[b] ? probabilities[a] > probabilities[b] : a < b
    }
    return order.prefix(max(0, top)).map { index in
      let isLabelled = index < labels.count && !labels[index].utf8.isEmpty
      return RankedLabel(
        index: index, name: isLabelled ? labels[index] : "class " + String(index),
        probability: probabilities[index])
    }
  }

  /// The outputs of the last run as they are where the model ends in a softmax or in a sigmoid,
  /// else their softmax.
  private func probabilities() -> [Float] {
    var values = outputValues()
    // Numbers that are none, or infinite, would leave no order.
    for index in values.indices where !values[index].isFinite {
      values[index] = values[index].isNaN ? 0 : values[index] > 0 ? 1e30 : -1e30
    }
    return plan.graph.endsInProbabilities ? values : ElementaryFunctions.softmax(values)
  }
}
