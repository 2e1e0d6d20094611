// SPDX-License-Identifier: Apache-2.0
import Kernels

/// A graph compiled for one batch size and one mode: its steps, and one arena with every offset
/// fixed.
public struct Plan: Sendable {
  /// A node that runs, and where its memory lies (offsets in bytes into the arena).
  struct Step {
    var node: Int
    var site: LayerSite
    var forwardScratch: Int?
    var backwardScratch: Int?
    var saved: Int?
    var forwardPacked: Int?
    /// The entry of the packed weights that takes the place of `forwardPacked`.
    var packedEntry: Int?
    var backwardPacked: Int?
    /// Where the gradient of each learnt parameter lies; empty when the parameters are not trained.
    var parameterGradients: [Int] = []
    /// Whether an earlier backward step has written to each input's gradient.
    var accumulates: [Bool]
  }

  /// What is run.
  public let graph: Graph
  /// What it was compiled for.
  public let request: PlanRequest
  let fusion: OperatorFusion
  let aliasing: BufferAliasing
  private let gradients: GradientFlow
  private(set) var steps: [Step] = []
  /// Byte offsets of the roots' outputs and gradients.
  private(set) var valueOffsets: [Int?]
  private(set) var gradientOffsets: [Int?]
  /// Indices of the steps that have a backward run, in its order.
  package private(set) var backwardSteps: [Int] = []
  /// Every stretch of the arena that holds something, and its offset.
  package private(set) var buffers: [Buffer] = []
  package private(set) var bufferOffsets: [Int] = []
  /// Bytes of the arena.
  public private(set) var arenaByteCount = 0
  /// The largest sum of buffers that live at the same time: the least that any arena could have.
  public private(set) var arenaLowerBound = 0

  /// - Parameter packed: the model's packed weights. Those that are for such a plan on this CPU get
  ///   no memory in the arena.
  /// - Throws: `PlanError` when a gradient is wanted through a node that has none.
  public init(
    _ graph: Graph, _ request: PlanRequest, packed: PackedWeights? = nil
  ) throws(PlanError) {
    self.init(unchecked: graph, request, packed: packed)
    for step in steps where step.site.hasBackward && step.site.isInteger {
      let node = graph.nodes[step.node]
      guard node.operation.hasIntegerGradients else {
        throw .noGradient(
          node: node.name, operation: node.operation.name, format: step.site.quantizedFormat)
      }
    }
  }

  /// A plan for inference, which nothing can be wrong with.
  public static func inference(
    _ graph: Graph, batch: Int, threadCount: Int, keptValues: [Int] = [],
    packed: PackedWeights? = nil
  ) -> Plan {
    var request = PlanRequest(batch: batch, threadCount: threadCount)
    request.keptValues = keptValues
    return Plan(unchecked: graph, request, packed: packed)
  }

  init(unchecked graph: Graph, _ request: PlanRequest, packed: PackedWeights?) {
    precondition(request.batch > 0 && request.threadCount > 0, "a plan runs something")
    self.graph = graph
    self.request = request
    gradients = GradientFlow(graph, request)
    fusion = OperatorFusion(graph, request, gradients)
    aliasing = BufferAliasing(graph, request, fusion)
    valueOffsets = [Int?](repeating: nil, count: graph.nodes.count)
    gradientOffsets = valueOffsets
    let running = graph.nodes.indices.filter {
      !graph.nodes[$0].operation.properties.isSource && !fusion.isFused[$0]
        && !aliasing.vanishes($0)
    }
    steps = running.map { Step(node: $0, site: site(of: $0), accumulates: []) }
    backwardSteps = steps.indices.reversed().filter { steps[$0].site.hasBackward }
    orderGradients()
    layOut(packed)
  }

  package var stepCount: Int { steps.count }

  /// The node that a step runs.
  package func node(ofStep index: Int) -> Int { steps[index].node }

  /// Whether a step's packed weights stay in the arena between runs. In inference plans all do, in
  /// training plans those of integers, which `Session.parametersChanged` packs anew.
  func keepsPackedWeights(of step: Step) -> Bool { !request.isTraining || step.site.isInteger }

  /// How the gradient of a node's output lies in memory.
  package func gradientFormat(of node: Int) -> GradientFormat { graph.formats[node].gradientFormat }

  /// The parameters of a node that gradient descent can change.
  func trainedParameters(of node: Int) -> [ParameterDeclaration] {
    graph.parameters(of: node).filter { graph.canTrain($0.role, of: node) }
  }

  private func site(of node: Int) -> LayerSite {
    let inputs = graph.nodes[node].inputs
    let hasBackward = gradients.reachesLoss[fusion.outputNodes[node]] && gradients.isNeeded[node]
    let isFrozen = request.frozenNodes.contains(node)
    var site = LayerSite(
      batch: request.batch, inputs: inputs.map { graph.shapes[$0] }, output: graph.shapes[node],
      inputFormats: inputs.map { graph.formats[$0] }, outputFormat: graph.formats[node],
      threadCount: request.threadCount)
    site.packing = request.packing
    site.isTraining = request.isTraining && !isFrozen
    site.trainsParameters = hasBackward && !isFrozen && graph.canTrain(node)
    site.wantsInputGradient = inputs.map { hasBackward && gradients.isNeeded[$0] }
    site.activation = fusion.activations[node]
    return site
  }

  /// Decides, in the order of the backward run, which contribution to a gradient is the first.
  private mutating func orderGradients() {
    var written = [Bool](repeating: false, count: graph.nodes.count)
    for node in request.lossNodes { written[aliasing.representative(of: node)] = true }
    for index in backwardSteps {
      steps[index].accumulates = graph.nodes[steps[index].node].inputs.map { input in
        let target = aliasing.representative(of: input)
        defer { written[target] = true }
        return written[target]
      }
    }
  }

  /// Collects every buffer with its life span, and places them all.
  private mutating func layOut(_ packed: PackedWeights?) {
    let lossStep = steps.count
    let lastStep = lossStep + backwardSteps.count + 1
    var backwardPositions = [Int?](repeating: nil, count: graph.nodes.count)
    for (position, index) in backwardSteps.enumerated() {
      backwardPositions[steps[index].node] = lossStep + 1 + position
    }
    var needs = steps.map { graph.nodes[$0.node].operation.needs($0.site) }
    for position in steps.indices {
      guard let entry = packed?.entry(for: steps[position], of: self, needs[position]) else {
        continue
      }
      steps[position].packedEntry = entry
      needs[position].forwardPacked = 0
    }
    var lifetimes = Lifetimes(
      plan: self, lossStep: lossStep, lastStep: lastStep, backwardPositions: backwardPositions)
    for (position, step) in steps.enumerated() {
      lifetimes.addValues(step, needs[position], at: position)
      if let time = backwardPositions[step.node] { lifetimes.addGradients(step, at: time) }
      lifetimes.addMemory(step, needs[position], at: position)
    }
    lifetimes.addPinned()
    let layout = ArenaLayout(lifetimes.buffers)
    buffers = lifetimes.buffers
    bufferOffsets = layout.offsets
    arenaByteCount = layout.byteCount
    arenaLowerBound = layout.lowerBound
    func offset(_ buffer: Int?) -> Int? { buffer.map { layout.offsets[$0] } }
    valueOffsets = lifetimes.values.map { offset($0) }
    gradientOffsets = lifetimes.gradients.map { offset($0) }
    for position in steps.indices {
      let memory = lifetimes.memory[position]
      steps[position].forwardScratch = offset(memory.forwardScratch)
      steps[position].backwardScratch = offset(memory.backwardScratch)
      steps[position].saved = offset(memory.saved)
      steps[position].forwardPacked = offset(memory.forwardPacked)
      steps[position].backwardPacked = offset(memory.backwardPacked)
      steps[position].parameterGradients = memory.parameterGradients.map { layout.offsets[$0] }
    }
  }
}
