// SPDX-License-Identifier: Apache-2.0

/// What a node computes.
public enum Operation: Equatable, Sendable {
  case input(InputLayer)
  case convolution(ConvolutionLayer)
  case transposedConvolution(TransposedConvolutionLayer)
  case dense(DenseLayer)
  case pooling(PoolingLayer)
  case globalAverage(GlobalAverageLayer)
  case batchNormalization(BatchNormalizationLayer)
  case channelAffine(ChannelAffineLayer)
  case activation(ActivationLayer)
  case softmax(SoftmaxLayer)
  case addition(AdditionLayer)
  case concatenation(ConcatenationLayer)
  case resize(ResizeLayer)
  case dropout(DropoutLayer)
  case padding(PaddingLayer)
  case cropping(CroppingLayer)
  case boundedResidual(BoundedResidualLayer)
  case transpose(TransposeLayer)
  case mean(MeanLayer)
  case arithmetic(ArithmeticLayer)
  case conversion(ConversionLayer)
  case fakeQuantization(FakeQuantizationLayer)
  case reshape(ReshapeLayer)
  case constant(ConstantLayer)
}

extension Operation {
  /// The word for it in files and messages.
  public var name: String {
    switch self {
    case .input: "input"
    case .convolution: "convolution"
    case .transposedConvolution: "transposed-convolution"
    case .dense: "dense"
    case .pooling: "pooling"
    case .globalAverage: "global-average"
    case .batchNormalization: "batch-normalization"
    case .channelAffine: "channel-affine"
    case .activation: "activation"
    case .softmax: "softmax"
    case .addition: "addition"
    case .concatenation: "concatenation"
    case .resize: "resize"
    case .dropout: "dropout"
    case .padding: "padding"
    case .cropping: "cropping"
    case .boundedResidual: "bounded-residual"
    case .transpose: "transpose"
    case .mean: "mean"
    case .arithmetic: "arithmetic"
    case .conversion: "conversion"
    case .fakeQuantization: "fake-quantization"
    case .reshape: "reshape"
    case .constant: "constant"
    }
  }
}

/// What is done with an operation's layer once its type is known: one generic method instead of a
/// switch for each. (Embedded Swift has no `any Layer`.)
package protocol LayerVisitor {
  associatedtype Result
  mutating func visit(_ layer: some Layer) -> Result
}

extension Operation {
  /// Calls `visitor.visit` with this operation's layer.
  package func accept<Visitor: LayerVisitor>(_ visitor: inout Visitor) -> Visitor.Result {
    switch self {
    case .input(let layer): visitor.visit(layer)
    case .convolution(let layer): visitor.visit(layer)
    case .transposedConvolution(let layer): visitor.visit(layer)
    case .dense(let layer): visitor.visit(layer)
    case .pooling(let layer): visitor.visit(layer)
    case .globalAverage(let layer): visitor.visit(layer)
    case .batchNormalization(let layer): visitor.visit(layer)
    case .channelAffine(let layer): visitor.visit(layer)
    case .activation(let layer): visitor.visit(layer)
    case .softmax(let layer): visitor.visit(layer)
    case .addition(let layer): visitor.visit(layer)
    case .concatenation(let layer): visitor.visit(layer)
    case .resize(let layer): visitor.visit(layer)
    case .dropout(let layer): visitor.visit(layer)
    case .padding(let layer): visitor.visit(layer)
    case .cropping(let layer): visitor.visit(layer)
    case .boundedResidual(let layer): visitor.visit(layer)
    case .transpose(let layer): visitor.visit(layer)
    case .mean(let layer): visitor.visit(layer)
    case .arithmetic(let layer): visitor.visit(layer)
    case .conversion(let layer): visitor.visit(layer)
    case .fakeQuantization(let layer): visitor.visit(layer)
    case .reshape(let layer): visitor.visit(layer)
    case .constant(let layer): visitor.visit(layer)
    }
  }

  package func outputShape(_ inputs: [Shape]) throws(ShapeError) -> Shape {
    var visitor = OutputShapeVisitor(inputs: inputs)
    return try accept(&visitor).get()
  }

  package func multiplyAccumulates(_ inputs: [Shape], _ output: Shape) -> Int64 {
    var visitor = WorkVisitor(inputs: inputs, output: output)
    return accept(&visitor)
  }

  package var properties: LayerProperties {
    var visitor = PropertiesVisitor()
    return accept(&visitor)
  }

  /// The parameters of a node with an output of `format`.
  package func parameters(_ inputs: [Shape], _ format: ValueFormat) -> [ParameterDeclaration] {
    if format == .float32 {
      var visitor = ParametersVisitor(inputs: inputs)
      return accept(&visitor)
    }
    return withIntegers(IntegerParametersVisitor(inputs: inputs)) ?? []
  }
}

// These are not local to their functions: the compiler fails on local types that another module's
// Embedded code reaches.

private struct OutputShapeVisitor: LayerVisitor {
  let inputs: [Shape]
  func visit(_ layer: some Layer) -> Swift.Result<Shape, ShapeError> {
    do throws(ShapeError) { return .success(try layer.outputShape(inputs)) } catch {
      return .failure(error)
    }
  }
}

private struct WorkVisitor: LayerVisitor {
  let inputs: [Shape]
  let output: Shape
  func visit(_ layer: some Layer) -> Int64 { layer.multiplyAccumulates(inputs, output) }
}

private struct PropertiesVisitor: LayerVisitor {
  func visit(_ layer: some Layer) -> LayerProperties { layer.properties }
}

private struct ParametersVisitor: LayerVisitor {
  let inputs: [Shape]
  func visit(_ layer: some Layer) -> [ParameterDeclaration] { layer.parameters(inputs) }
}

private struct IntegerParametersVisitor: IntegerLayerVisitor {
  let inputs: [Shape]
  func visit(_ layer: some IntegerLayer) -> [ParameterDeclaration] {
    layer.integerParameters(inputs)
  }
}
