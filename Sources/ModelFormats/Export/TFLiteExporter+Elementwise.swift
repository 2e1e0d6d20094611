// SPDX-License-Identifier: Apache-2.0
import Kernels
import Network

extension TFLiteExporter {
  mutating func addArithmetic(_ node: Int, _ layer: ArithmeticLayer, _ version: Int) {
    let code: TFLiteCode
    switch layer.function {
    case .addition: code = .add
    case .subtraction: code = .sub
    case .multiplication: code = .mul
    case .parametricReLU:
      append(.pReLU, inputs(node), computing: output(node))
      return
    }
    append(
      code, version: version, inputs(node), computing: output(node),
      options: .arithmetic(activation: activation(node)))
  }

  mutating func addActivation(
    _ node: Int, _ function: ActivationFunction
  ) {
    let isInteger = isInteger(node)
    let (inputs, output) = (inputs(node), output(node))
    switch function {
    case .relu: append(.relu, version: isInteger ? 2 : 1, inputs, computing: output)
    case .relu6: append(.relu6, version: isInteger ? 2 : 1, inputs, computing: output)
    case .sigmoid: append(.logistic, version: isInteger ? 2 : 1, inputs, computing: output)
    case .tanh: append(.tanh, version: isInteger ? 2 : 1, inputs, computing: output)
    case .hardSwish: append(.hardSwish, inputs, computing: output)
    case .hardTanh: append(.reluN1To1, inputs, computing: output)
    case .leakyReLU(let slope):
      append(
        .leakyReLU, version: isInteger ? 2 : 1, inputs, computing: output,
        options: .leakyReLU(slope: slope))
    case .gelu:
      append(
        .gelu, version: isInteger ? 2 : 1, inputs, computing: output,
        options: .gelu(isApproximate: false))
    }
  }

  mutating func addConversion(_ node: Int) {
    let source = graph.formats[graph.nodes[node].inputs[0]]
    if graph.formats[node] == .float32 {
      append(.dequantize, version: 2, inputs(node), computing: output(node))
    } else {
      append(
        .quantize, version: source == .float32 ? 1 : 2, inputs(node), computing: output(node))
    }
  }

  mutating func addReshape(_ node: Int) {
    let shape = [1] + extents(node)
    let list = constant(
      graph.nodes[node].name + "/shape", [shape.count], .int32,
      shape.map { Int32(clamping: $0).littleEndian })
    append(
      .reshape, [input(node), list], computing: output(node), options: .reshape(shape: shape))
  }

  mutating func addResize(_ node: Int, _ layer: ResizeLayer) {
    let shape = graph.shapes[node]
    let size = constant(
      graph.nodes[node].name + "/size", [2], .int32,
      [shape.height, shape.width].map { Int32(clamping: $0).littleEndian })
    let hasHalfPixelCenters = layer.sampling == .halfPixelCenters
    append(
      layer.interpolation == .bilinear ? .resizeBilinear : .resizeNearestNeighbor,
      version: hasHalfPixelCenters ? 3 : isInteger(node) ? 2 : 1, [input(node), size],
      computing: output(node),
      options: .resize(
        alignsCorners: layer.sampling == .alignCorners,
        hasHalfPixelCenters: hasHalfPixelCenters))
  }

  mutating func addPadding(_ node: Int, _ layer: PaddingLayer) {
    let name = graph.nodes[node].name
    let amounts = constant(
      name + "/amounts", [4, 2], .int32,
      [0, 0, layer.top, layer.bottom, layer.left, layer.right, 0, 0].map {
        Int32(clamping: $0).littleEndian
      })
    let version = isInteger(node) ? 2 : 1
    let operands = [input(node), amounts]
    switch layer.mode {
    case .zero: append(.pad, version: version, operands, computing: output(node))
    case .reflect, .symmetric:
      append(
        .mirrorPad, version: version, operands, computing: output(node),
        options: .mirrorPad(isSymmetric: layer.mode == .symmetric))
    case .constant(let value):
      let filling: Int
      if let quantization = graph.formats[node].quantization {
        let integer: Int8 = Quantize.reference(value, quantization)
        filling = constant(name + "/value", [1], .int8, [integer])
        file.tensors[filling].quantize(.int8, quantization)
      } else {
        filling = constant(name + "/value", [1], .float32, [value])
      }
      append(.padV2, version: version, operands + [filling], computing: output(node))
    }
  }

  mutating func addTranspose(_ node: Int, _ layer: TransposeLayer) {
    let order: [Int32] =
      [0]
      + layer.order.map {
        switch $0 {
        case .height: 1
        case .width: 2
        case .channels: 3
        }
      }
    let list = constant(
      graph.nodes[node].name + "/order", [4], .int32, order.map { $0.littleEndian })
    append(
      .transpose, version: isInteger(node) ? 2 : 1, [input(node), list], computing: output(node))
  }
}
