// SPDX-License-Identifier: Apache-2.0
import Kernels
import Network

extension TFLiteImporter {
  /// Adds what operator `index` computes.
  mutating func add(_ index: Int) throws(TFLiteImportError) {
    let node = file.operators[index]
    guard node.outputs.count == 1, !node.inputs.isEmpty, node.inputs[0] >= 0 else {
      throw node.code == .custom ? unsupported(index) : problem(index, .operandCount)
    }
    if isAboutExtents(index) {
      extents.insert(output(index))
      return
    }
    switch node.code {
    case .convolution: try addConvolution(index, isDepthwise: false)
    case .depthwiseConvolution: try addConvolution(index, isDepthwise: true)
    case .fullyConnected: try addFullyConnected(index)
    case .maxPool: try addPooling(index, .maximum)
    case .averagePool: try addPooling(index, .average)
    case .add: try addArithmetic(index, .addition)
    case .sub: try addArithmetic(index, .subtraction)
    case .mul: try addArithmetic(index, .multiplication)
    case .pReLU:
      try add(
        .arithmetic(ArithmeticLayer(.parametricReLU)),
        [try inputNode(index, 0), try inputNode(index, 1)], computing: output(index),
        operator: index)
    case .concatenation: try addConcatenation(index)
    case .reshape, .squeeze: try addReshape(index)
    case .mean: try addMean(index)
    case .softmax: try addSoftmax(index)
    case .relu: try addActivation(index, .relu)
    case .relu6: try addActivation(index, .relu6)
    case .reluN1To1: try addActivation(index, .hardTanh)
    case .logistic: try addActivation(index, .sigmoid)
    case .tanh: try addActivation(index, .tanh)
    case .leakyReLU:
      guard case .leakyReLU(let slope) = node.options else { throw problem(index, .noOptions) }
      try addActivation(index, .leakyReLU(slope: slope))
    case .hardSwish: try addActivation(index, .hardSwish)
    case .gelu:
      // The form by tanh is another function.
      guard node.options != .gelu(isApproximate: true) else { throw problem(index, .approximation) }
      try addActivation(index, .gelu)
    case .quantize, .dequantize: try addConversion(index)
    case .pad, .padV2, .mirrorPad: try addPadding(index)
    case .transpose: try addTranspose(index)
    case .resizeBilinear: try addResize(index, .bilinear)
    case .resizeNearestNeighbor: try addResize(index, .nearest)
    case .transposedConvolution: try addTransposedConvolution(index)
    default: throw unsupported(index)
    }
  }

  /// Whether an operator computes with extents alone, as converters write it for models of any
  /// batch size. Nothing is to be run: every tensor's extents are in the file.
  private func isAboutExtents(_ index: Int) -> Bool {
    let node = file.operators[index]
    guard [.int32, .int64].contains(file.tensors[output(index)].type) else { return false }
    switch node.code {
    case .shape: return true
    case .stridedSlice, .pack, .concatenation, .mul:
      return node.inputs.allSatisfy { $0 >= 0 && (extents.contains($0) || isConstant($0)) }
    default: return false
    }
  }

  func unsupported(_ index: Int) -> TFLiteImportError {
    let node = file.operators[index]
    return .unsupportedOperator(
      node.code, customName: node.customName, version: node.version, node: index)
  }

  /// Input `position` of an operator, which must be there.
  func input(_ index: Int, _ position: Int) throws(TFLiteImportError) -> Int {
    let inputs = file.operators[index].inputs
    guard position < inputs.count, inputs[position] >= 0 else {
      throw problem(index, .operandCount)
    }
    return inputs[position]
  }

  /// The node that computes input `position`.
  mutating func inputNode(_ index: Int, _ position: Int) throws(TFLiteImportError) -> Int {
    try node(of: try input(index, position), operator: index)
  }

  func output(_ index: Int) -> Int { file.operators[index].outputs[0] }

  func bias(_ index: Int, _ position: Int) -> Int {
    let inputs = file.operators[index].inputs
    return position < inputs.count ? inputs[position] : -1
  }

  private mutating func addConvolution(_ index: Int, isDepthwise: Bool) throws(TFLiteImportError) {
    guard case .convolution(let window) = file.operators[index].options else {
      throw problem(index, .noOptions)
    }
    let (x, weights) = (try inputNode(index, 0), try input(index, 1))
    let extents = file.tensors[weights].shape
    guard extents.count == 4, !isDepthwise || extents[0] == 1, extents[3] > 0 else {
      throw problem(index, .rank)
    }
    let channels = graph.shapes[x].channels
    let outputs = isDepthwise ? extents[3] : extents[0]
    let layer = ConvolutionLayer(
      outputChannels: outputs,
      window: Window(
        height: extents[1], width: extents[2], strideHeight: window.strideHeight,
        strideWidth: window.strideWidth, padding: window.isSame ? .same : .valid),
      dilationHeight: window.dilationHeight, dilationWidth: window.dilationWidth,
      groups: isDepthwise ? channels : max(1, channels / extents[3]), hasBias: bias(index, 2) >= 0)
    try add(
      .convolution(layer), [x], computing: output(index), operator: index,
      activation: window.activation,
      parameters: try weightSources(
        operator: index, weights: weights, bias: bias(index, 2), channels: outputs,
        dimension: isDepthwise ? 3 : 0, isQuantized: graph.formats[x] != .float32,
        isTransposed: isDepthwise))
  }

  /// A dense layer over whole examples, or a 1×1 convolution where each pixel is multiplied alone.
  private mutating func addFullyConnected(_ index: Int) throws(TFLiteImportError) {
    guard
      case .fullyConnected(let activation, let keepsDimensions, let isShuffled) = file.operators[
        index
      ].options
    else { throw problem(index, .noOptions) }
    if isShuffled { throw problem(index, .shuffledWeights) }
    let (x, weights) = (try inputNode(index, 0), try input(index, 1))
    let extents = file.tensors[weights].shape
    guard extents.count == 2 else { throw problem(index, .rank) }
    let shape = graph.shapes[x]
    let isQuantized = graph.formats[x] != .float32
    let isPerPixel =
      keepsDimensions && extents[1] == shape.channels && shape.elementCount != extents[1]
    guard isPerPixel || extents[1] == shape.elementCount else { throw problem(index, .acrossBatch) }
    let operation: Network.Operation
    let hasBias = bias(index, 2) >= 0
    if isPerPixel {
      operation = .convolution(
        ConvolutionLayer(outputChannels: extents[0], window: Window(1), hasBias: hasBias))
    } else {
      var layer = DenseLayer(units: extents[0], hasBias: hasBias)
      layer.hasScalePerUnit = file.tensors[weights].scales.count > 1
      operation = .dense(layer)
    }
    try add(
      operation, [x], computing: output(index), operator: index, activation: activation,
      parameters: try weightSources(
        operator: index, weights: weights, bias: bias(index, 2), channels: extents[0], dimension: 0,
        isQuantized: isQuantized))
  }

  private mutating func addPooling(
    _ index: Int, _ kind: PoolingLayer.Kind
  ) throws(TFLiteImportError) {
    guard case .pooling(let window, let height, let width) = file.operators[index].options else {
      throw problem(index, .noOptions)
    }
    let layer = PoolingLayer(
      kind,
      Window(
        height: height, width: width, strideHeight: window.strideHeight,
        strideWidth: window.strideWidth, padding: window.isSame ? .same : .valid))
    try add(
      .pooling(layer), [try inputNode(index, 0)], computing: output(index), operator: index,
      activation: window.activation)
  }

  private mutating func addArithmetic(
    _ index: Int, _ function: ArithmeticLayer.Function
  ) throws(TFLiteImportError) {
    guard case .arithmetic(let activation) = file.operators[index].options else {
      throw problem(index, .noOptions)
    }
    let inputs = [try inputNode(index, 0), try inputNode(index, 1)]
    let isSum = function == .addition && graph.shapes[inputs[0]] == graph.shapes[inputs[1]]
    try add(
      isSum && !inputs.contains { graph.isConstant($0) }
        ? .addition(AdditionLayer()) : .arithmetic(ArithmeticLayer(function)), inputs,
      computing: output(index), operator: index, activation: activation)
  }

  private mutating func addConcatenation(_ index: Int) throws(TFLiteImportError) {
    guard case .concatenation(let axis, let activation) = file.operators[index].options else {
      throw problem(index, .noOptions)
    }
    var inputs: [Int] = []
    for position in file.operators[index].inputs.indices {
      inputs.append(try inputNode(index, position))
    }
    let rank = file.tensors[output(index)].shape.count
    // Counted from the channels: −1 is the last axis.
    let fromEnd = axis < 0 ? axis : axis - rank
    guard fromEnd > -rank else { throw problem(index, .acrossBatch) }
    let axes: [ConcatenationLayer.Axis] = [.channels, .width, .height]
    guard (-3 ... -1).contains(fromEnd) else { throw problem(index, .rank) }
    try add(
      .concatenation(ConcatenationLayer(axis: axes[-1 - fromEnd])), inputs,
      computing: output(index), operator: index, activation: activation)
  }

  private mutating func addReshape(_ index: Int) throws(TFLiteImportError) {
    let x = try inputNode(index, 0)
    let shape = try shape(of: output(index))
    guard shape.elementCount == graph.shapes[x].elementCount else {
      throw problem(index, .acrossBatch)
    }
    try add(.reshape(ReshapeLayer(shape)), [x], computing: output(index), operator: index)
  }

  private mutating func addMean(_ index: Int) throws(TFLiteImportError) {
    let x = try input(index, 0)
    let rank = file.tensors[x].shape.count
    let axes = try integers(try input(index, 1), operator: index).map { $0 < 0 ? $0 + rank : $0 }
    // Counted from the channels, which are the last axis.
    let fromEnd = Set(axes.map { rank - 1 - $0 })
    guard (2...4).contains(rank), fromEnd.isSubset(of: 0..<rank - 1) else {
      throw problem(index, .acrossBatch)
    }
    let source = try inputNode(index, 0)
    guard graph.formats[source] == .float32 || graph.shapes[source].elementCount < 1 << 21 else {
      throw problem(index, .attribute)
    }
    var operation = Network.Operation.mean(
      MeanLayer(
        overHeight: fromEnd.contains(2), overWidth: fromEnd.contains(1),
        overChannels: fromEnd.contains(0)))
    if fromEnd == [1, 2] { operation = .globalAverage(GlobalAverageLayer()) }
    // Where extents are dropped, what is left moves towards the channels.
    let target = try shape(of: output(index))
    let (kept, format) = (graph.shapes[source], try self.format(of: output(index)))
    let mean = Shape(
      height: fromEnd.contains(2) ? 1 : kept.height, width: fromEnd.contains(1) ? 1 : kept.width,
      channels: fromEnd.contains(0) ? 1 : kept.channels)
    if mean == target {
      try add(operation, [source], computing: output(index), operator: index)
    } else {
      let node = try addNode(
        file.tensors[output(index)].name + "/mean", operation, [source], format: format, index)
      try add(.reshape(ReshapeLayer(target)), [node], computing: output(index), operator: index)
    }
  }

  private mutating func addSoftmax(_ index: Int) throws(TFLiteImportError) {
    guard case .softmax(let beta) = file.operators[index].options else {
      throw problem(index, .noOptions)
    }
    let source = try inputNode(index, 0)
    // Floats have no β, and the sums of integers hold fewer than 4096 of them.
    let isInteger = graph.formats[source] != .float32
    guard isInteger ? graph.shapes[source].channels < 4096 : beta == 1 else {
      throw problem(index, .attribute)
    }
    try add(.softmax(SoftmaxLayer(beta: beta)), [source], computing: output(index), operator: index)
  }

  private mutating func addActivation(
    _ index: Int, _ function: ActivationFunction
  ) throws(TFLiteImportError) {
    try add(
      .activation(ActivationLayer(function)), [try inputNode(index, 0)], computing: output(index),
      operator: index)
  }

  /// Of a constant, the floats; of an activation, a node.
  private mutating func addConversion(_ index: Int) throws(TFLiteImportError) {
    let (x, target) = (try input(index, 0), output(index))
    if file.operators[index].code == .dequantize, isConstant(x), file.tensors[x].type == .float16 {
      let data = file.tensors[x].data
      var floats: [Float] = []
      floats.reserveCapacity(data.count / 2)
      for offset in stride(from: 0, to: data.count, by: 2) {
        let bits = data.loadUnaligned(fromByteOffset: offset, as: UInt16.self)
        floats.append(HalfPrecision.widened(UInt16(littleEndian: bits)))
      }
      computedConstants[target] = floats.withUnsafeBytes { [UInt8]($0) }
      return
    }
    let source = try node(of: x, operator: index)
    if graph.formats[source] == (try format(of: target)) {
      alias(target, of: source)
    } else {
      try add(.conversion(ConversionLayer()), [source], computing: target, operator: index)
    }
  }
}
