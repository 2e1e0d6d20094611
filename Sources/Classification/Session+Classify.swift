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
  /// From 0 to 1.
  public var probability: Float

  /// A label with its class and probability.
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

extension Session {
  /// A number that is the same where two machines have computed the same outputs: FNV-1a, of 64
  /// bits, over the bytes of all outputs.
  public func outputChecksum() -> UInt64 {
    var checksum: UInt64 = 0xCBF2_9CE4_8422_2325
    for node in plan.graph.outputs {
      if plan.graph.formats[node] == .float32 {
        add(value(of: node), to: &checksum)
      } else {
        add(integers(of: node), to: &checksum)
      }
    }
    return checksum
  }

  private func add<Element>(_ view: TensorView<Element>, to checksum: inout UInt64) {
    for pixel in 0..<view.pixelCount {
      let count = view.channels * MemoryLayout<Element>.stride
      for byte in UnsafeRawBufferPointer(start: view.pixel(pixel), count: count) {
        checksum = (checksum ^ UInt64(byte)) &* 0x100_0000_01B3
      }
    }
  }
}

/// Why a model cannot be used on pictures.
public enum ClassificationError: Error, Equatable, Sendable {
  /// The input is no picture of one or three channels, or there are several inputs.
  case noPictureInput(Shape, inputCount: Int)
  /// The output is no list of classes: the model is an enhancer, or for something else.
  case noClasses(Shape)
  /// The output is no picture: the model is no enhancer.
  case noPictureOutput(Shape)
}

extension ClassificationError: CustomStringConvertible {
  /// One line; follows the model's name.
  public var description: String {
    func text(_ shape: Shape) -> String { "\(shape.height)x\(shape.width)x\(shape.channels)" }
    switch self {
    case .noPictureInput(let shape, let count):
      return count == 1
        ? "takes \(text(shape)) numbers, expected a picture of 1 or 3 channels"
        : "takes \(count) inputs, expected one picture"
    case .noClasses(let shape):
      return "gives \(text(shape)) numbers, expected a number for each class"
    case .noPictureOutput(let shape):
      return "gives \(text(shape)) numbers, expected a picture of 1 or 3 channels"
    }
  }
}
