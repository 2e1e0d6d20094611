// SPDX-License-Identifier: Apache-2.0
package import Kernels

/// Where a layer stands in a plan: what it needs to know to say how much memory it takes.
package struct LayerSite {
  package var batch: Int
  package var inputs: [Shape]
  package var output: Shape
  package var inputFormats: [ValueFormat]
  package var outputFormat: ValueFormat
  package var threadCount: Int
  /// The CPU that integer weights are packed for.
  package var packing = PackingLayout.native
  /// Whether the layer is trained: batch statistics and dropout are on. Never for a frozen layer.
  package var isTraining = false
  /// Whether gradients of the parameters are wanted.
  package var trainsParameters = false
  /// Inputs whose gradient is wanted; all false when there is no backward step.
  package var wantsInputGradient: [Bool]
  /// The activation fused into this step.
  package var activation: ActivationFunction?

  package init(
    batch: Int, inputs: [Shape], output: Shape, inputFormats: [ValueFormat],
    outputFormat: ValueFormat, threadCount: Int
  ) {
    self.batch = batch
    self.inputs = inputs
    self.output = output
    self.inputFormats = inputFormats
    self.outputFormat = outputFormat
    self.threadCount = threadCount
    wantsInputGradient = inputs.map { _ in false }
  }

  /// Whether the layer computes with integers.
  package var isInteger: Bool { ValueFormat.areQuantized(inputFormats, outputFormat) }

  /// Whether a convolution keeps the signs of its output for the backward pass instead of its
  /// output.
  package var keepsMask: Bool { hasBackward && activation == .relu }

  /// Whether the plan has a backward step for the layer.
  package var hasBackward: Bool { trainsParameters || wantsInputGradient.contains(true) }

  /// Pixels of the output in the whole batch.
  var outputPixelCount: Int { batch * output.height * output.width }

  /// The first format of integers among the output's and the inputs'.
  var quantizedFormat: ValueFormat {
    ([outputFormat] + inputFormats).first { $0 != .float32 } ?? outputFormat
  }

  /// What an input's integers stand for.
  func inputQuantization(_ index: Int) -> AffineQuantization {
    guard let quantization = inputFormats[index].quantization else {
      preconditionFailure("the input is quantised")
    }
    return quantization
  }

  /// What the output's integers stand for.
  var outputQuantization: AffineQuantization {
    guard let quantization = outputFormat.quantization else {
      preconditionFailure("the output is quantised")
    }
    return quantization
  }

  /// The bytes that the fused activation, if any, leaves as they are.
  var integerRange: ClosedRange<Int8> {
    activation?.integerRange(outputQuantization) ?? Int8.min...Int8.max
  }
}

/// Memory in bytes, and values, that a step needs.
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

  package init() {}

  /// No needs, changed by `change`.
  package init(_ change: (inout LayerNeeds) -> Void) { change(&self) }

  /// Bytes of so many floats.
  package static func bytes(floats count: Int) -> Int { count * MemoryLayout<Float>.stride }

  /// Memory for a lookup table of 256 bytes.
  static var table: LayerNeeds { LayerNeeds { $0.forwardPacked = 256 } }
}

/// One parameter tensor of a step.
package struct StepParameter {
  package var role: ParameterRole
  package var format: ElementType
  package var address: UnsafeMutableRawPointer
  /// Where its gradient goes; `nil` when the parameter is not trained.
  package var gradient: GradientBuffer?

  package init(
    _ role: ParameterRole, _ format: ElementType, _ address: UnsafeMutableRawPointer,
    gradient: GradientBuffer? = nil
  ) {
    self.role = role
    self.format = format
    self.address = address
    self.gradient = gradient
  }
}

/// One layer bound to memory: all that its kernels are called with.
package struct LayerStep {
  package var site: LayerSite
  package var inputs: [TensorBuffer]
  package var output: TensorBuffer
  package var parameters: [StepParameter]
  /// Scratch of the direction that runs.
  package var scratch: UnsafeMutableRawPointer
  package var saved: UnsafeMutableRawPointer
  package var forwardPacked: UnsafeMutableRawPointer
  package var backwardPacked: UnsafeMutableRawPointer
  /// Whether `forwardPacked` is valid already; else the step packs it itself.
  package var isPacked = false
  package var outputGradient: GradientBuffer?
  /// One an input; `nil` where none is wanted.
  package var inputGradients: [GradientBuffer?]
  /// Whether another step has written to the gradient of each input before.
  package var accumulates: [Bool]
  /// Seeds of this run's random choices.
  package var seed: UInt64 = 0
  package var pool: ThreadPool

  /// A step for inference. All that it needs besides is at `memory` until it is set.
  package init(
    site: LayerSite, inputs: [TensorBuffer], output: TensorBuffer, parameters: [StepParameter],
    memory: UnsafeMutableRawPointer, pool: ThreadPool
  ) {
    self.site = site
    self.inputs = inputs
    self.output = output
    self.parameters = parameters
    scratch = memory
    saved = memory
    forwardPacked = memory
    backwardPacked = memory
    inputGradients = inputs.map { _ in nil }
    accumulates = inputs.map { _ in false }
    self.pool = pool
  }

  /// The elements of the parameter of a role, which the layer declares.
  package func parameter<Element: TensorElement>(
    _ role: ParameterRole, as type: Element.Type = Float.self
  ) -> UnsafeMutablePointer<Element> {
    guard let elements = optionalParameter(role, as: type) else {
      preconditionFailure("the layer declares a parameter of this role")
    }
    return elements
  }

  /// The elements of the parameter of a role; `nil` where the layer has none, such as no bias.
  package func optionalParameter<Element: TensorElement>(
    _ role: ParameterRole, as type: Element.Type = Float.self
  ) -> UnsafeMutablePointer<Element>? {
    guard let parameter = parameters.first(where: { $0.role == role }) else { return nil }
    precondition(parameter.format == Element.elementType, "the parameter is of another type")
    return parameter.address.assumingMemoryBound(to: Element.self)
  }

  /// Where the gradient of a parameter of floats goes; `nil` where it is not trained.
  package func gradient(of role: ParameterRole) -> UnsafeMutablePointer<Float>? {
    gradientBuffer(of: role)?.floats.base
  }

  /// Where the gradient of a parameter goes; `nil` where it is not trained.
  package func gradientBuffer(of role: ParameterRole) -> GradientBuffer? {
    parameters.first { $0.role == role }?.gradient
  }

  /// The gradients of the output and of the first input, both of floats; `nil` where the latter is
  /// not wanted.
  package var gradients: (output: TensorView<Float>, input: TensorView<Float>)? {
    guard let outputGradient, let inputGradient = inputGradients[0] else { return nil }
    return (outputGradient.floats, inputGradient.floats)
  }

  /// The lookup table of a layer with `LayerNeeds.table`, once it is packed.
  var table: UnsafeMutablePointer<UInt8> { forwardPacked.bytes }

  func fillTable(_ values: [UInt8]) {
    for (index, value) in values.enumerated() { table[index] = value }
  }
}

extension ActivationFunction {
  /// The bytes of an output so quantised that the function leaves as they are, where it is a clamp.
  ///
  /// The bounds are rounded as TensorFlow Lite does it: zeroPoint + round(bound / scale), halves
  /// away from zero.
  func integerRange(_ quantization: AffineQuantization) -> ClosedRange<Int8>? {
    func integer(_ bound: Float) -> Int8 {
      let value = (bound / quantization.scale).rounded(.toNearestOrAwayFromZero)
      let limited = max(-1000, min(1000, value))
      return Int8(clamping: quantization.zeroPoint + Int32(limited))
    }
    switch self {
    case .relu: return integer(0)...Int8.max
    case .relu6: return integer(0)...integer(6)
    case .hardTanh: return integer(-1)...integer(1)
    case .leakyReLU, .gelu, .sigmoid, .tanh, .hardSwish: return nil
    }
  }
}
