// SPDX-License-Identifier: Apache-2.0
import Kernels

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

/// What is done with an operation's layer once its type is known: one generic method instead of a
/// switch per method.
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

  package func outputShape(_ inputs: [Shape]) throws(ShapeError) -> Shape {
    var visitor = OutputShapeVisitor(inputs: inputs)
    return try accept(&visitor).get()
  }

  package func parameters(_ inputs: [Shape], _ format: ValueFormat) -> [ParameterDeclaration] {
    var visitor = ParametersVisitor(inputs: inputs, format: format)
    return accept(&visitor)
  }

  package func supports(_ inputs: [ValueFormat], _ output: ValueFormat) -> Bool {
    var visitor = SupportVisitor(inputs: inputs, output: output)
    return accept(&visitor)
  }

  package func multiplyAccumulates(_ inputs: [Shape], _ output: Shape) -> Int64 {
    var visitor = WorkVisitor(inputs: inputs, output: output)
    return accept(&visitor)
  }

  package var fusesActivation: Bool {
    var visitor = FusionVisitor()
    return accept(&visitor)
  }

  package func needs(_ site: LayerSite) -> LayerNeeds {
    var visitor = NeedsVisitor(site: site)
    return accept(&visitor)
  }

  /// Packs what a step keeps from run to run.
  package func pack(_ step: LayerStep) {
    var visitor = PackingVisitor(step: step)
    accept(&visitor)
  }

  package func forward(_ step: LayerStep) {
    var visitor = ForwardVisitor(step: step)
    accept(&visitor)
  }

  /// What only runs forward does not hold the code of this.
  package func backward(_ step: LayerStep) {
    var visitor = BackwardVisitor(step: step)
    accept(&visitor)
  }
}

extension Operation {
  /// The forward run of a step that computes with integers; `nil` for one in floats.
  package func integerBound(_ step: LayerStep) -> (() -> Void)? {
    guard step.site.isInteger else { return nil }
    var visitor = IntegerRunVisitor(step: step)
    return accept(&visitor)
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

private struct ParametersVisitor: LayerVisitor {
  let inputs: [Shape]
  let format: ValueFormat
  func visit(_ layer: some Layer) -> [ParameterDeclaration] {
    format == .float32 ? layer.parameters(inputs) : layer.integerParameters(inputs)
  }
}

private struct SupportVisitor: LayerVisitor {
  let inputs: [ValueFormat]
  let output: ValueFormat
  func visit(_ layer: some Layer) -> Bool { layer.supports(inputs, output) }
}

private struct WorkVisitor: LayerVisitor {
  let inputs: [Shape]
  let output: Shape
  func visit(_ layer: some Layer) -> Int64 { layer.multiplyAccumulates(inputs, output) }
}

private struct FusionVisitor: LayerVisitor {
  func visit(_ layer: some Layer) -> Bool { layer.fusesActivation }
}

private struct NeedsVisitor: LayerVisitor {
  let site: LayerSite
  func visit(_ layer: some Layer) -> LayerNeeds {
    site.isInteger ? layer.integerNeeds(site) : layer.needs(site)
  }
}

private struct PackingVisitor: LayerVisitor {
  let step: LayerStep
  func visit(_ layer: some Layer) {
    step.site.isInteger ? layer.integerPack(step) : layer.pack(step)
  }
}

private struct ForwardVisitor: LayerVisitor {
  let step: LayerStep
  func visit(_ layer: some Layer) {
    step.site.isInteger ? layer.integerForward(step) : layer.forward(step)
  }
}

private struct BackwardVisitor: LayerVisitor {
  let step: LayerStep
  func visit(_ layer: some Layer) { layer.backward(step) }
}

private struct IntegerRunVisitor: LayerVisitor {
  let step: LayerStep
  func visit(_ layer: some Layer) -> () -> Void { layer.integerBound(step) }
}
