// SPDX-License-Identifier: Apache-2.0
import CPlatform
public import Kernels

/// A plan with its arena, its parameters and its threads: what runs. Nothing is allocated while it
/// runs.
public final class Session {
  /// What is run.
  public let plan: Plan
  /// The parameters that it runs with.
  public let parameters: ParameterStore
  /// The threads that it runs on.
  public let pool: ThreadPool
  /// The classes of a classifier, where its model has them.
  public let labels: [String]
  /// How a picture becomes the input.
  public let preprocessing: Preprocessing
  /// The parameters that the backward run writes gradients of, in stable order.
  public let trainedParameters: [TrainedParameter]
  /// Floats of all trained parameters in a row.
  public let trainedCount: Int

  private let arena: UnsafeMutableRawPointer
  private let packed: PackedWeights?
  private var steps: [LayerStep] = []
  /// The forward runs of the steps in integers.
  private var integerSteps: [(() -> Void)?] = []

  /// One trained parameter and where its gradient lies.
  public struct TrainedParameter: Sendable {
    /// The parameter.
    public let entry: ParameterStore.Entry
    /// In floats, were all trained parameters in a row: where an optimiser keeps its moments.
    public let offset: Int
    /// In bytes from the start of the arena.
    let gradientOffset: Int
  }

  /// - Precondition: `parameters` was made for the plan's graph, and `pool` has the plan's number
  ///   of threads.
  /// - Returns: `nil` when there is no memory for the arena.
  public convenience init?(_ plan: Plan, _ parameters: ParameterStore, _ pool: ThreadPool) {
    do throws(SessionError) {
      try self.init(plan, parameters, pool, packed: nil, labels: [], preprocessing: .unitRange)
    } catch { return nil }
  }

  /// Runs a model, with its packed weights where they are for such a request.
  public convenience init(
    _ model: Model, _ request: PlanRequest, _ pool: ThreadPool
  ) throws(SessionError) {
    let plan: Plan
    do throws(PlanError) {
      plan = try Plan(model.graph, request, packed: model.packedWeights)
    } catch { throw .plan(error) }
    try self.init(
      plan, model.parameters, pool, packed: model.packedWeights, labels: model.labels,
      preprocessing: model.preprocessing)
  }

  /// Runs a model on one example at a time.
  public convenience init(_ model: Model, threads: Int = 1) throws(SessionError) {
    guard threads > 0, let pool = ThreadPool(threadCount: threads) else {
      throw .threadsRefused(threads)
    }
    var request = PlanRequest(batch: 1, threadCount: threads)
    request.keptValues = model.graph.outputs
    try self.init(model, request, pool)
  }

  private init(
    _ plan: Plan, _ parameters: ParameterStore, _ pool: ThreadPool, packed: PackedWeights?,
    labels: [String], preprocessing: Preprocessing
  ) throws(SessionError) {
    precondition(pool.threadCount == plan.request.threadCount, "the plan is for another pool")
    self.labels = labels
    self.preprocessing = preprocessing
    self.plan = plan
    self.parameters = parameters
    self.pool = pool
    self.packed = packed
    (trainedParameters, trainedCount) = Self.trainedParameters(plan, parameters)
    guard Self.makeWritable(parameters, plan),
      let arena = ocelli_pages_allocate(Self.arenaByteCount(plan))
    else { throw .outOfMemory }
    self.arena = arena
    steps = plan.steps.map(bind)
    integerSteps = zip(plan.steps, steps).map {
      plan.graph.nodes[$0.node].operation.integerForward($1)
    }
    parametersChanged()
  }

  private static func trainedParameters(
    _ plan: Plan, _ parameters: ParameterStore
  ) -> ([TrainedParameter], count: Int) {
    var result: [TrainedParameter] = []
    var offset = 0
    for step in plan.steps where step.site.trainsParameters {
      let trained = parameters.entries(of: step.node).filter {
        plan.graph.canTrain($0.declaration.role, of: step.node)
      }
      for (entry, gradientOffset) in zip(trained, step.parameterGradients) {
        result.append(
          TrainedParameter(entry: entry, offset: offset, gradientOffset: gradientOffset))
        offset = ParameterStore.aligned(offset + entry.declaration.count)
      }
    }
    return (result, offset)
  }

  /// Gives the parameters that training changes memory of their own: what is trained, and running
  /// statistics.
  private static func makeWritable(_ parameters: ParameterStore, _ plan: Plan) -> Bool {
    plan.steps.filter { $0.site.isTraining }.allSatisfy { step in
      parameters.entries(of: step.node).allSatisfy { entry in
        let role = entry.declaration.role
        return !plan.graph.canTrain(role, of: step.node) && !role.isMeasured
          || parameters.makeWritable(entry)
      }
    }
  }

  deinit { ocelli_pages_free(arena, Self.arenaByteCount(plan)) }

  private static func arenaByteCount(_ plan: Plan) -> Int {
    plan.arenaByteCount + Machine.vectorFloats * MemoryLayout<Float>.stride
  }

  /// Bytes of the arena, gradients included.
  public var byteCount: Int { Self.arenaByteCount(plan) }

  /// Packs anew all weights that stay packed between runs: those of integers, and in inference
  /// plans those of floats, too. To be called after parameters were changed.
  public func parametersChanged() {
    for (index, step) in plan.steps.enumerated()
    where step.packedEntry == nil && plan.keepsPackedWeights(of: step) {
      plan.graph.nodes[step.node].operation.pack(steps[index])
    }
  }

  /// Makes `image` the example in row `row` of the input.
  /// - Precondition: it has the numbers of one example.
  package func setInput(_ image: [Float], row: Int = 0) {
    let count = plan.graph.inputShape.elementCount
    precondition(image.count == count && row < plan.request.batch, "an image has the input's size")
    image.withUnsafeBufferPointer { image in
      guard let source = image.baseAddress else { return }
      (input.base + row * count).update(from: source, count: count)
    }
  }

  /// Computes every node's output from the input.
  /// - Precondition: the plan is for inference. Those for training run `forward(seed:)`.
  public func run() { for index in steps.indices { runStep(index) } }

  /// Step `index` of `run`; all must run, in order.
  package func runStep(_ index: Int) {
    precondition(!plan.request.isTraining, "plans for training run forward and backward")
    if let run = integerSteps[index] { return run() }
    plan.graph.nodes[plan.steps[index].node].operation.forward(steps[index])
  }

  /// Computes every node's output from the input, as the plan asks: nodes that are trained use
  /// batch statistics and dropout. Programs that call `run` alone do not hold the code for that.
  /// - Parameter seed: what dropout draws from; the backward run that follows uses the same.
  public func forward(seed: UInt64 = 0) {
    for index in steps.indices { forwardStep(index, seed: seed) }
  }

  /// Step `index` of `forward`; all must run, in order.
  package func forwardStep(_ index: Int, seed: UInt64) {
    let node = plan.steps[index].node
    steps[index].seed = RandomGenerator(seed: seed, stream: UInt64(node)).state
    if let run = integerSteps[index] { return run() }
    let operation = plan.graph.nodes[node].operation
    if plan.steps[index].site.isTraining {
      operation.trainingForward(steps[index])
    } else {
      operation.forward(steps[index])
    }
  }

  /// Computes the gradients of the trained parameters, and of the input if the plan wants it, from
  /// the gradients that losses have written at the plan's loss nodes.
  public func backward() { for index in plan.backwardSteps { backwardStep(index) } }

  /// The backward run of step `index`; all of the plan's `backwardSteps` must run, in order.
  package func backwardStep(_ index: Int) {
    let step = plan.steps[index]
    var bound = steps[index]
    if let offset = step.backwardScratch { bound.scratch = arena + offset }
    plan.graph.nodes[step.node].operation.backward(bound)
  }

  /// The gradient of one trained parameter of floats: valid from its backward step to the next
  /// forward run.
  public func gradient(of parameter: TrainedParameter) -> UnsafeMutableBufferPointer<Float> {
    let gradient = gradientBuffer(of: parameter)
    return UnsafeMutableBufferPointer(
      start: gradient.floats.base, count: gradient.values.elementCount)
  }

  /// The gradient of one trained parameter, valid as that of `gradient(of:)`.
  package func gradientBuffer(of parameter: TrainedParameter) -> GradientBuffer {
    gradientBuffer(at: parameter.gradientOffset, of: parameter.entry.declaration)
  }

  /// All memory that the plan shares out.
  package var arenaBytes: UnsafeMutableRawBufferPointer {
    UnsafeMutableRawBufferPointer(start: arena, count: plan.arenaByteCount)
  }

  /// What the graph is run on: to be filled before each run.
  package var input: TensorView<Float> { value(of: plan.graph.inputs[0]) }
  package var output: TensorView<Float> { value(of: plan.graph.output) }

  /// The output of a node of floats. Valid from its step until the last that reads it, or to the
  /// end where the plan keeps it.
  package func value(of node: Int) -> TensorView<Float> { buffer(of: node).floats }

  /// The output of a quantised node; `UInt8` elements have the bytes of these.
  package func integers(of node: Int) -> TensorView<Int8> {
    let bytes = buffer(of: node).bytes
    return TensorView(
      UnsafeMutableRawPointer(bytes.base).assumingMemoryBound(to: Int8.self), batch: bytes.batch,
      height: bytes.height, width: bytes.width, channels: bytes.channels,
      pixelStride: bytes.pixelStride)
  }

  /// The elements of a node's output as they lie in memory, whatever their format: for an input or
  /// an output of the graph, whose examples lie one after the other without gaps.
  package func bytes(of node: Int) -> UnsafeMutableRawBufferPointer {
    let buffer = buffer(of: node)
    precondition(buffer.isContiguous, "the output is not a slice of another")
    return UnsafeMutableRawBufferPointer(
      start: buffer.base, count: buffer.elementCount * buffer.elementType.byteCount)
  }

  /// The output of a node, whatever its format.
  package func buffer(of node: Int) -> TensorBuffer {
    let (root, type) = (plan.aliasing.location(of: node).root, plan.graph.formats[node].elementType)
    if plan.graph.isConstant(root), let entry = parameters.entries(of: root).first {
      return TensorBuffer(parameters.address(of: entry), type, batch: 1, plan.graph.shapes[node])
    }
    return buffer(of: node, at: known(plan.valueOffsets[root]), type)
  }

  /// The gradient of a node's output of floats: for losses to write, or kept by the plan.
  package func gradient(of node: Int) -> TensorView<Float> { gradientBuffer(of: node).floats }

  /// The gradient of a node's output, in the format that the plan gives it.
  package func gradientBuffer(of node: Int) -> GradientBuffer {
    let root = plan.aliasing.location(of: node).root
    let (format, start) = (plan.gradientFormat(of: root), known(plan.gradientOffsets[root]))
    return GradientBuffer(
      buffer(of: node, at: start + format.headerByteCount, format.elementType),
      exponent: exponent(format, at: start))
  }

  private func gradientBuffer(
    at start: Int, of declaration: ParameterDeclaration
  ) -> GradientBuffer {
    let format = declaration.gradientFormat
    return GradientBuffer(
      TensorBuffer(
        arena + start + format.headerByteCount, format.elementType, batch: 1,
        Shape(height: 1, width: 1, channels: declaration.count)),
      exponent: exponent(format, at: start))
  }

  /// The exponent of a gradient whose memory starts at `start`.
  private func exponent(_ format: GradientFormat, at start: Int) -> UnsafeMutablePointer<Int32>? {
    format == .float32 ? nil : (arena + start).assumingMemoryBound(to: Int32.self)
  }

  /// A node's part of the memory of its root, whose elements start at `offset`.
  private func buffer(of node: Int, at offset: Int, _ type: ElementType) -> TensorBuffer {
    let location = plan.aliasing.location(of: node)
    let shapes = plan.graph.shapes
    return TensorBuffer(
      arena + offset + location.channelOffset * type.byteCount, type, batch: plan.request.batch,
      shapes[node],
      pixelStride: location.isSlice ? shapes[location.root].channels : shapes[node].channels)
  }

  private func known(_ offset: Int?) -> Int {
    guard let offset else {
      preconditionFailure("the plan has no memory for this node's output or gradient")
    }
    return offset
  }

  /// Packed weights that lie outside of the arena, and are only read.
  private func packedMemory(_ step: Plan.Step) -> UnsafeMutableRawPointer? {
    guard let entry = step.packedEntry else { return nil }
    return UnsafeMutableRawPointer(mutating: packed?.entries[entry].bytes.baseAddress)
  }

  /// The packed weights of the steps that have such.
  var packedEntries: [PackedWeights.Entry] {
    plan.steps.compactMap { step in
      guard step.isPackable(in: plan.graph), let offset = step.forwardPacked else { return nil }
      let node = plan.graph.nodes[step.node]
      return PackedWeights.Entry(
        node: node.name,
        bytes: UnsafeRawBufferPointer(
          start: arena + offset, count: node.operation.needs(step.site).forwardPacked))
    }
  }

  private func bind(_ step: Plan.Step) -> LayerStep {
    let node = plan.graph.nodes[step.node]
    let output = plan.fusion.outputNodes[step.node]
    func memory(_ offset: Int?) -> UnsafeMutableRawPointer { arena + (offset ?? 0) }
    var gradients = step.parameterGradients[...]
    let parameters = parameters.entries(of: step.node).map { entry in
      let declaration = entry.declaration
      let isTrained =
        step.site.trainsParameters && plan.graph.canTrain(declaration.role, of: step.node)
      return StepParameter(
        declaration.role, declaration.format, self.parameters.address(of: entry),
        gradient: isTrained
          ? gradients.popFirst().map { gradientBuffer(at: $0, of: declaration) } : nil)
    }
    var result = LayerStep(
      site: step.site, inputs: node.inputs.map(buffer), output: buffer(of: output),
      parameters: parameters, memory: arena, pool: pool)
    result.scratch = memory(step.forwardScratch)
    result.saved = memory(step.saved)
    result.forwardPacked = packedMemory(step) ?? memory(step.forwardPacked)
    result.backwardPacked = memory(step.backwardPacked)
    result.isPacked = plan.keepsPackedWeights(of: step)
    result.outputGradient = step.site.hasBackward ? gradientBuffer(of: output) : nil
    result.inputGradients = zip(node.inputs, step.site.wantsInputGradient).map {
      $1 ? gradientBuffer(of: $0) : nil
    }
    result.accumulates = step.accumulates
    return result
  }
}
