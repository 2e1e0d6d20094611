// SPDX-License-Identifier: Apache-2.0
import Kernels
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
    self.model = model
    self.formats = formats
    self.ranges = ranges
    self.correction = correction
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
  private mutating func converted(
    _ node: Int, to format: ValueFormat
  ) throws(GraphError) -> Int {
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
