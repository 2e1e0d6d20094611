// SPDX-License-Identifier: Apache-2.0
import Kernels
public import Network

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
  private func withoutFakeQuantization() throws(QuantizationError) -> (
    Model, [AffineQuantization?]
  ) {
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
    if graph.isConstant(node) {
      return AffineQuantization(covering: range(ofConstant: node))
    }
    let operation = graph.nodes[node].operation
    if let quantization = operation.fakeQuantization { return quantization }
    guard operation.properties.selectsInputs, let input = graph.nodes[node].inputs.first else {
      return nil
    }
    return grid(of: input)
  }
}
