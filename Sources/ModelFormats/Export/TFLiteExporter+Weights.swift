// SPDX-License-Identifier: Apache-2.0
import Kernels
import Network

extension TFLiteExporter {
  /// Adds the tensors of a node's weights and bias; gives their indices, without one for a bias
  /// that is not there. A convolution always gets one, of zeros if need be: LiteRT's
  /// reference kernel of int8 refuses those without.
  ///
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
    let entry = model.parameters.entries(of: node).first {
      $0.declaration.role == .weightScales
    }
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
