// SPDX-License-Identifier: Apache-2.0
public import Kernels
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

/// What quantisation did to one node's output.
public struct LayerReport: Sendable {
  /// The node.
  public var name: String
  /// What it computes.
  public var operation: String
  /// `nil` for a node that stays float.
  public var quantization: AffineQuantization?
  /// The least and the greatest value that calibration saw.
  public var observed: ClosedRange<Float>
  /// The share of the values seen that the integers cannot represent.
  public var saturation: Double
  /// Signal to quantisation noise: 10 · log₁₀(Σ x² / Σ (x − x̂)²) in decibels, of the float model's
  /// x and the quantised model's x̂, the noise of all layers before included.
  public var signalToNoise: Double
}

/// Runs a float model and its quantised form side by side and measures how far they are apart.
public final class QuantizationComparison {
  /// The session whose input the caller fills; the other's follows.
  public let session: Session
  private let quantized: Session
  private let float: Model
  private let statistics: [ActivationStatistics]
  /// Float node and quantised node of one name.
  private let pairs: [(float: Int, quantized: Int)]
  private var signal: [Double]
  private var noise: [Double]

  /// - Parameter float: the lowered model that `calibrator` ran.
  /// - Throws: `QuantizationError.outOfMemory`.
  public init(
    _ float: Model, _ quantized: Model, _ calibrator: Calibrator, batch: Int, _ pool: ThreadPool
  ) throws(QuantizationError) {
    let clamps = float.graph.fusibleClamps
    pairs = float.graph.nodes.indices.compactMap { node in
      guard clamps[node] == nil, !float.graph.isConstant(node),
        let other = quantized.graph.index(ofNodeNamed: float.graph.nodes[node].name)
      else { return nil }
      return (node, other)
    }
    func session(_ model: Model, _ kept: [Int]) throws(QuantizationError) -> Session {
      let plan = Plan.inference(
        model.graph, batch: batch, threadCount: pool.threadCount, keptValues: kept)
      guard let session = Session(plan, model.parameters, pool) else { throw .outOfMemory }
      return session
    }
    self.session = try session(float, pairs.map { $0.float })
    self.quantized = try session(quantized, pairs.map { $0.quantized })
    self.float = float
    statistics = calibrator.statistics
    signal = [Double](repeating: 0, count: float.graph.nodes.count)
    noise = signal
  }

  /// Runs both models on the first `count` examples of the session's input.
  public func compare(count: Int) {
    session.run()
    let source = session.input
    if let quantization = quantized.plan.graph.formats[quantized.plan.graph.inputs[0]].quantization
    {
      Quantize.apply(
        source, into: quantized.integers(of: quantized.plan.graph.inputs[0]), quantization,
        pool: session.pool)
    } else {
      quantized.input.base.update(from: source.base, count: source.elementCount)
    }
    quantized.run()
    for pair in pairs { add(pair.float, pair.quantized, count: count) }
  }

  private func add(_ node: Int, _ other: Int, count: Int) {
    let exact = session.value(of: node)
    let pixels = count * exact.height * exact.width
    var (signal, noise) = (0.0, 0.0)
    func take(_ value: Float, _ approximate: Float) {
      signal += Double(value) * Double(value)
      noise += Double(value - approximate) * Double(value - approximate)
    }
    if let quantization = quantized.plan.graph.formats[other].quantization {
      // The range of the integers is part of what a residual enhancer computes.
      let limits = float.isEnhancedImage(node) ? quantization.range : -.infinity ... .infinity
      let integers = quantized.integers(of: other)
      for pixel in 0..<pixels {
        let (x, q) = (exact.pixel(pixel), integers.pixel(pixel))
        for c in 0..<exact.channels {
          let value = min(max(x[c], limits.lowerBound), limits.upperBound)
          take(value, Float(Int32(q[c]) - quantization.zeroPoint) * quantization.scale)
        }
      }
    } else {
      let floats = quantized.value(of: other)
      for pixel in 0..<pixels {
        let (x, y) = (exact.pixel(pixel), floats.pixel(pixel))
        for c in 0..<exact.channels { take(x[c], y[c]) }
      }
    }
    self.signal[node] += signal
    self.noise[node] += noise
  }

  /// One row a node, in the graph's order.
  public func report() -> [LayerReport] {
    pairs.map { pair in
      let quantization = quantized.plan.graph.formats[pair.quantized].quantization
      let seen = statistics[pair.float]
      let ratio = noise[pair.float] > 0 ? signal[pair.float] / noise[pair.float] : .infinity
      return LayerReport(
        name: float.graph.nodes[pair.float].name,
        operation: float.graph.nodes[pair.float].operation.name, quantization: quantization,
        observed: seen.minimum <= seen.maximum ? seen.minimum...seen.maximum : 0...0,
        saturation: float.isEnhancedImage(pair.float)
          ? 0 : quantization.map { seen.share(outside: $0.widenedRange) } ?? 0,
        signalToNoise: Self.decibels(ratio))
    }
  }

  private static func decibels(_ ratio: Double) -> Double {
    // 10 / log(10)
    ratio == .infinity ? .infinity : 4.342944819 * Double(ElementaryFunctions.log(Float(ratio)))
  }
}

extension AffineQuantization {
  /// The real values that round to one of the integers, and no farther than half a step beyond.
  fileprivate var widenedRange: ClosedRange<Float> {
    range.lowerBound - scale / 2...range.upperBound + scale / 2
  }
}

/// Why a model cannot be quantised.
public enum QuantizationError: Error, Equatable, Sendable {
  /// It computes with integers already: give the float model that it was made from.
  case alreadyQuantized
  /// The operation has no form that compact models can have: change the architecture.
  case unsupported(node: String, operation: String)
  /// There is no such node: names are those that `ocelli model info` lists.
  case unknownNode(String)
  /// An activation of the float model is not a finite number: the model is broken, or its input is.
  case notFinite(node: String)
  /// Fake quantisation does not follow the node, so that nothing says what its integers would be.
  case notFakeQuantized(node: String)
  /// The parts do not fit together.
  case graph(GraphError)
  /// Memory is out.
  case outOfMemory

  /// One line for people; follows the file's name.
  public var message: String {
    switch self {
    case .alreadyQuantized: "is quantised already; expected a float model"
    case .unsupported(let node, let operation):
      "node '\(node)': \(operation) has no form that compact models can have"
    case .unknownNode(let name): "has no node '\(name)'; ocelli model info lists them"
    case .notFinite(let node): "node '\(node)' gives numbers that are not finite"
    case .graph(let error): error.message
    case .notFakeQuantized(let node): "node '\(node)': its output is not rounded to integers"
    case .outOfMemory: "no memory to quantise it"
    }
  }
}
