// SPDX-License-Identifier: Apache-2.0
public import Kernels
import Network

/// The walk that builds the quantised model.
struct IntegerAssembly {
  let model: Model
  let formats: [ValueFormat]
  /// What an output that stays float spans: its format where an integer layer reads it.
  let ranges: [ClosedRange<Float>]
  let correction: BiasCorrection?
  private var builder = ModelBuilder()
  private var indices: [Int] = []

  /// - Parameter ranges: needed where an integer layer reads a node that stays float.
  init(
    model: Model, formats: [ValueFormat], ranges: [ClosedRange<Float>] = [],
    correction: BiasCorrection? = nil
  ) {
    (self.model, self.formats, self.ranges, self.correction) = (model, formats, ranges, correction)
  }

  func quantized() throws(QuantizationError) -> Model {
    var assembly = self
    let result: Model?
    do throws(GraphError) { result = try assembly.run() } catch { throw .graph(error) }
    guard let result else { throw .outOfMemory }
    return result
  }

  private mutating func run() throws(GraphError) -> Model? {
    for index in model.graph.nodes.indices { indices.append(try add(index)) }
    try builder.graph.setOutputs(model.graph.outputs.map { indices[$0] })
    return builder.finished(like: model)
  }

  private mutating func add(_ index: Int) throws(GraphError) -> Int {
    let node = model.graph.nodes[index]
    let format = formats[index]
    var inputs: [Int] = []
    for input in node.inputs {
      inputs.append(try converted(indices[input], to: wantedFormat(of: input, readBy: index)))
    }
    guard format != .float32 else {
      return try builder.add(copyOf: index, in: model, inputs: inputs)
    }
    return try builder.add(
      node.name, node.operation, inputs, format: format,
      parameters: parameters(index, inputScale: scale(of: inputs.first)))
  }

  private func scale(of node: Int?) -> Float {
    node.flatMap { builder.graph.formats[$0].quantization?.scale } ?? 1
  }

  /// What node `input` must be where node `reader` reads it.
  private func wantedFormat(of input: Int, readBy reader: Int) -> ValueFormat {
    if formats[reader] == .float32 { return .float32 }
    if model.graph.nodes[reader].operation.properties.keepsFormat { return formats[reader] }
    return formats[input] == .float32
      ? .int8(AffineQuantization(covering: ranges[input])) : formats[input]
  }

  /// The node itself, or a conversion of it, which is made once.
  private mutating func converted(_ node: Int, to format: ValueFormat) throws(GraphError) -> Int {
    if builder.graph.formats[node] == format { return node }
    let known = builder.graph.nodes.indices.first {
      builder.graph.formats[$0] == format && builder.graph.nodes[$0].inputs == [node]
        && builder.graph.nodes[$0].operation == .conversion(ConversionLayer())
    }
    if let known { return known }
    var name = builder.graph.nodes[node].name + "/converted"
    while builder.graph.index(ofNodeNamed: name) != nil { name += "'" }
    return try builder.add(name, .conversion(ConversionLayer()), [node], format: format)
  }

  private func parameters(_ index: Int, inputScale: Float) -> [ModelBuilder.Values] {
    let operation = model.graph.nodes[index].operation
    if case .constant = operation, let quantization = formats[index].quantization {
      return [.int8(model.floats(.value, of: index).map { Quantize.reference($0, quantization) })]
    }
    guard operation.properties.hasWeights else { return [] }
    let bias = model.floats(.bias, of: index)
    let channels = model.graph.shapes[index].channels
    let weights = model.floats(.weights, of: index)
    var quantized = QuantizedWeights(
      weights, bias: bias, channels: channels, inputScale: inputScale)
    if let correction, !bias.isEmpty {
      let corrected = correction.corrected(bias, quantized, of: index)
      quantized = QuantizedWeights(
        weights, bias: corrected, channels: channels, inputScale: inputScale)
    }
    let values: [ModelBuilder.Values] = [.int8(quantized.weights), .floats(quantized.scales)]
    return bias.isEmpty ? values : values + [.int32(quantized.bias)]
  }
}

/// Weights of 8 bits with a scale for each output channel, and a bias of 32 bits:
///
///     w ≈ scale[o] · q,  q in −127...127        b ≈ inputScale · scale[o] · q
package struct QuantizedWeights {
  package var weights: [Int8]
  package var scales: [Float]
  package var bias: [Int32]

  /// - Parameter weights: output channels first.
  /// - Parameter bias: one a channel, or none.
  package init(_ weights: [Float], bias: [Float], channels: Int, inputScale: Float) {
    let row = weights.count / channels
    self.weights = []
    self.weights.reserveCapacity(weights.count)
    scales = []
    self.bias = []
    for channel in 0..<channels {
      let values = weights[channel * row..<(channel + 1) * row]
      var scale = Self.scale(of: values)
      // A bias that is large beside its weights must fit into 31 bits, too.
      if !bias.isEmpty { scale = max(scale, abs(bias[channel]) / inputScale * 0x1p-30) }
      scales.append(scale)
      for value in values {
        let rounded = (value / scale).rounded(.toNearestOrAwayFromZero)
        self.weights.append(Int8(max(-127, min(127, rounded))))
      }
      guard !bias.isEmpty else { continue }
      let step = Double(inputScale) * Double(scale)
      let rounded = (Double(bias[channel]) / step).rounded(.toNearestOrAwayFromZero)
      self.bias.append(Int32(max(-0x1p30, min(0x1p30, rounded))))
    }
  }

  /// What one step is of a channel's weights.
  static func scale(of values: some Sequence<Float>) -> Float {
    let largest = values.reduce(Float(0)) { max($0, abs($1)) }
    return largest > 0 ? largest / 127 : 1
  }

  /// What weight `index` stands for.
  package func value(_ index: Int) -> Float {
    scales[index / (weights.count / scales.count)] * Float(weights[index])
  }
}

extension Model {
  /// The parameter of a node with a role; empty where it has none.
  func floats(_ role: ParameterRole, of node: Int) -> [Float] {
    parameters.entries(of: node).first { $0.declaration.role == role }.map {
      Array(parameters.values(of: $0))
    } ?? []
  }

  /// The least and the greatest element of a constant.
  func range(ofConstant node: Int) -> ClosedRange<Float> {
    let values = floats(.value, of: node)
    return (values.min() ?? 0)...(values.max() ?? 0)
  }
}

/// Rounding a layer's weights moves the mean of its outputs by
///
///     δ[o] = Σ (ŵ − w)[o,a,b,c] · E[x[c]]
///
/// which the bias can take back (Nagel et al., arXiv:1906.04721, section 4.2). The means are those
/// that calibration saw, as if there were no border.
struct BiasCorrection {
  let model: Model
  let statistics: [ActivationStatistics]

  /// The bias of `node` less δ.
  func corrected(_ bias: [Float], _ quantized: QuantizedWeights, of node: Int) -> [Float] {
    let input = statistics[model.graph.nodes[node].inputs[0]]
    let weights = model.floats(.weights, of: node)
    let outputs = bias.count
    let row = weights.count / outputs
    let inputChannels = model.graph.shapes[model.graph.nodes[node].inputs[0]].channels
    var groupChannels = inputChannels
    var groups = 1
    var share: Float = 1
    let operation = model.graph.nodes[node].operation
    if case .convolution(let layer) = operation {
      groups = layer.groups
      groupChannels /= groups
    } else if case .transposedConvolution(let layer) = operation {
      // One output pixel gets the taps of one of the stride's phases.
      share = 1 / Float(layer.window.strideHeight * layer.window.strideWidth)
    }
    return bias.indices.map { o in
      let first = o / (outputs / groups) * groupChannels
      var shift: Float = 0
      for index in 0..<row {
        let error = quantized.value(o * row + index) - weights[o * row + index]
        shift += error * input.mean(ofChannel: first + index % groupChannels)
      }
      return bias[o] - shift * share
    }
  }
}

extension AffineQuantization {
  /// The 256 integers that cover `range`, widened to contain 0, which is represented exactly.
  init(covering range: ClosedRange<Float>) {
    let (low, high) = (min(range.lowerBound, 0), max(range.upperBound, 0))
    // Steps that are hardly a number any more would make factors that are none.
    let scale = max((high - low) / 255, 0x1p-60)
    let zeroPoint = (-128 - low / scale).rounded(.toNearestOrAwayFromZero)
    self.init(
      scale: high > low ? scale : 1,
      zeroPoint: high > low ? Int32(max(-128, min(127, zeroPoint))) : 0)
  }

  /// Pixels: 0 to 255 stand for 0 to 1.
  static let image = AffineQuantization(scale: 1 / 255, zeroPoint: -128)

  /// The real values from the least to the greatest integer.
  public var range: ClosedRange<Float> {
    Float(-128 - zeroPoint) * scale...Float(127 - zeroPoint) * scale
  }
}

/// Chooses what the integers of each node's output stand for.
///
/// Where an operation copies or compares integers, its output and its inputs share a format: the
/// nodes form groups, each with one range. A layer and the clamp behind it share the clamp's.
struct ActivationFormats {
  private let model: Model
  private let floatNodes: Set<Int>
  private let ranges: [ClosedRange<Float>]
  private let clamps: [Int?]
  private var parents: [Int]
  /// Formats that are not a matter of calibration, by the group's root.
  private var fixed: [Int: AffineQuantization] = [:]

  /// - Parameter floatNodes: nodes that stay in floats.
  /// - Parameter inputRanges: all values that were seen of each node.
  /// - Parameter ranges: the values of each node that are kept.
  init(
    _ model: Model, floatNodes: Set<Int>, inputRanges: [ClosedRange<Float>],
    ranges: [ClosedRange<Float>]
  ) {
    (self.model, self.floatNodes, self.ranges) = (model, floatNodes, ranges)
    clamps = model.graph.fusibleClamps
    parents = Array(model.graph.nodes.indices)
    for node in model.graph.nodes.indices where !floatNodes.contains(node) {
      fixed[node] = prescribed(node, inputRanges[node])
    }
    for node in model.graph.nodes.indices where !floatNodes.contains(node) { join(node) }
  }

  /// The format of every node.
  func formats() -> [ValueFormat] {
    var union: [Int: ClosedRange<Float>] = [:]
    for node in model.graph.nodes.indices where clamps[node] == nil {
      let (root, range) = (root(node), ranges[node])
      union[root] =
        union[root].map {
          min($0.lowerBound, range.lowerBound)...max($0.upperBound, range.upperBound)
        } ?? range
    }
    return model.graph.nodes.indices.map { node in
      if floatNodes.contains(node) { return .float32 }
      let root = root(node)
      return .int8(fixed[root] ?? AffineQuantization(covering: union[root] ?? 0...0))
    }
  }

  private func prescribed(_ node: Int, _ range: ClosedRange<Float>) -> AffineQuantization? {
    let operation = model.graph.nodes[node].operation
    if let prescribed = operation.properties.prescribedQuantization { return prescribed }
    let isPixels =
      if case .input = operation { range.lowerBound >= 0 && range.upperBound <= 1 } else { false }
    return isPixels || model.isEnhancedImage(node) ? .image : nil
  }

  private mutating func join(_ node: Int) {
    if let clamp = clamps[node], !floatNodes.contains(clamp) { unite(node, clamp) }
    let inputs = model.graph.nodes[node].inputs.filter { !floatNodes.contains($0) }
    guard model.graph.nodes[node].operation.properties.keepsFormat else { return }
    if case .concatenation = model.graph.nodes[node].operation {
      // An input whose format is fixed is converted, rather than force it on the others; and so is
      // one of less than half the range, whose other readers would get it in coarse steps.
      let widest = inputs.reduce(Float(0)) { max($0, span($1)) }
      for input in inputs where fixed[root(input)] == nil && span(input) * 2 >= widest {
        unite(node, input)
      }
    } else {
      unite(node, inputs.first ?? node)
    }
  }

  private func span(_ node: Int) -> Float {
    max(ranges[node].upperBound, 0) - min(ranges[node].lowerBound, 0)
  }

  private func root(_ node: Int) -> Int {
    var node = node
    while parents[node] != node { node = parents[node] }
    return node
  }

  private mutating func unite(_ a: Int, _ b: Int) {
    let (first, second) = (root(a), root(b))
    guard first != second else { return }
    let format = fixed[first] ?? fixed[second]
    parents[second] = first
    fixed[first] = format
  }
}

extension Model {
  /// Whether the output of a node is the image that an enhancer makes.
  func isEnhancedImage(_ node: Int) -> Bool { role == .enhancer && graph.outputs.contains(node) }
}
