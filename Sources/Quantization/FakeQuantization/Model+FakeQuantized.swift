// SPDX-License-Identifier: Apache-2.0
import Kernels
public import Network

extension Model {
  /// A float model that computes what this model of integers does, up to the rounding of sums, and
  /// has gradients: its weights are those that the integers stand for, and fake quantisation
  /// follows every node whose output is rounded.
  ///
  /// Nodes and parameters keep their names; what fake quantisation adds is named `NODE/rounded`.
  /// Its memory is its own. A float model comes back as a copy.
  /// - Throws: `QuantizationError` naming the node.
  public func fakeQuantized() throws(QuantizationError) -> Model {
    for node in graph.nodes {
      if case .softmax(let layer) = node.operation, layer.beta != 1 {
        throw .unsupported(node: node.name, operation: "softmax with β ≠ 1")
      }
    }
    var quantizer = FakeQuantizer(self)
    let result: Model?
    do throws(GraphError) { result = try quantizer.run() } catch { throw .graph(error) }
    guard let result else { throw .outOfMemory }
    return result
  }

  /// Whether fake quantisation rounds anything in it.
  public var isFakeQuantized: Bool {
    graph.nodes.contains { $0.operation.fakeQuantization != nil }
  }
}

extension PostTrainingQuantizer {
  /// The quantised model as a float graph with the float model's weights: where quantisation-aware
  /// training starts.
  public func fakeQuantized() throws(QuantizationError) -> Model {
    let result = try quantized().fakeQuantized()
    result.parameters.copyParameters(from: model.parameters)
    return result
  }
}

/// The walk that builds the float graph.
private struct FakeQuantizer {
  let model: Model
  private let clamps: [Int?]
  private var builder = ModelBuilder()
  private var indices: [Int] = []
  /// Of each new node, the numbers that its output is made of; `nil` for any.
  private var grids: [AffineQuantization?] = []

  init(_ model: Model) {
    self.model = model
    clamps = model.graph.fusibleClamps
  }

  mutating func run() throws(GraphError) -> Model? {
    for index in model.graph.nodes.indices { indices.append(try add(index)) }
    try builder.graph.setOutputs(model.graph.outputs.map { indices[$0] })
    return builder.finished(like: model)
  }

  private mutating func add(_ index: Int) throws(GraphError) -> Int {
    let node = model.graph.nodes[index]
    let inputs = node.inputs.map { indices[$0] }
    var result: Int
    if case .conversion = node.operation {
      result = inputs[0]
    } else {
      var operation = node.operation
      if case .dense(var layer) = operation {
        layer.hasScalePerUnit = true
        operation = .dense(layer)
      }
      result = try builder.add(node.name, operation, inputs, parameters: parameters(of: index))
      let keepsGrid = node.operation.properties.selectsInputs && !inputs.isEmpty
      grids.append(keepsGrid ? grids[inputs[0]] : nil)
    }
    guard let format = model.graph.formats[index].int8Quantization, !model.graph.isConstant(index),
      grids[result] != format, !isClampedBehind(index)
    else { return result }
    var name = node.name + "/rounded"
    while model.graph.index(ofNodeNamed: name) != nil { name += "'" }
    result = try builder.add(
      name, .fakeQuantization(FakeQuantizationLayer(format)), [result])
    grids.append(format)
    return result
  }

  /// Whether the integers of the node are those of the clamp behind it.
  private func isClampedBehind(_ index: Int) -> Bool {
    clamps[index].map { model.graph.formats[$0] == model.graph.formats[index] } ?? false
  }

  /// What the node's parameters stand for. The scales of weights are in the weights.
  private func parameters(of index: Int) -> [ModelBuilder.Values] {
    let entries = model.parameters.entries(of: index)
    func bytes(_ role: ParameterRole) -> UnsafeMutableRawBufferPointer? {
      entries.first { $0.declaration.role == role }.map { model.parameters.bytes(of: $0) }
    }
    guard let scales = bytes(.weightScales)?.bindMemory(to: Float.self) else {
      return entries.map { entry in
        let bytes = model.parameters.bytes(of: entry)
        guard entry.declaration.format == .int8,
          let quantization = model.graph.formats[index].quantization
        else { return .copied(UnsafeRawBufferPointer(bytes)) }
        return .floats(
          bytes.bindMemory(to: Int8.self).map {
            quantization.scale * Float(Int32($0) - quantization.zeroPoint)
          })
      }
    }
    let inputs = model.graph.nodes[index].inputs
    let inputScale = model.graph.formats[inputs[0]].quantization?.scale ?? 1
    return entries.compactMap { entry in
      let bytes = model.parameters.bytes(of: entry)
      let row = max(1, entry.declaration.count / scales.count)
      switch entry.declaration.role {
      case .weights:
        return .floats(
          bytes.bindMemory(to: Int8.self).enumerated().map { scales[$0 / row] * Float($1) })
      case .bias:
        return .floats(
          bytes.bindMemory(to: Int32.self).enumerated().map {
            Float(Double(inputScale) * Double(scales[$0]) * Double($1))
          })
      default: return nil
      }
    }
  }
}

extension ValueFormat {
  /// What the integers stand for, as if they were signed.
  fileprivate var int8Quantization: AffineQuantization? {
    switch self {
    case .float32: nil
    case .int8(let quantization): quantization
    case .uint8(let quantization):
      AffineQuantization(scale: quantization.scale, zeroPoint: quantization.zeroPoint - 128)
    }
  }
}

extension Operation {
  /// What fake quantisation rounds to; `nil` for another operation.
  var fakeQuantization: AffineQuantization? {
    if case .fakeQuantization(let layer) = self { layer.quantization } else { nil }
  }
}
