// SPDX-License-Identifier: Apache-2.0

// Which arithmetic an operation has follows from what its layer conforms to: in each switch below,
// overload resolution finds for every case whether the layer's type has it.

/// What is done with a layer that computes with floats.
package protocol FloatLayerVisitor {
  associatedtype Result
  func visit(_ layer: some FloatLayer) -> Result
}

extension FloatLayerVisitor {
  fileprivate func result(of layer: some FloatLayer) -> Result? { visit(layer) }
  fileprivate func result(of layer: some Layer) -> Result? { nil }
}

/// What is done with a layer that computes with integers.
package protocol IntegerLayerVisitor {
  associatedtype Result
  func visit(_ layer: some IntegerLayer) -> Result
}

extension IntegerLayerVisitor {
  fileprivate func result(of layer: some IntegerLayer) -> Result? { visit(layer) }
  fileprivate func result(of layer: some Layer) -> Result? { nil }
}

/// What is done with a layer of integers that has gradients.
package protocol IntegerTrainingLayerVisitor {
  associatedtype Result
  func visit(_ layer: some IntegerTrainingLayer) -> Result
}

extension IntegerTrainingLayerVisitor {
  fileprivate func result(of layer: some IntegerTrainingLayer) -> Result? { visit(layer) }
  fileprivate func result(of layer: some Layer) -> Result? { nil }
}

extension Operation {
  /// What `visitor` makes of the layer; `nil` where it does not compute with floats.
  package func withFloats<Visitor: FloatLayerVisitor>(_ visitor: Visitor) -> Visitor.Result? {
    switch self {
    case .input(let layer): visitor.result(of: layer)
    case .convolution(let layer): visitor.result(of: layer)
    case .transposedConvolution(let layer): visitor.result(of: layer)
    case .dense(let layer): visitor.result(of: layer)
    case .pooling(let layer): visitor.result(of: layer)
    case .globalAverage(let layer): visitor.result(of: layer)
    case .batchNormalization(let layer): visitor.result(of: layer)
    case .channelAffine(let layer): visitor.result(of: layer)
    case .activation(let layer): visitor.result(of: layer)
    case .softmax(let layer): visitor.result(of: layer)
    case .addition(let layer): visitor.result(of: layer)
    case .concatenation(let layer): visitor.result(of: layer)
    case .resize(let layer): visitor.result(of: layer)
    case .dropout(let layer): visitor.result(of: layer)
    case .padding(let layer): visitor.result(of: layer)
    case .cropping(let layer): visitor.result(of: layer)
    case .boundedResidual(let layer): visitor.result(of: layer)
    case .transpose(let layer): visitor.result(of: layer)
    case .mean(let layer): visitor.result(of: layer)
    case .arithmetic(let layer): visitor.result(of: layer)
    case .conversion(let layer): visitor.result(of: layer)
    case .fakeQuantization(let layer): visitor.result(of: layer)
    case .reshape(let layer): visitor.result(of: layer)
    case .constant(let layer): visitor.result(of: layer)
    }
  }

  /// What `visitor` makes of the layer; `nil` where it does not compute with integers.
  package func withIntegers<Visitor: IntegerLayerVisitor>(_ visitor: Visitor) -> Visitor.Result? {
    switch self {
    case .input(let layer): visitor.result(of: layer)
    case .convolution(let layer): visitor.result(of: layer)
    case .transposedConvolution(let layer): visitor.result(of: layer)
    case .dense(let layer): visitor.result(of: layer)
    case .pooling(let layer): visitor.result(of: layer)
    case .globalAverage(let layer): visitor.result(of: layer)
    case .batchNormalization(let layer): visitor.result(of: layer)
    case .channelAffine(let layer): visitor.result(of: layer)
    case .activation(let layer): visitor.result(of: layer)
    case .softmax(let layer): visitor.result(of: layer)
    case .addition(let layer): visitor.result(of: layer)
    case .concatenation(let layer): visitor.result(of: layer)
    case .resize(let layer): visitor.result(of: layer)
    case .dropout(let layer): visitor.result(of: layer)
    case .padding(let layer): visitor.result(of: layer)
    case .cropping(let layer): visitor.result(of: layer)
    case .boundedResidual(let layer): visitor.result(of: layer)
    case .transpose(let layer): visitor.result(of: layer)
    case .mean(let layer): visitor.result(of: layer)
    case .arithmetic(let layer): visitor.result(of: layer)
    case .conversion(let layer): visitor.result(of: layer)
    case .fakeQuantization(let layer): visitor.result(of: layer)
    case .reshape(let layer): visitor.result(of: layer)
    case .constant(let layer): visitor.result(of: layer)
    }
  }

  /// What `visitor` makes of the layer; `nil` where it has no gradients of integers.
  package func withIntegerGradients<Visitor: IntegerTrainingLayerVisitor>(
    _ visitor: Visitor
  ) -> Visitor.Result? {
    switch self {
    case .input(let layer): visitor.result(of: layer)
    case .convolution(let layer): visitor.result(of: layer)
    case .transposedConvolution(let layer): visitor.result(of: layer)
    case .dense(let layer): visitor.result(of: layer)
    case .pooling(let layer): visitor.result(of: layer)
    case .globalAverage(let layer): visitor.result(of: layer)
    case .batchNormalization(let layer): visitor.result(of: layer)
    case .channelAffine(let layer): visitor.result(of: layer)
    case .activation(let layer): visitor.result(of: layer)
    case .softmax(let layer): visitor.result(of: layer)
    case .addition(let layer): visitor.result(of: layer)
    case .concatenation(let layer): visitor.result(of: layer)
    case .resize(let layer): visitor.result(of: layer)
    case .dropout(let layer): visitor.result(of: layer)
    case .padding(let layer): visitor.result(of: layer)
    case .cropping(let layer): visitor.result(of: layer)
    case .boundedResidual(let layer): visitor.result(of: layer)
    case .transpose(let layer): visitor.result(of: layer)
    case .mean(let layer): visitor.result(of: layer)
    case .arithmetic(let layer): visitor.result(of: layer)
    case .conversion(let layer): visitor.result(of: layer)
    case .fakeQuantization(let layer): visitor.result(of: layer)
    case .reshape(let layer): visitor.result(of: layer)
    case .constant(let layer): visitor.result(of: layer)
    }
  }
}

extension Operation {
  /// Whether there is arithmetic from such inputs to such an output.
  package func supports(_ inputs: [ValueFormat], _ output: ValueFormat) -> Bool {
    ValueFormat.areQuantized(inputs, output)
      ? withIntegers(IntegerSupportVisitor(inputs: inputs, output: output)) ?? false
      : withFloats(FloatSupportVisitor()) ?? false
  }

  /// Whether gradients pass through it, and its parameters have gradients, where it computes with
  /// integers.
  package var hasIntegerGradients: Bool { withIntegerGradients(ExistenceVisitor()) ?? false }

  package func needs(_ site: LayerSite) -> LayerNeeds {
    present(
      site.isInteger
        ? withIntegers(IntegerNeedsVisitor(site: site)) : withFloats(NeedsVisitor(site: site)))
  }

  /// Packs what a step keeps from run to run.
  package func pack(_ step: LayerStep) {
    present(
      step.site.isInteger
        ? withIntegers(IntegerPackingVisitor(step: step)) : withFloats(PackingVisitor(step: step)))
  }

  /// The forward run of a step that computes with integers; `nil` for one in floats.
  package func integerForward(_ step: LayerStep) -> (() -> Void)? {
    step.site.isInteger ? present(withIntegers(IntegerForwardVisitor(step: step))) : nil
  }

  /// The forward run of a step in floats.
  package func forward(_ step: LayerStep) { present(withFloats(ForwardVisitor(step: step))) }

  /// The forward run of a step in floats that is trained.
  package func trainingForward(_ step: LayerStep) {
    present(withFloats(TrainingForwardVisitor(step: step)))
  }

  /// Plans have a backward step only where there are gradients.
  package func backward(_ step: LayerStep) {
    present(
      step.site.isInteger
        ? withIntegerGradients(IntegerBackwardVisitor(step: step))
        : withFloats(BackwardVisitor(step: step)))
  }

  private func present<Result>(_ result: Result?) -> Result {
    guard let result else { preconditionFailure("graphs have nodes with arithmetic only") }
    return result
  }
}

private struct FloatSupportVisitor: FloatLayerVisitor {
  func visit(_ layer: some FloatLayer) -> Bool { layer.supportsFloats }
}

private struct IntegerSupportVisitor: IntegerLayerVisitor {
  let inputs: [ValueFormat]
  let output: ValueFormat
  func visit(_ layer: some IntegerLayer) -> Bool { layer.supports(inputs, output) }
}

private struct ExistenceVisitor: IntegerTrainingLayerVisitor {
  func visit(_ layer: some IntegerTrainingLayer) -> Bool { true }
}

private struct NeedsVisitor: FloatLayerVisitor {
  let site: LayerSite
  func visit(_ layer: some FloatLayer) -> LayerNeeds { layer.needs(site) }
}

private struct IntegerNeedsVisitor: IntegerLayerVisitor {
  let site: LayerSite
  func visit(_ layer: some IntegerLayer) -> LayerNeeds { layer.integerNeeds(site) }
}

private struct PackingVisitor: FloatLayerVisitor {
  let step: LayerStep
  func visit(_ layer: some FloatLayer) { layer.pack(step) }
}

private struct IntegerPackingVisitor: IntegerLayerVisitor {
  let step: LayerStep
  func visit(_ layer: some IntegerLayer) { layer.integerPack(step) }
}

private struct ForwardVisitor: FloatLayerVisitor {
  let step: LayerStep
  func visit(_ layer: some FloatLayer) { layer.forward(step) }
}

private struct TrainingForwardVisitor: FloatLayerVisitor {
  let step: LayerStep
  func visit(_ layer: some FloatLayer) { layer.trainingForward(step) }
}

private struct IntegerForwardVisitor: IntegerLayerVisitor {
  let step: LayerStep
  func visit(_ layer: some IntegerLayer) -> () -> Void { layer.integerForward(step) }
}

private struct BackwardVisitor: FloatLayerVisitor {
  let step: LayerStep
  func visit(_ layer: some FloatLayer) { layer.backward(step) }
}

private struct IntegerBackwardVisitor: IntegerTrainingLayerVisitor {
  let step: LayerStep
  func visit(_ layer: some IntegerTrainingLayer) { layer.integerBackward(step) }
}
