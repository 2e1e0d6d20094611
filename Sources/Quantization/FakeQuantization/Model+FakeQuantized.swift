// SPDX-License-Identifier: Apache-2.0
public import Kernels
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
  public var isFakeQuantized: Bool { graph.nodes.contains { $0.operation.fakeQuantization != nil } }
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
    result = try builder.add(name, .fakeQuantization(FakeQuantizationLayer(format)), [result])
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

extension Model {
  /// The model of integers that a float model with fake quantisation, as made by `fakeQuantized`
  /// and then trained, stands for.
  /// - Throws: `QuantizationError.notFakeQuantized` naming a node whose output is not rounded.
  public func converted() throws(QuantizationError) -> Model {
    let (stripped, quantizations) = try withoutFakeQuantization()
    var formats: [ValueFormat] = []
    for (index, quantization) in quantizations.enumerated() {
      guard let quantization else {
        throw .notFakeQuantized(node: stripped.graph.nodes[index].name)
      }
      formats.append(.int8(quantization))
    }
    return try IntegerAssembly(model: stripped, formats: formats).quantized()
  }

  /// The model without fake quantisation, and what it made each node's output be.
  private func withoutFakeQuantization() throws(QuantizationError) -> (Model, [AffineQuantization?])
  {
    let clamps = graph.fusibleClamps
    var builder = ModelBuilder()
    var indices: [Int] = []
    var quantizations: [AffineQuantization?] = []
    do throws(GraphError) {
      for (index, node) in graph.nodes.enumerated() {
        if let quantization = node.operation.fakeQuantization {
          // Behind another one it stands for a conversion, which the readers' formats imply.
          let rounded = indices[node.inputs[0]]
          quantizations[rounded] = quantizations[rounded] ?? quantization
          indices.append(rounded)
          continue
        }
        let inputs = node.inputs.map { indices[$0] }
        indices.append(try builder.add(copyOf: index, in: self, inputs: inputs))
        quantizations.append(grid(of: index))
      }
      for (index, clamp) in clamps.enumerated() {
        guard let clamp, quantizations[indices[index]] == nil else { continue }
        quantizations[indices[index]] = quantizations[indices[clamp]]
      }
      try builder.graph.setOutputs(graph.outputs.map { indices[$0] })
    } catch { throw .graph(error) }
    guard let result = builder.finished(like: self) else { throw .outOfMemory }
    return (result, quantizations)
  }

  /// What the output of a node consists of where no fake quantisation needs to follow.
  private func grid(of node: Int) -> AffineQuantization? {
    if graph.isConstant(node) { return AffineQuantization(covering: range(ofConstant: node)) }
    let operation = graph.nodes[node].operation
    if let quantization = operation.fakeQuantization { return quantization }
    guard operation.properties.selectsInputs, let input = graph.nodes[node].inputs.first else {
      return nil
    }
    return grid(of: input)
  }
}

/// Rounds the weights of layers whose outputs fake quantisation rounds, as `QuantizedWeights` will,
/// for as long as a model runs: training then changes the float weights by the gradients at the
/// rounded ones.
public final class WeightRounding {
  private let entries: [ParameterStore.Entry]
  private var floats: [[Float]]
  private let pool: ThreadPool

  /// - Parameter frozenNodes: nodes whose weights stay as they are.
  /// - Returns: `nil` where there is nothing to round.
  public init?(_ model: Model, frozenNodes: Set<Int>, _ pool: ThreadPool) {
    let graph = model.graph
    let (clamps, consumers) = (graph.fusibleClamps, graph.consumers)
    entries = graph.nodes.indices.flatMap { node -> [ParameterStore.Entry] in
      let last = clamps[node] ?? node
      let isRounded = consumers[last].contains { graph.nodes[$0].operation.fakeQuantization != nil }
      guard isRounded, !frozenNodes.contains(node) else { return [] }
      return model.parameters.entries(of: node).filter { $0.declaration.role == .weights }
    }
    if entries.isEmpty { return nil }
    floats = entries.map { [Float](repeating: 0, count: $0.declaration.count) }
    self.pool = pool
  }

  /// Runs `body` with the weights in `store`, which is of the model's graph, rounded.
  public func whileRounded<Result, Failure: Error>(
    _ store: ParameterStore, _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    for (index, entry) in entries.enumerated() {
      let values = store.values(of: entry)
      floats[index].withUnsafeMutableBufferPointer { _ = $0.update(fromContentsOf: values) }
      round(values, rows: entry.declaration.dimensions[0])
    }
    defer {
      for (index, entry) in entries.enumerated() {
        floats[index].withUnsafeBufferPointer {
          _ = store.values(of: entry).update(fromContentsOf: $0)
        }
      }
    }
    return try body()
  }

  private func round(_ values: UnsafeMutableBufferPointer<Float>, rows: Int) {
    guard let base = values.baseAddress else { return }
    let row = values.count / rows
    pool.forEachRange(of: rows, grain: max(1, 4096 / max(1, row))) { rows, _ in
      for channel in rows {
        let values = UnsafeMutableBufferPointer(start: base + channel * row, count: row)
        let scale = QuantizedWeights.scale(of: values)
        FakeQuantize.round(values, AffineQuantization(scale: scale, zeroPoint: 0))
      }
    }
  }
}
