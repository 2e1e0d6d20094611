// SPDX-License-Identifier: Apache-2.0
import Kernels
import Network

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
    self.model = model
    self.weightType = weightType
    self.memory = memory
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
    case .activation, .addition, .arithmetic, .batchNormalization, .boundedResidual,
      .channelAffine, .concatenation, .conversion, .cropping, .dropout, .fakeQuantization,
      .softmax, .transpose:
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
    .unsupported(
      node: graph.nodes[node].name, operation: graph.nodes[node].operation.name)
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
