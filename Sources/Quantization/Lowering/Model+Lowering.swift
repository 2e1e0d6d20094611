// SPDX-License-Identifier: Apache-2.0
import Kernels
public import Network

extension Model {
  /// The same function, made of the operations that compact models have: batch normalisation is
  /// folded, dropout and fake quantisation are gone, fixed multipliers and shifts become weights,
  /// the head of a residual enhancer a sum and clamps, and a classifier ends in probabilities.
  ///
  /// Outputs agree to rounding.
  /// - Parameter forIntegers: whether the model is to be quantised. Then the clamp of a residual
  ///   enhancer's image to [0, 1] is left to the range of its integers.
  /// - Throws: `QuantizationError` naming the node.
  public func lowered(forIntegers: Bool) throws(QuantizationError) -> Model {
    guard graph.formats.allSatisfy({ $0 == .float32 }) else { throw .alreadyQuantized }
    let folding: Model?
    do throws(GraphError) {
      folding = hasBatchNormalization ? try foldingBatchNormalization() : self
    } catch { throw .graph(error) }
    guard let folded = folding else { throw .outOfMemory }
    var lowering = Lowering(model: folded, forIntegers: forIntegers)
    let builder: ModelBuilder
    do throws(GraphError) { builder = try lowering.run() } catch { throw .graph(error) }
    if let node = lowering.unsupported {
      throw .unsupported(
        node: folded.graph.nodes[node].name, operation: folded.graph.nodes[node].operation.name)
    }
    guard let result = builder.finished(like: self) else { throw .outOfMemory }
    return result
  }

  private var hasBatchNormalization: Bool {
    graph.nodes.contains { if case .batchNormalization = $0.operation { true } else { false } }
  }
}

/// The walk over a model's nodes.
private struct Lowering {
  /// The softmax of integers has fewer channels.
  private static let softmaxLimit = 4096

  let model: Model
  let forIntegers: Bool
  private let consumers: [[Int]]
  private var builder = ModelBuilder()
  /// The new node that computes each old one's output.
  private var indices: [Int] = []
  /// A factor that a layer must take into its weights.
  private var pendingFactors: [Int: Float] = [:]
  /// The first node that has no lower form.
  private(set) var unsupported: Int?

  init(model: Model, forIntegers: Bool) {
    (self.model, self.forIntegers) = (model, forIntegers)
    consumers = model.graph.consumers
  }

  mutating func run() throws(GraphError) -> ModelBuilder {
    for index in model.graph.nodes.indices { indices.append(try add(index)) }
    var outputs = model.graph.outputs.map { indices[$0] }
    if model.role == .classifier, outputs.count == 1, !model.graph.endsInProbabilities,
      !forIntegers || model.graph.outputShape.channels < Self.softmaxLimit
    {
      outputs = [try builder.add("probabilities", .softmax(SoftmaxLayer()), outputs)]
    }
    try builder.graph.setOutputs(outputs)
    return builder
  }

  /// Adds the nodes for old node `index`; gives the one that has its output.
  private mutating func add(_ index: Int) throws(GraphError) -> Int {
    let node = model.graph.nodes[index]
    let inputs = node.inputs.map { indices[$0] }
    switch node.operation {
    case .dropout, .fakeQuantization: return inputs[0]
    case .channelAffine(let layer):
      let channels = model.graph.shapes[index].channels
      func all(_ values: [Float]) -> [Float] {
        values.count == channels ? values : [Float](repeating: values[0], count: channels)
      }
      return try addAffine(index, all(layer.multiplier), all(layer.shift), inputs)
    case .batchNormalization(let layer):
      let (multiplier, shift) = factors(index, epsilon: layer.epsilon)
      return try addAffine(index, multiplier, shift, inputs)
    case .boundedResidual(let layer): return try addResidual(index, limit: layer.limit, inputs)
    case .convolution, .dense, .transposedConvolution: return try addWeighted(index, inputs)
    case .softmax where forIntegers && model.graph.shapes[index].channels >= Self.softmaxLimit,
      .cropping:
      unsupported = unsupported ?? index
      return inputs[0]
    case .activation, .addition, .arithmetic, .concatenation, .constant, .conversion,
      .globalAverage, .input, .mean, .padding, .pooling, .reshape, .resize, .softmax, .transpose:
      return try builder.add(copyOf: index, in: model, inputs: inputs)
    }
  }

  private func factors(_ index: Int, epsilon: Float) -> ([Float], [Float]) {
    let channels = model.graph.shapes[index].channels
    let (scale, offset) = (model.floats(.scale, of: index), model.floats(.offset, of: index))
    let (mean, variance) = (model.floats(.mean, of: index), model.floats(.variance, of: index))
    var multiplier = [Float](repeating: 0, count: channels)
    var shift = multiplier
    for c in 0..<channels {
      multiplier[c] = scale[c] / (variance[c] + epsilon).squareRoot()
      shift[c] = offset[c] - multiplier[c] * mean[c]
    }
    return (multiplier, shift)
  }

  /// y = multiplier · x + shift, as factors of the weights of the only layer that reads it, where
  /// that changes nothing at the border: with no shift and one factor. Else a depthwise 1×1
  /// convolution, and of a vector, which has no pixels, a dense layer with factors on its diagonal.
  private mutating func addAffine(
    _ index: Int, _ multiplier: [Float], _ shift: [Float], _ inputs: [Int]
  ) throws(GraphError) -> Int {
    let readers = consumers[index]
    if shift.allSatisfy({ $0 == 0 }), multiplier.allSatisfy({ $0 == multiplier[0] }),
      readers.count == 1, model.graph.nodes[readers[0]].operation.properties.hasWeights
    {
      pendingFactors[readers[0]] = multiplier[0]
      return inputs[0]
    }
    let channels = multiplier.count
    let shape = model.graph.shapes[index]
    if shape.height == 1, shape.width == 1 {
      var diagonal = [Float](repeating: 0, count: channels * channels)
      for c in 0..<channels { diagonal[c * channels + c] = multiplier[c] }
      return try builder.add(
        model.graph.nodes[index].name, .dense(DenseLayer(units: channels)), inputs,
        parameters: [.floats(diagonal), .floats(shift)])
    }
    let layer = ConvolutionLayer(outputChannels: channels, window: Window(1), groups: channels)
    return try builder.add(
      model.graph.nodes[index].name, .convolution(layer), inputs,
      parameters: [.floats(multiplier), .floats(shift)])
  }

  private mutating func addWeighted(_ index: Int, _ inputs: [Int]) throws(GraphError) -> Int {
    guard let factor = pendingFactors[index] else {
      return try builder.add(copyOf: index, in: model, inputs: inputs)
    }
    let node = model.graph.nodes[index]
    return try builder.add(
      node.name, node.operation, inputs,
      parameters: model.parameters.entries(of: index).map { entry in
        let values = model.parameters.values(of: entry)
        return .floats(
          entry.declaration.role == .weights ? values.map { $0 * factor } : Array(values))
      })
  }

  /// clamp(x + r, 0, 1), in floats as 1 − max(1 − max(x + r, 0), 0).
  private mutating func addResidual(_ index: Int, limit: Float?, _ inputs: [Int]) throws(GraphError)
    -> Int
  {
    let name = model.graph.nodes[index].name
    var residual = inputs[1]
    if let limit {
      residual = try builder.add(name + "/tanh", .activation(ActivationLayer(.tanh)), [residual])
      let bound = try builder.add(
        name + "/limit", .constant(ConstantLayer(Shape(height: 1, width: 1, channels: 1))),
        parameters: [.floats([limit])])
      residual = try builder.add(
        name + "/bounded", .arithmetic(ArithmeticLayer(.multiplication)), [residual, bound])
    }
    let sumName = forIntegers ? name : name + "/sum"
    let sum = try builder.add(sumName, .addition(AdditionLayer()), [inputs[0], residual])
    if forIntegers { return sum }
    let lower = try builder.add(name + "/positive", .activation(ActivationLayer(.relu)), [sum])
    let one = try builder.add(
      name + "/one", .constant(ConstantLayer(Shape(height: 1, width: 1, channels: 1))),
      parameters: [.floats([1])])
    let rest = try builder.add(
      name + "/rest", .arithmetic(ArithmeticLayer(.subtraction)), [one, lower])
    let upper = try builder.add(
      name + "/rest-positive", .activation(ActivationLayer(.relu)), [rest])
    return try builder.add(name, .arithmetic(ArithmeticLayer(.subtraction)), [one, upper])
  }
}

extension Model {
  /// Cross-layer equalisation (Nagel et al., arXiv:1906.04721, section 4.1): for every two layers
  /// of which only the second reads the first, through nothing but what a positive factor passes,
  ///
  ///     W₁[c] ← W₁[c] / s[c],  b₁[c] ← b₁[c] / s[c],  W₂[·,c] ← s[c] · W₂[·,c]
  ///     s[c] = √(max |W₁[c]| / max |W₂[·,c]|)
  ///
  /// so that the channels between them have like ranges. The model computes what it did.
  /// - Precondition: the parameters are floats of the model's own memory, as those of `lowered`.
  /// - Returns: how many pairs were equalised.
  @discardableResult public func equalizeLayers() -> Int {
    let pairs = equalizablePairs
    // Pairs follow one another: what the second pass of one changes is the first of the next.
    for _ in 0..<3 { for (first, second) in pairs { equalize(first, second) } }
    return pairs.count
  }

  /// Layers and the layer that alone reads them.
  private var equalizablePairs: [(Int, Int)] {
    let consumers = graph.consumers
    return graph.nodes.indices.compactMap { first in
      guard graph.nodes[first].operation.properties.hasWeights else { return nil }
      var node = first
      while consumers[node].count == 1, !graph.outputs.contains(node) {
        node = consumers[node][0]
        let operation = graph.nodes[node].operation
        if case .convolution(let layer) = operation {
          let isDepthwise = layer.groups == graph.shapes[first].channels
          return layer.groups == 1 || isDepthwise ? (first, node) : nil
        }
        if case .dense = operation { return (first, node) }
        guard operation.properties.passesPositiveFactors else { return nil }
      }
      return nil
    }
  }

  private func equalize(_ first: Int, _ second: Int) {
    guard let weights = firstParameter(of: first), let next = firstParameter(of: second) else {
      return
    }
    let channels = graph.shapes[first].channels
    let row = weights.count / channels
    let bias = parameters.entries(of: first).first { $0.declaration.role == .bias }
    for c in 0..<channels {
      let own = c * row..<(c + 1) * row
      // Of a depthwise layer the filters of one channel follow one another; else the input channels
      // are innermost.
      let span = next.count / channels
      let readers =
        isDepthwise(second)
        ? stride(from: c * span, to: (c + 1) * span, by: 1)
        : stride(from: c, to: next.count, by: channels)
      let largest = own.reduce(Float(0)) { max($0, abs(weights[$1])) }
      let nextLargest = readers.reduce(Float(0)) { max($0, abs(next[$1])) }
      guard largest > 0, nextLargest > 0 else { continue }
      let factor = (largest / nextLargest).squareRoot()
      for index in own { weights[index] /= factor }
      for index in readers { next[index] *= factor }
      if let bias { parameters.values(of: bias)[c] /= factor }
    }
  }

  private func firstParameter(of node: Int) -> UnsafeMutableBufferPointer<Float>? {
    parameters.entries(of: node).first.map { parameters.values(of: $0) }
  }

  private func isDepthwise(_ node: Int) -> Bool {
    if case .convolution(let layer) = graph.nodes[node].operation { return layer.groups > 1 }
    return false
  }
}
