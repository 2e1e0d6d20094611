// SPDX-License-Identifier: Apache-2.0
import Kernels
public import Network

/// Makes a model of 8-bit integers of a lowered float model that was calibrated: activations with
/// one scale a tensor, weights with one a channel, as in TensorFlow Lite's specification (Jacob et
/// al., arXiv:1712.05877).
public struct PostTrainingQuantizer {
  /// How ranges are chosen.
  public var method = CalibrationMethod.minMax
  /// Whether biases take back what rounding the weights moved.
  public var correctsBias = true
  /// Names of nodes that stay in floats.
  public var floatNodes: [String] = []

  let model: Model
  private let statistics: [ActivationStatistics]

  /// - Parameter model: the model that `calibrator` ran.
  public init(_ model: Model, _ calibrator: Calibrator) {
    self.model = model
    statistics = calibrator.statistics
  }

  /// The range of each node's values that the method keeps.
  public func ranges() -> [ClosedRange<Float>] {
    statistics.enumerated().map { node, statistics in
      if model.graph.isConstant(node) { return model.range(ofConstant: node) }
      return method.range(for: statistics)
    }
  }

  /// The quantised model. Its nodes have the float model's names; conversions stand where formats
  /// change.
  public func quantized() throws(QuantizationError) -> Model {
    let floats = try floatIndices()
    let ranges = ranges()
    let formats = ActivationFormats(
      model, floatNodes: floats, inputRanges: extremes, ranges: ranges
    ).formats()
    return try IntegerAssembly(
      model: model, formats: formats, ranges: ranges,
      correction: correctsBias ? BiasCorrection(model: model, statistics: statistics) : nil
    ).quantized()
  }

  private var extremes: [ClosedRange<Float>] {
    statistics.map { $0.minimum <= $0.maximum ? $0.minimum...$0.maximum : 0...0 }
  }

  private func floatIndices() throws(QuantizationError) -> Set<Int> {
    var result: Set<Int> = []
    let clamps = model.graph.fusibleClamps
    for name in floatNodes {
      guard let node = model.graph.index(ofNodeNamed: name) else { throw .unknownNode(name) }
      result.insert(node)
      if let clamp = clamps[node] { result.insert(clamp) }
    }
    return result
  }
}
