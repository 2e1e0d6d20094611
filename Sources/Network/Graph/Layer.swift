// SPDX-License-Identifier: Apache-2.0
package import Kernels

/// One kind of operation: its attributes (the stored properties), its shape rule and its
/// parameters.
///
/// What it computes with follows from its conformances: `FloatLayer`, `IntegerLayer` or both.
/// CONTRIBUTING.md says how to add an operation.
package protocol Layer: Equatable, Sendable {
  /// The shape of the output.
  func outputShape(_ inputs: [Shape]) throws(ShapeError) -> Shape

  /// What it learns or measures where it computes with floats. Default: nothing.
  func parameters(_ inputs: [Shape]) -> [ParameterDeclaration]

  /// Multiply-accumulates of one example. Default: 0.
  func multiplyAccumulates(_ inputs: [Shape], _ output: Shape) -> Int64

  /// What those who rearrange graphs must know of it.
  var properties: LayerProperties { get }
}

extension Layer {
  package func parameters(_ inputs: [Shape]) -> [ParameterDeclaration] { [] }
  package func multiplyAccumulates(_ inputs: [Shape], _ output: Shape) -> Int64 { 0 }
  package var properties: LayerProperties { LayerProperties() }
}

/// What a layer is, beyond its arithmetic. Every property has the default that is always safe.
package struct LayerProperties: Equatable, Sendable {
  /// When the output is the input, element for element in NHWC order.
  package enum Identity: Equatable, Sendable { case never, inInference, always }

  /// Whether its values are written before a run, so that it has no step.
  package var isSource = false
  /// Whether it multiplies its input by trained weights.
  package var hasWeights = false
  /// Whether an activation that follows can be applied while the output is stored.
  package var fusesActivation = false
  /// Whether it reads each example as one row of numbers.
  package var needsContiguousInput = false
  /// When it does nothing.
  package var identity = Identity.never
  /// Whether its output are its input's numbers, which it moves, drops or surrounds by others.
  package var movesElements = false
  /// Whether its output stands for its input's numbers in their order, rounded at most.
  package var preservesValues = false
  /// Whether every output is one of the inputs, or 0, so that rounded inputs give rounded outputs.
  package var selectsInputs = false
  /// Whether the integers of its inputs must mean what those of its output mean.
  package var keepsFormat = false
  /// Whether f(s · x) = s · f(x) for positive factors s, one a channel.
  package var passesPositiveFactors = false
  /// Whether it finishes, element by element, what the node before it computes.
  package var refinesInput = false
  /// Whether its outputs are probabilities.
  package var givesProbabilities = false
  /// What TensorFlow Lite prescribes for the integers of its output.
  package var prescribedQuantization: AffineQuantization?

  package init() {}

  /// The defaults, changed by `change`.
  package init(_ change: (inout LayerProperties) -> Void) { change(&self) }
}

/// A layer that computes with floats, and has gradients.
package protocol FloatLayer: Layer {
  /// Whether there is such arithmetic for these attributes. Default: yes.
  var supportsFloats: Bool { get }

  /// The memory that a step needs besides its inputs and its output. Default: none.
  func needs(_ site: LayerSite) -> LayerNeeds

  /// Brings the weights into the form that the forward step reads. Default: nothing to do.
  func pack(_ step: LayerStep)

  /// Writes `step.output`.
  func forward(_ step: LayerStep)

  /// `forward` while the layer is trained. Default: the same. Only training runs reach it, so that
  /// programs that never train do not hold its code.
  func trainingForward(_ step: LayerStep)

  /// Writes or adds to the gradients of the inputs that want one; writes those of trained
  /// parameters. The output's gradient may be overwritten.
  func backward(_ step: LayerStep)
}

extension FloatLayer {
  package var supportsFloats: Bool { true }
  package func needs(_ site: LayerSite) -> LayerNeeds { LayerNeeds() }
  package func pack(_ step: LayerStep) {}
  package func trainingForward(_ step: LayerStep) { forward(step) }
}

/// A layer that computes where an input or its output is quantised.
package protocol IntegerLayer: Layer {
  /// Whether there is arithmetic from such inputs to such an output, of which one at least is
  /// quantised. Default: all are int8, and of one format where the layer keeps its input's.
  func supports(_ inputs: [ValueFormat], _ output: ValueFormat) -> Bool

  /// The parameters where the output is quantised. Default: none.
  func integerParameters(_ inputs: [Shape]) -> [ParameterDeclaration]

  /// The memory that a step needs besides its inputs and its output. Default: none.
  func integerNeeds(_ site: LayerSite) -> LayerNeeds

  /// Brings the parameters into the form that the forward step reads. Default: nothing to do.
  func integerPack(_ step: LayerStep)

  /// What writes `step.output`. All that depends on the step alone is computed here, once: there
  /// may be many runs a millisecond.
  func integerForward(_ step: LayerStep) -> () -> Void
}

extension IntegerLayer {
  package func supports(_ inputs: [ValueFormat], _ output: ValueFormat) -> Bool {
    output.isInt8 && inputs.allSatisfy { properties.keepsFormat ? $0 == output : $0.isInt8 }
  }
  package func integerParameters(_ inputs: [Shape]) -> [ParameterDeclaration] { [] }
  package func integerNeeds(_ site: LayerSite) -> LayerNeeds { LayerNeeds() }
  package func integerPack(_ step: LayerStep) {}
}

/// A layer of integers that has gradients, in the format that the plan gives each of them.
package protocol IntegerTrainingLayer: IntegerLayer {
  /// `FloatLayer.backward` for integers: gradients of quantised tensors are 16-bit integers, whose
  /// exponents the step writes, too.
  func integerBackward(_ step: LayerStep)
}
