// SPDX-License-Identifier: Apache-2.0
import Kernels
import Network

extension TFLiteExporter {
  /// Adds the operator that computes `node`'s tensor.
  ///
  /// Versions are the first that have the element type: so the file opens in old interpreters.
  mutating func addOperator(_ node: Int) throws(TFLiteExportError) {
    let integerVersion = isInteger(node) ? 2 : 1
    switch graph.nodes[node].operation {
    case .input, .constant: break
    case .convolution(let layer): try addConvolution(node, layer)
    case .transposedConvolution(let layer): try addTransposedConvolution(node, layer)
    case .dense(let layer): addDense(node, layer)
    case .pooling(let layer): try addPooling(node, layer)
    case .globalAverage: addMean(node, axes: [1, 2], keepsDimensions: false)
    case .mean(let layer):
      let axes: [Int] =
        (layer.overHeight ? [1] : []) + (layer.overWidth ? [2] : [])
        + (layer.overChannels ? [3] : [])
      addMean(node, axes: axes, keepsDimensions: true)
    case .softmax(let layer):
      append(
        .softmax, version: integerVersion, inputs(node), computing: output(node),
        options: .softmax(beta: layer.beta))
    case .addition:
      append(
        .add, version: integerVersion, inputs(node), computing: output(node),
        options: .arithmetic(activation: activation(node)))
    case .arithmetic(let layer): addArithmetic(node, layer, integerVersion)
    case .concatenation(let layer):
      // Counted from the channels.
      let axis =
        switch layer.axis {
        case .channels: -1
        case .width: -2
        case .height: -3
        }
      append(
        .concatenation, version: integerVersion, inputs(node), computing: output(node),
        options: .concatenation(axis: axis, activation: activation(node)))
    case .activation(let layer): addActivation(node, layer.function)
    case .conversion: addConversion(node)
    case .reshape: addReshape(node)
    case .resize(let layer): addResize(node, layer)
    case .padding(let layer): addPadding(node, layer)
    case .transpose(let layer): addTranspose(node, layer)
    case .batchNormalization, .channelAffine, .dropout, .cropping, .boundedResidual,
      .fakeQuantization:
      throw unsupported(node)
    }
  }

  private mutating func addConvolution(
    _ node: Int, _ layer: ConvolutionLayer
  ) throws(TFLiteExportError) {
    let source = graph.nodes[node].inputs[0]
    let channels = graph.shapes[source].channels
    let isDepthwise = layer.groups == channels && channels > 1
    guard layer.groups == 1 || isDepthwise else { throw unsupported(node) }
    var window = TFLiteWindow(layer.window)
    window.dilationHeight = layer.dilationHeight
    window.dilationWidth = layer.dilationWidth
    window.depthMultiplier = layer.outputChannels / channels
    window.activation = activation(node)
    let x = try padded(node, layer.window, &window) ?? input(node)
    let (height, width) = (layer.window.height, layer.window.width)
    if isDepthwise {
      let weights = addWeights(node, shape: [1, height, width, layer.outputChannels], dimension: 3)
      append(
        .depthwiseConvolution, version: isInteger(node) ? 3 : 2, [x] + weights,
        computing: output(node), options: .convolution(window))
    } else {
      let weights = addWeights(node, shape: [layer.outputChannels, height, width, channels])
      append(
        .convolution, version: isInteger(node) ? 3 : 1, [x] + weights, computing: output(node),
        options: .convolution(window))
    }
  }

  /// The node's input within explicit padding, where that is what neither SAME nor VALID is.
  private mutating func padded(
    _ node: Int, _ layer: Window, _ window: inout TFLiteWindow
  ) throws(TFLiteExportError) -> Int? {
    guard case .explicit(let top, let bottom, let left, let right) = layer.padding else {
      return nil
    }
    let shape = graph.shapes[graph.nodes[node].inputs[0]]
    window.isSame = false
    if top == 0 && bottom == 0 && left == 0 && right == 0 { return nil }
    var same = layer
    same.padding = .same
    if layer.matches(same, on: shape, window) {
      window.isSame = true
      return nil
    }
    let name = graph.nodes[node].name + "/padding"
    let amounts = integers(name + "/amounts", [4, 2], [0, 0, top, bottom, left, right, 0, 0])
    var tensor = file.tensors[input(node)]
    tensor.name = name
    tensor.shape = [1, shape.height + top + bottom, shape.width + left + right, shape.channels]
    tensor.data = UnsafeRawBufferPointer(start: nil, count: 0)
    file.tensors.append(tensor)
    append(.pad, version: isInteger(node) ? 2 : 1, [input(node), amounts])
    return file.tensors.count - 1
  }

  private mutating func addTransposedConvolution(
    _ node: Int, _ layer: TransposedConvolutionLayer
  ) throws(TFLiteExportError) {
    if case .explicit = layer.window.padding { throw unsupported(node) }
    let shape = integers(graph.nodes[node].name + "/shape", [4], [1] + extents(node))
    let channels = graph.shapes[graph.nodes[node].inputs[0]].channels
    let weights = addWeights(
      node, shape: [layer.outputChannels, layer.window.height, layer.window.width, channels])
    append(
      .transposedConvolution, version: weights.count > 1 ? 3 : isInteger(node) ? 2 : 1,
      [shape, weights[0], input(node)] + weights.dropFirst(), computing: output(node),
      options: .convolution(TFLiteWindow(layer.window)))
  }

  private mutating func addDense(_ node: Int, _ layer: DenseLayer) {
    let count = graph.shapes[graph.nodes[node].inputs[0]].elementCount
    let weights = addWeights(node, shape: [layer.units, count])
    append(
      .fullyConnected, version: isInteger(node) ? 4 : 1, [input(node)] + weights,
      computing: output(node),
      options: .fullyConnected(
        activation: activation(node), keepsDimensions: false, isShuffled: false))
  }

  private mutating func addPooling(_ node: Int, _ layer: PoolingLayer) throws(TFLiteExportError) {
    if case .explicit(let top, let bottom, let left, let right) = layer.window.padding,
      top + bottom + left + right > 0
    {
      throw unsupported(node)
    }
    var window = TFLiteWindow(layer.window)
    window.activation = activation(node)
    append(
      layer.kind == .maximum ? .maxPool : .averagePool, version: isInteger(node) ? 2 : 1,
      inputs(node), computing: output(node),
      options: .pooling(window, height: layer.window.height, width: layer.window.width))
  }

  private mutating func addMean(_ node: Int, axes: [Int], keepsDimensions: Bool) {
    let list = integers(graph.nodes[node].name + "/axes", [axes.count], axes)
    append(
      .mean, version: isInteger(node) ? 2 : 1, [input(node), list], computing: output(node),
      options: .reduction(keepsDimensions: keepsDimensions))
  }
}

extension TFLiteWindow {
  init(_ window: Window) {
    self.init()
    isSame = window.padding == .same
    strideHeight = window.strideHeight
    strideWidth = window.strideWidth
  }
}

extension Window {
  /// Whether two windows come to stand on the same pixels of an image.
  fileprivate func matches(_ other: Window, on shape: Shape, _ dilated: TFLiteWindow) -> Bool {
    func corner(_ window: Window) -> [Int]? {
      window.corner(
        on: shape, dilationHeight: dilated.dilationHeight, dilationWidth: dilated.dilationWidth)
    }
    return corner(self) == corner(other)
  }
}

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

  mutating func addActivation(_ node: Int, _ function: ActivationFunction) {
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
      append(.quantize, version: source == .float32 ? 1 : 2, inputs(node), computing: output(node))
    }
  }

  mutating func addReshape(_ node: Int) {
    let shape = [1] + extents(node)
    let list = integers(graph.nodes[node].name + "/shape", [shape.count], shape)
    append(.reshape, [input(node), list], computing: output(node), options: .reshape(shape: shape))
  }

  mutating func addResize(_ node: Int, _ layer: ResizeLayer) {
    let shape = graph.shapes[node]
    let size = integers(graph.nodes[node].name + "/size", [2], [shape.height, shape.width])
    let hasHalfPixelCenters = layer.sampling == .halfPixelCenters
    append(
      layer.interpolation == .bilinear ? .resizeBilinear : .resizeNearestNeighbor,
      version: hasHalfPixelCenters ? 3 : isInteger(node) ? 2 : 1, [input(node), size],
      computing: output(node),
      options: .resize(
        alignsCorners: layer.sampling == .alignCorners, hasHalfPixelCenters: hasHalfPixelCenters))
  }

  mutating func addPadding(_ node: Int, _ layer: PaddingLayer) {
    let name = graph.nodes[node].name
    let amounts = integers(
      name + "/amounts", [4, 2], [0, 0, layer.top, layer.bottom, layer.left, layer.right, 0, 0])
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
    let order: [Int] =
      [0]
      + layer.order.map {
        switch $0 {
        case .height: 1
        case .width: 2
        case .channels: 3
        }
      }
    let list = integers(graph.nodes[node].name + "/order", [4], order)
    append(
      .transpose, version: isInteger(node) ? 2 : 1, [input(node), list], computing: output(node))
  }
}
