// SPDX-License-Identifier: Apache-2.0
package import Kernels

/// One kind of operation: its attributes (the stored properties), its shape rule, its parameters
/// and its arithmetic.
///
/// To add an operation: a struct of this protocol in a file of its own under `Layers`, a case in
/// `Operation`, the kernels that it calls, and their tests.
package protocol Layer: Equatable, Sendable {
  /// The shape of the output.
  func outputShape(_ inputs: [Shape]) throws(ShapeError) -> Shape

  /// What it learns or measures, in the order in which `LayerStep.parameters` has them.
  func parameters(_ inputs: [Shape]) -> [ParameterDeclaration]

  /// Multiply-accumulates of one example.
  func multiplyAccumulates(_ inputs: [Shape], _ output: Shape) -> Int64

  /// Whether there is arithmetic from such inputs to such an output.
  func supports(_ inputs: [ValueFormat], _ output: ValueFormat) -> Bool

  /// The parameters where the output is quantised.
  func integerParameters(_ inputs: [Shape]) -> [ParameterDeclaration]

  /// Whether an activation that follows can be applied while the output is stored.
  var fusesActivation: Bool { get }

  /// The memory that a step needs besides its inputs and its output.
  func needs(_ site: LayerSite) -> LayerNeeds

  /// Brings parameters that do not change between runs into the form that the kernels read.
  func pack(_ step: LayerStep)

  /// Writes `step.output`.
  func forward(_ step: LayerStep)

  /// Writes or adds to the gradients of the inputs that want one; writes those of trained
  /// parameters. `step.outputGradient` may be overwritten.
  func backward(_ step: LayerStep)

  /// `needs`, `pack` and `forward` where an input or the output is quantised: inference only.
  func integerNeeds(_ site: LayerSite) -> LayerNeeds
  func integerPack(_ step: LayerStep)
  func integerForward(_ step: LayerStep)

  /// What `integerForward` does with `step` each time: all that depends on the step alone is
  /// computed once.
  func integerBound(_ step: LayerStep) -> () -> Void
}

extension Layer {
  package func supports(_ inputs: [ValueFormat], _ output: ValueFormat) -> Bool {
    output == .float32 && inputs.allSatisfy { $0 == .float32 }
  }
  package func integerParameters(_ inputs: [Shape]) -> [ParameterDeclaration] { [] }
  package func integerNeeds(_ site: LayerSite) -> LayerNeeds { LayerNeeds() }
  package func integerPack(_ step: LayerStep) {}
  package func integerForward(_ step: LayerStep) {
    preconditionFailure("a layer that supports integers computes with them")
  }
  package func integerBound(_ step: LayerStep) -> () -> Void { { integerForward(step) } }

  package func parameters(_ inputs: [Shape]) -> [ParameterDeclaration] { [] }
  package func multiplyAccumulates(_ inputs: [Shape], _ output: Shape) -> Int64 { 0 }
  package var fusesActivation: Bool { false }
  package func needs(_ site: LayerSite) -> LayerNeeds { LayerNeeds() }
  package func pack(_ step: LayerStep) {}
}

/// Why inputs do not fit an operation.
public enum ShapeError: Error, Equatable, Sendable {
  /// The operation takes another number of inputs: connect `expected`.
  case inputCount(expected: Int, actual: Int)
  /// All inputs must agree in this extent: make them agree.
  case mismatch(StaticShapeExtent, expected: Int, actual: Int)
  /// The extent is not a multiple of what divides it (groups): change one of them.
  case notDivisible(StaticShapeExtent, by: Int, actual: Int)
  /// The kernel, stride or crop leaves no output pixel: use a larger image or fewer stages.
  case emptyOutput(inputHeight: Int, inputWidth: Int)
  /// The attribute must be positive: correct it.
  case attributeOutOfRange(StaticShapeExtent, actual: Int)
}

/// What a `ShapeError` is about.
public enum StaticShapeExtent: Equatable, Sendable {
  case height, width, channels, elements, groups, kernel, stride, dilation, padding, scale
}

/// Where a layer stands in a plan: what it needs to know to say how much memory it takes.
package struct LayerSite {
  package var batch: Int
  package var inputs: [Shape]
  package var output: Shape
  package var inputFormats: [ValueFormat]
  package var outputFormat: ValueFormat
  package var threadCount: Int
  /// The CPU that integer weights are packed for.
  package var packing: PackingLayout
  /// Batch statistics and dropout are on. Never for a frozen layer.
  package var isTraining: Bool
  /// Gradients of the parameters are wanted.
  package var trainsParameters: Bool
  /// Inputs whose gradient is wanted; all false when there is no backward step.
  package var wantsInputGradient: [Bool]
  /// The activation fused into this step.
  package var activation: ActivationFunction?

  /// Whether the layer computes with integers.
  package var isInteger: Bool {
    outputFormat != .float32 || inputFormats.contains { $0 != .float32 }
  }

  /// Whether a convolution keeps the signs of its output for the backward pass instead of its
  /// output.
  package var keepsMask: Bool { hasBackward && activation == .relu }

  /// Whether the plan has a backward step for the layer.
  package var hasBackward: Bool { trainsParameters || wantsInputGradient.contains(true) }
}

/// Memory, in floats, and values that a step needs.
package struct LayerNeeds: Equatable {
  package var forwardScratch = 0
  package var backwardScratch = 0
  /// Packed parameters of the forward step.
  package var forwardPacked = 0
  /// Packed parameters of the backward step.
  package var backwardPacked = 0
  /// Written by the forward step and read by the backward step.
  package var saved = 0
  package var backwardReadsInputs = false
  package var backwardReadsOutput = false
}

/// One layer bound to memory: all that its kernels are called with.
package struct LayerStep {
  package var site: LayerSite
  package var inputs: [TensorView<Float>]
  package var output: TensorView<Float>
  /// Scratch of the direction that runs.
  package var scratch: UnsafeMutablePointer<Float>
  package var saved: UnsafeMutablePointer<Float>
  package var forwardPacked: UnsafeMutablePointer<Float>
  package var backwardPacked: UnsafeMutablePointer<Float>
  /// Whether `forwardPacked` is valid already; else the step packs it itself.
  package var isPacked: Bool
  package var parameters: [UnsafeMutablePointer<Float>]
  /// Empty when the parameters are not trained.
  package var parameterGradients: [UnsafeMutablePointer<Float>]
  package var outputGradient: TensorView<Float>?
  /// One an input; `nil` where none is wanted.
  package var inputGradients: [TensorView<Float>?]
  /// Whether another step has written to the gradient before.
  package var accumulates: [Bool]
  /// Seeds of this run's random choices.
  package var seed: UInt64
  package var pool: ThreadPool
}
