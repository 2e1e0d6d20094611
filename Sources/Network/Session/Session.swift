// SPDX-License-Identifier: Apache-2.0
import CPlatform
public import Kernels

/// A plan with its arena, its parameters and its threads: what runs. Nothing is allocated while it
/// runs.
public final class Session {
  public let plan: Plan
  public let parameters: ParameterStore
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
  /// The forward runs of the steps in integers, of which there may be many a millisecond.
  private var integerSteps: [(() -> Void)?] = []

  /// One trained parameter and where its gradient lies.
  public struct TrainedParameter: Sendable {
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
  /// - Returns: `nil` when there is no memory for the arena.
  public convenience init?(_ model: Model, _ request: PlanRequest, _ pool: ThreadPool) {
    do throws(SessionError) { try self.init(model, request, on: pool) } catch { return nil }
  }

  private convenience init(
    _ model: Model, _ request: PlanRequest, on pool: ThreadPool
  ) throws(SessionError) {
    try self.init(
      Plan(model.graph, request, packed: model.packedWeights), model.parameters, pool,
      packed: model.packedWeights, labels: model.labels, preprocessing: model.preprocessing)
  }

  /// Runs a model on one example at a time.
  public convenience init(_ model: Model, threads: Int = 1) throws(SessionError) {
    guard threads > 0, let pool = ThreadPool(threadCount: threads) else {
      throw .threadsRefused(threads)
    }
    var request = PlanRequest(batch: 1, threadCount: threads)
    request.keptValues = model.graph.outputs
    try self.init(model, request, on: pool)
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
    var trained: [TrainedParameter] = []
    var offset = 0
    for step in plan.steps where step.site.trainsParameters {
      let learnt = parameters.entries(of: step.node).filter { $0.declaration.role.isLearnt }
      for (entry, gradientOffset) in zip(learnt, step.parameterGradients) {
        trained.append(
          TrainedParameter(entry: entry, offset: offset, gradientOffset: gradientOffset))
        offset = ParameterStore.aligned(offset + entry.declaration.count)
      }
    }
    trainedParameters = trained
    trainedCount = offset
    guard let arena = ocelli_pages_allocate(Self.arenaByteCount(plan)) else { throw .outOfMemory }
    self.arena = arena
    steps = plan.steps.map(bind)
    integerSteps = zip(plan.steps, steps).map {
      plan.graph.nodes[$0.node].operation.integerBound($1)
    }
    parametersChanged()
  }

  deinit { ocelli_pages_free(arena, Self.arenaByteCount(plan)) }

  private static func arenaByteCount(_ plan: Plan) -> Int {
    plan.arenaByteCount + Machine.vectorFloats * MemoryLayout<Float>.stride
  }

  /// Bytes of the arena, gradients included.
  public var byteCount: Int { Self.arenaByteCount(plan) }

  /// Packs the weights of an inference plan anew. To be called after its parameters were
  /// changed.
  public func parametersChanged() {
    guard plan.keepsPackedWeights else { return }
    for (index, step) in plan.steps.enumerated() where step.packedEntry == nil {
      plan.graph.nodes[step.node].operation.pack(steps[index])
    }
  }

  /// Makes `image` the example in row `row` of the input.
  ///
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
  /// - Parameter seed: what dropout draws from; the backward run that follows uses the same.
  public func forward(seed: UInt64 = 0) {
    for index in steps.indices { forwardStep(index, seed: seed) }
  }

  /// Step `index` of a forward run; all must run, in order.
  package func forwardStep(_ index: Int, seed: UInt64) {
    if let run = integerSteps[index] { return run() }
    let node = plan.steps[index].node
    steps[index].seed = RandomGenerator(seed: seed, stream: UInt64(node)).state
    plan.graph.nodes[node].operation.forward(steps[index])
  }

  /// Computes the gradients of the trained parameters, and of the input if the plan wants it, from
  /// the gradients that losses have written at the plan's loss nodes.
  public func backward() {
    for index in plan.backwardSteps { backwardStep(index) }
  }

  /// The backward run of step `index`; all of the plan's `backwardSteps` must run, in order.
  package func backwardStep(_ index: Int) {
    let step = plan.steps[index]
    var bound = steps[index]
    if let offset = step.backwardScratch { bound.scratch = floats(at: offset) }
    plan.graph.nodes[step.node].operation.backward(bound)
  }

  /// The gradient of one trained parameter: valid from its backward step to the next forward run.
  public func gradient(of parameter: TrainedParameter) -> UnsafeMutableBufferPointer<Float> {
    UnsafeMutableBufferPointer(
      start: floats(at: parameter.gradientOffset), count: parameter.entry.declaration.count)
  }

  /// All memory that the plan shares out.
  package var arenaFloats: UnsafeMutableBufferPointer<Float> {
    UnsafeMutableBufferPointer(
      start: floats(at: 0), count: plan.arenaByteCount / MemoryLayout<Float>.stride)
  }

  /// What the graph is run on: to be filled before each run.
  package var input: TensorView<Float> { value(of: plan.graph.inputs[0]) }
  package var output: TensorView<Float> { value(of: plan.graph.output) }

  /// The output of a node. Valid from its step until the last that reads it, or to the end where
  /// the plan keeps it.
  package func value(of node: Int) -> TensorView<Float> {
    precondition(plan.graph.formats[node] == .float32, "the node's output holds floats")
    return anyValue(of: node)
  }

  /// The output of a quantised node; `UInt8` elements have the bytes of these.
  package func integers(of node: Int) -> TensorView<Int8> {
    precondition(plan.graph.formats[node].byteCount == 1, "the node's output holds bytes")
    return anyValue(of: node).reinterpreted()
  }

  /// The elements of a node's output as they lie in memory, whatever their format: for an input or
  /// an output of the graph, whose examples lie one after the other without gaps.
  package func bytes(of node: Int) -> UnsafeMutableRawBufferPointer {
    let view = anyValue(of: node)
    precondition(view.isContiguous, "the output is not a slice of another")
    return UnsafeMutableRawBufferPointer(
      start: view.base, count: view.elementCount * plan.graph.formats[node].byteCount)
  }

  /// A view of what may be floats or bytes.
  private func anyValue(of node: Int) -> TensorView<Float> {
    let root = plan.wiring.location(of: node).root
    guard plan.graph.isConstant(root), let entry = parameters.entries(of: root).first else {
      return view(of: node, plan.valueOffsets)
    }
    let shape = plan.graph.shapes[node]
    return TensorView(
      parameters.address(of: entry).assumingMemoryBound(to: Float.self), batch: 1,
      height: shape.height, width: shape.width, channels: shape.channels)
  }

  /// The gradient of a node's output: for losses to write, or kept by the plan.
  package func gradient(of node: Int) -> TensorView<Float> {
    view(of: node, plan.gradientOffsets)
  }

  private func view(of node: Int, _ offsets: [Int?]) -> TensorView<Float> {
    let location = plan.wiring.location(of: node)
    guard let offset = offsets[location.root] else {
      preconditionFailure("the plan has no memory for this node's output or gradient")
    }
    let shape = plan.graph.shapes[node]
    let skipped = location.channelOffset * plan.graph.formats[location.root].byteCount
    return TensorView(
      floats(at: offset + skipped), batch: plan.request.batch, height: shape.height,
      width: shape.width, channels: shape.channels,
      pixelStride: location.isSlice ? plan.graph.shapes[location.root].channels : shape.channels)
  }

  /// Packed weights that lie outside of the arena, and are only read.
  private func packedMemory(_ step: Plan.Step) -> UnsafeMutablePointer<Float>? {
    guard let entry = step.packedEntry, let base = packed?.entries[entry].bytes.baseAddress else {
      return nil
    }
    return UnsafeMutableRawPointer(mutating: base).assumingMemoryBound(to: Float.self)
  }

  /// The packed weights of the steps that have such.
  var packedEntries: [PackedWeights.Entry] {
    plan.steps.compactMap { step in
      guard step.isPackable(in: plan.graph), let offset = step.forwardPacked else { return nil }
      let node = plan.graph.nodes[step.node]
      let count = node.operation.needs(step.site).forwardPacked * MemoryLayout<Float>.stride
      return PackedWeights.Entry(
        node: node.name, bytes: UnsafeRawBufferPointer(start: arena + offset, count: count))
    }
  }

  private func floats(at offset: Int) -> UnsafeMutablePointer<Float> {
    (arena + offset).assumingMemoryBound(to: Float.self)
  }

  private func bind(_ step: Plan.Step) -> LayerStep {
    let node = plan.graph.nodes[step.node]
    let unused = floats(at: 0)
    func memory(_ offset: Int?) -> UnsafeMutablePointer<Float> { offset.map(floats) ?? unused }
    let output = plan.wiring.outputNodes[step.node]
    let isWanted = step.site.wantsInputGradient
    return LayerStep(
      site: step.site, inputs: node.inputs.map(anyValue), output: anyValue(of: output),
      scratch: memory(step.forwardScratch), saved: memory(step.saved),
      forwardPacked: packedMemory(step) ?? memory(step.forwardPacked),
      backwardPacked: memory(step.backwardPacked), isPacked: plan.keepsPackedWeights,
      parameters: parameters.entries(of: step.node).map { entry in
        parameters.address(of: entry).assumingMemoryBound(to: Float.self)
      },
      parameterGradients: step.parameterGradients.map(floats),
      outputGradient: step.site.hasBackward ? gradient(of: output) : nil,
      inputGradients: zip(node.inputs, isWanted).map { $1 ? gradient(of: $0) : nil },
      accumulates: step.accumulates, seed: 0, pool: pool)
  }
}
