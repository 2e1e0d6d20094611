// SPDX-License-Identifier: Apache-2.0
import Kernels
public import Network

/// The walk over a graph's nodes.
struct TFLiteExporter {
  let model: Model
  let weightType: TFLiteExport.WeightType
  let memory: TFLiteExport
  var file = TFLiteFile()
  /// The clamp that is written as the activation of the node before it.
  private let clamps: [Int?]
  /// The tensor that each node computes.
  private var tensors: [Int] = []

  var graph: Graph { model.graph }

  init(model: Model, weightType: TFLiteExport.WeightType, memory: TFLiteExport) {
    (self.model, self.weightType, self.memory) = (model, weightType, memory)
    clamps = model.graph.fusibleClamps.enumerated().map { node, clamp in
      guard let clamp, model.graph.formats[node] == model.graph.formats[clamp] else { return nil }
      // Older interpreters know no activation of transposed convolutions.
      if case .transposedConvolution = model.graph.nodes[node].operation { return nil }
      return clamp
    }
  }

  mutating func run() throws(TFLiteExportError) {
    file.description = "Written by Ocelli."
    let clamped = Set(clamps.compactMap { $0 })
    for node in graph.nodes.indices {
      if clamped.contains(node) {
        tensors.append(tensors[graph.nodes[node].inputs[0]])
      } else {
        try add(node)
      }
    }
    file.inputs = graph.inputs.map { tensors[$0] }
    file.outputs = graph.outputs.map { tensors[$0] }
  }

  /// Adds the tensor that `node` computes, and what computes it.
  private mutating func add(_ node: Int) throws(TFLiteExportError) {
    // With a clamp behind it, the tensor is the clamp's.
    let named = clamps[node] ?? node
    var tensor = TFLiteTensor(
      name: graph.nodes[named].name, shape: [1] + extents(node), type: .float32)
    switch graph.formats[node] {
    case .float32: break
    case .int8(let quantization): tensor.quantize(.int8, quantization)
    case .uint8(let quantization): tensor.quantize(.uint8, quantization)
    }
    if graph.isConstant(node), let entry = model.parameters.entries(of: node).first {
      // Constants are broadcast from the channels on.
      tensor.shape = Array(tensor.shape.dropFirst())
      tensor.data = UnsafeRawBufferPointer(model.parameters.bytes(of: entry))
    }
    tensors.append(file.tensors.count)
    file.tensors.append(tensor)
    try addOperator(node)
  }

  /// The extents of a node's output without the batch: vectors have one.
  func extents(_ node: Int) -> [Int] {
    let shape = graph.shapes[node]
    if graph.isConstant(node) { return [shape.height, shape.width, shape.channels] }
    return isVector(node) ? [shape.channels] : [shape.height, shape.width, shape.channels]
  }

  /// Whether a node's output is written as a tensor of batch and channels.
  private func isVector(_ node: Int) -> Bool {
    guard graph.shapes[node].height == 1, graph.shapes[node].width == 1 else { return false }
    switch graph.nodes[node].operation {
    case .input, .dense, .globalAverage, .reshape: return true
    case .convolution, .transposedConvolution, .pooling, .resize, .padding, .mean, .constant:
      return false
    case .activation, .addition, .arithmetic, .batchNormalization, .boundedResidual, .channelAffine,
      .concatenation, .conversion, .cropping, .dropout, .fakeQuantization, .softmax, .transpose:
      return graph.nodes[node].inputs.contains { isVector($0) }
    }
  }

  func input(_ node: Int, _ position: Int = 0) -> Int {
    tensors[graph.nodes[node].inputs[position]]
  }

  func inputs(_ node: Int) -> [Int] { graph.nodes[node].inputs.map { tensors[$0] } }

  /// Whether the node computes with integers.
  func isInteger(_ node: Int) -> Bool { graph.formats[node] != .float32 }

  func activation(_ node: Int) -> TFLiteActivation {
    guard let clamp = clamps[node], case .activation(let layer) = graph.nodes[clamp].operation
    else { return .none }
    return layer.function == .relu ? .relu : .relu6
  }

  func unsupported(_ node: Int) -> TFLiteExportError {
    .unsupported(node: graph.nodes[node].name, operation: graph.nodes[node].operation.name)
  }

  /// Adds the operator that computes the last tensor from `inputs`.
  mutating func append(
    _ code: TFLiteCode, version: Int = 1, _ inputs: [Int], computing tensor: Int? = nil,
    options: TFLiteOptions = .none
  ) {
    file.operators.append(
      TFLiteOperator(
        code, version: version, inputs: inputs, outputs: [tensor ?? file.tensors.count - 1],
        options: options))
  }

  /// The tensor that a node's operator computes.
  func output(_ node: Int) -> Int { tensors[node] }

  /// Adds a tensor with data of its own; gives its index.
  mutating func integers(_ name: String, _ shape: [Int], _ values: [Int]) -> Int {
    constant(name, shape, .int32, values.map { Int32(clamping: $0).littleEndian })
  }

  mutating func constant<Element>(
    _ name: String, _ shape: [Int], _ type: TFLiteType, _ elements: [Element]
  ) -> Int {
    file.tensors.append(
      TFLiteTensor(name: name, shape: shape, type: type, data: memory.keep(elements)))
    return file.tensors.count - 1
  }
}

extension TFLiteTensor {
  mutating func quantize(_ type: TFLiteType, _ quantization: AffineQuantization) {
    self.type = type
    scales = [quantization.scale]
    zeroPoints = [Int(quantization.zeroPoint)]
  }
}

extension TFLiteExporter {
  /// Adds the tensors of a node's weights and bias; gives their indices, without one for a bias
  /// that is not there. A convolution always gets one, of zeros if need be: LiteRT's
  /// reference kernel of int8 refuses those without.
  /// - Parameter shape: that of the weights in the file.
  /// - Parameter dimension: where in it the output channels are: first, or last of depthwise ones.
  mutating func addWeights(_ node: Int, shape: [Int], dimension: Int = 0) -> [Int] {
    let entries = model.parameters.entries(of: node)
    guard let weights = entries.first else { return [] }
    let name = graph.nodes[node].name
    let channels = shape[dimension]
    let bias = entries.last { $0.declaration.role == .bias }
    let needsBias: Bool =
      if case .convolution = graph.nodes[node].operation { true } else { bias != nil }
    guard isInteger(node) else {
      var values = Array(model.parameters.values(of: weights))
      if dimension != 0 { values = outputsLast(values, channels: channels) }
      var result = [addFloats(name + "/weights", shape, values)]
      if needsBias {
        let values =
          bias.map { Array(model.parameters.values(of: $0)) }
          ?? [Float](repeating: 0, count: channels)
        result.append(addFloats(name + "/bias", [channels], values))
      }
      return result
    }
    var bytes = [Int8](model.parameters.bytes(of: weights).bindMemory(to: Int8.self))
    if dimension != 0 { bytes = outputsLast(bytes, channels: channels) }
    let index = constant(name + "/weights", shape, .int8, bytes)
    let scales = weightScales(node)
    file.tensors[index].scales = scales
    file.tensors[index].zeroPoints = [Int](repeating: 0, count: scales.count)
    file.tensors[index].quantizedDimension = dimension
    guard needsBias else { return [index] }
    let elements =
      bias.map { [Int32](model.parameters.bytes(of: $0).bindMemory(to: Int32.self)) }
      ?? [Int32](repeating: 0, count: channels)
    let biasIndex = constant(name + "/bias", [channels], .int32, elements)
    let inputScale = graph.formats[graph.nodes[node].inputs[0]].quantization?.scale ?? 1
    file.tensors[biasIndex].scales = scales.map { $0 * inputScale }
    file.tensors[biasIndex].zeroPoints = [Int](repeating: 0, count: scales.count)
    return [index, biasIndex]
  }

  /// One a channel, or one for all of a dense layer whose weights have one.
  private func weightScales(_ node: Int) -> [Float] {
    let entry = model.parameters.entries(of: node).first { $0.declaration.role == .weightScales }
    guard let entry else { return [] }
    let scales = Array(model.parameters.values(of: entry))
    if case .dense(let layer) = graph.nodes[node].operation, !layer.hasScalePerUnit {
      return [scales[0]]
    }
    return scales
  }

  /// A tensor of floats, behind a DEQUANTIZE where they are written as halves.
  private mutating func addFloats(_ name: String, _ shape: [Int], _ values: [Float]) -> Int {
    guard weightType == .float16 else { return constant(name, shape, .float32, values) }
    let halves = constant(
      name + "/half", shape, .float16, values.map { HalfPrecision.rounded($0).littleEndian })
    file.tensors.append(TFLiteTensor(name: name, shape: shape, type: .float32))
    append(.dequantize, version: 3, [halves])
    return file.tensors.count - 1
  }

  /// O×… as …×O
  private func outputsLast<Element>(_ values: [Element], channels: Int) -> [Element] {
    let taps = values.count / max(1, channels)
    return (0..<values.count).map { values[$0 % channels * taps + $0 / channels] }
  }
}

/// A model as the contents of a .tflite file.
public final class TFLiteExport {
  /// What float weights are written as.
  public enum WeightType: Equatable, Sendable {
    case float32
    /// Halves, with a DEQUANTIZE for each tensor. Activations stay floats.
    case float16
  }

  /// Its tensors view memory of the model and of this object.
  private var file = TFLiteFile()
  private let model: Model
  private var blocks: [UnsafeMutableRawBufferPointer] = []

  /// - Parameter model: a float model made of TensorFlow Lite's operations, as `lowered` makes it,
  ///   or a quantised one.
  /// - Throws: `TFLiteExportError` naming the node.
  public init(_ model: Model, weights: WeightType = .float32) throws(TFLiteExportError) {
    self.model = model
    var walk = TFLiteExporter(model: model, weightType: weights, memory: self)
    try walk.run()
    file = walk.file
  }

  /// The file's bytes.
  /// - Parameter description: what the file says about the model, if anything.
  public func serialized(describedBy description: ModelDescription? = nil) -> [UInt8] {
    withExtendedLifetime(self) {
      description.map { file.serialized(describedBy: $0) } ?? file.serialized()
    }
  }

  deinit { for block in blocks { block.deallocate() } }

  /// A copy of the elements that lives as long as this object.
  func keep<Element>(_ elements: [Element]) -> UnsafeRawBufferPointer {
    elements.withUnsafeBytes { source in
      let block = UnsafeMutableRawBufferPointer.allocate(
        byteCount: source.count, alignment: MemoryLayout<Element>.alignment)
      block.copyMemory(from: source)
      blocks.append(block)
      return UnsafeRawBufferPointer(block)
    }
  }
}

/// Why a model cannot be written as a .tflite file.
public enum TFLiteExportError: Error, Equatable, Sendable, CustomStringConvertible {
  /// TensorFlow Lite has no operator for it: lower the model first, or change the architecture.
  case unsupported(node: String, operation: String)

  /// One line; follows the file's name.
  public var description: String {
    switch self {
    case .unsupported(let node, let operation):
      "node '\(node)': TensorFlow Lite has no operator for this \(operation)"
    }
  }
}
