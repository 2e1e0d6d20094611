// SPDX-License-Identifier: Apache-2.0
import Kernels
package import Network

/// One layer bound to memory of its own, without a graph or a plan: what a layer's tests need.
package final class LayerHarness {
  /// The bound step. Its memory lives as long as the harness.
  package private(set) var step: LayerStep
  private var memory: [UnsafeMutableRawPointer] = []

  /// Binds a layer that computes with floats, all of its parameters and inputs trained.
  package convenience init(_ layer: some FloatLayer, inputs: [Shape], batch: Int = 2) throws {
    try self.init(
      layer, layer.parameters(inputs), inputs: inputs, batch: batch,
      formats: inputs.map { _ in .float32 }, .float32)
    allocate(layer.needs(step.site))
    layer.pack(step)
  }

  /// Binds a layer that computes with integers, for inference.
  package convenience init(
    integers layer: some IntegerLayer, inputs: [Shape], batch: Int = 2, formats: [ValueFormat],
    _ output: ValueFormat
  ) throws {
    try self.init(
      layer, layer.integerParameters(inputs), inputs: inputs, batch: batch, formats: formats,
      output, isTraining: false)
    allocate(layer.integerNeeds(step.site))
  }

  /// Binds a layer of integers, with 16-bit gradients of its int8 parameters and all inputs.
  package convenience init(
    training layer: some IntegerTrainingLayer, inputs: [Shape], batch: Int = 2,
    formats: [ValueFormat], _ output: ValueFormat
  ) throws {
    try self.init(
      layer, layer.integerParameters(inputs), inputs: inputs, batch: batch, formats: formats,
      output)
    allocate(layer.integerNeeds(step.site))
  }

  private init(
    _ layer: some Layer, _ declarations: [ParameterDeclaration], inputs: [Shape], batch: Int,
    formats: [ValueFormat], _ outputFormat: ValueFormat, isTraining: Bool = true
  ) throws {
    guard let pool = ThreadPool(threadCount: 1) else { throw SessionError.outOfMemory }
    let output = try layer.outputShape(inputs)
    var site = LayerSite(
      batch: batch, inputs: inputs, output: output, inputFormats: formats,
      outputFormat: outputFormat, threadCount: 1)
    site.isTraining = isTraining
    site.trainsParameters = isTraining && declarations.contains { $0.role.isLearnt }
    site.wantsInputGradient = inputs.map { _ in isTraining }
    var memory: [UnsafeMutableRawPointer] = []
    func bytes(_ count: Int) -> UnsafeMutableRawPointer {
      let result = UnsafeMutableRawPointer.allocate(byteCount: count + 128, alignment: 64)
      memset(result, count + 128)
      memory.append(result)
      return result
    }
    func buffer(_ shape: Shape, _ type: ElementType, batch: Int) -> TensorBuffer {
      TensorBuffer(
        bytes(batch * shape.elementCount * type.byteCount), type, batch: batch, shape)
    }
    func gradient(_ shape: Shape, _ format: GradientFormat, batch: Int) -> GradientBuffer {
      GradientBuffer(
        buffer(shape, format.elementType, batch: batch),
        exponent: format == .float32 ? nil : bytes(4).assumingMemoryBound(to: Int32.self))
    }
    let parameters = declarations.map { declaration in
      let shape = Shape(height: 1, width: 1, channels: declaration.count)
      return StepParameter(
        declaration.role, declaration.format, bytes(declaration.byteCount),
        gradient: isTraining && declaration.role.isLearnt
          ? gradient(shape, declaration.format == .float32 ? .float32 : .int16, batch: 1) : nil)
    }
    step = LayerStep(
      site: site, inputs: zip(inputs, formats).map { buffer($0, $1.elementType, batch: batch) },
      output: buffer(output, outputFormat.elementType, batch: batch), parameters: parameters,
      memory: bytes(0), pool: pool)
    if isTraining {
      step.outputGradient = gradient(output, outputFormat.gradientFormat, batch: batch)
      step.inputGradients = zip(inputs, formats).map {
        gradient($0, $1.gradientFormat, batch: batch)
      }
    }
    self.memory = memory
  }

  deinit { for pointer in memory { pointer.deallocate() } }

  private func allocate(_ needs: LayerNeeds) {
    func bytes(_ count: Int) -> UnsafeMutableRawPointer {
      memory.append(.allocate(byteCount: count + 128, alignment: 64))
      return memory[memory.count - 1]
    }
    step.scratch = bytes(max(needs.forwardScratch, needs.backwardScratch))
    step.saved = bytes(needs.saved)
    step.forwardPacked = bytes(needs.forwardPacked)
    step.backwardPacked = bytes(needs.backwardPacked)
  }
}

private func memset(_ memory: UnsafeMutableRawPointer, _ count: Int) {
  memory.initializeMemory(as: UInt8.self, repeating: 0, count: count)
}

extension LayerHarness {
  /// The greatest difference between the gradients of L = Σ r · output and central differences of
  /// L, over all elements of the inputs and the trained parameters, in units of the largest
  /// gradient.
  package func largestGradientError(of layer: some FloatLayer, step h: Float = 1e-2) -> Float {
    let output = step.output.floats
    let weights = NetworkRun.drawn("r", count: output.elementCount, -1..<1)
    func loss() -> Float {
      layer.pack(step)
      layer.trainingForward(step)
      return zip(output.elements, weights).reduce(0) { $0 + $1.0 * $1.1 }
    }
    _ = loss()
    step.outputGradient?.floats.fill(weights)
    layer.backward(step)
    var pairs = zip(step.inputs, step.inputGradients).compactMap { input, gradient in
      gradient.map { (input.floats.base, $0.floats.elements) }
    }
    for parameter in step.parameters {
      guard let gradient = parameter.gradient else { continue }
      pairs.append((step.parameter(parameter.role), gradient.floats.elements))
    }
    var error: Float = 0
    for (values, gradient) in pairs {
      let scale = gradient.reduce(1) { max($0, abs($1)) }
      for (index, derivative) in gradient.enumerated() {
        let old = values[index]
        values[index] = old + h
        let above = loss()
        values[index] = old - h
        let below = loss()
        values[index] = old
        error = max(error, abs((above - below) / (2 * h) - derivative) / scale)
      }
    }
    return error
  }
}
