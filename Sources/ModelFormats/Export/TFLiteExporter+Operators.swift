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
      let axes: [Int32] =
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
      let weights = addWeights(
        node, shape: [1, height, width, layer.outputChannels], dimension: 3)
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
    let amounts = constant(
      name + "/amounts", [4, 2], .int32,
      [0, 0, top, bottom, left, right, 0, 0].map { Int32(clamping: $0).littleEndian })
    var tensor = file.tensors[input(node)]
    tensor.name = name
    tensor.shape = [
      1, shape.height + top + bottom, shape.width + left + right, shape.channels,
    ]
    tensor.data = UnsafeRawBufferPointer(start: nil, count: 0)
    file.tensors.append(tensor)
    append(.pad, version: isInteger(node) ? 2 : 1, [input(node), amounts])
    return file.tensors.count - 1
  }

  private mutating func addTransposedConvolution(
    _ node: Int, _ layer: TransposedConvolutionLayer
  ) throws(TFLiteExportError) {
    if case .explicit = layer.window.padding { throw unsupported(node) }
    let shape = constant(
      graph.nodes[node].name + "/shape", [4], .int32,
      ([1] + extents(node)).map { Int32(clamping: $0).littleEndian })
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

  private mutating func addPooling(
    _ node: Int, _ layer: PoolingLayer
  ) throws(TFLiteExportError) {
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

  private mutating func addMean(_ node: Int, axes: [Int32], keepsDimensions: Bool) {
    let list = constant(
      graph.nodes[node].name + "/axes", [axes.count], .int32, axes.map { $0.littleEndian })
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
