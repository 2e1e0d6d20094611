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

  public let graph: Graph
  public let request: PlanRequest
  let wiring: Wiring
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

  /// Whether packed weights stay in the arena between runs: the weights of inference plans do not
  /// change.
  var keepsPackedWeights: Bool { !request.isTraining }

  /// - Parameter packed: the model's packed weights. Those that are for such a plan on this CPU get
  ///   no memory in the arena.
  public init(_ graph: Graph, _ request: PlanRequest, packed: PackedWeights? = nil) {
    precondition(request.batch > 0 && request.threadCount > 0, "a plan runs something")
    self.graph = graph
    self.request = request
    wiring = Wiring(graph, request)
    valueOffsets = [Int?](repeating: nil, count: graph.nodes.count)
    gradientOffsets = valueOffsets
    steps = wiring.steps.map { Step(node: $0, site: site(of: $0), accumulates: []) }
    backwardSteps = steps.indices.reversed().filter { steps[$0].site.hasBackward }
    orderGradients()
    layOut(packed)
  }

  package var stepCount: Int { steps.count }

  /// The node that a step runs.
  package func node(ofStep index: Int) -> Int { steps[index].node }

  private func site(of node: Int) -> LayerSite {
    let inputs = graph.nodes[node].inputs
    let hasBackward = wiring.hasBackwardStep(node)
    let isFrozen = request.frozenNodes.contains(node)
    return LayerSite(
      batch: request.batch, inputs: inputs.map { graph.shapes[$0] }, output: graph.shapes[node],
      inputFormats: inputs.map { graph.formats[$0] }, outputFormat: graph.formats[node],
      threadCount: request.threadCount, packing: request.packing,
      isTraining: request.isTraining && !isFrozen,
      trainsParameters: hasBackward && !isFrozen
        && graph.parameters(of: node).contains { $0.role.isLearnt },
      wantsInputGradient: inputs.map { hasBackward && wiring.needsGradient[$0] },
      activation: wiring.fusedActivations[node])
  }

  /// Decides, in the order of the backward run, which contribution to a gradient is the first.
  private mutating func orderGradients() {
    var written = [Bool](repeating: false, count: graph.nodes.count)
    for node in request.lossNodes { written[canonical(node)] = true }
    for index in backwardSteps {
      steps[index].accumulates = graph.nodes[steps[index].node].inputs.map { input in
        let target = canonical(input)
        defer { written[target] = true }
        return written[target]
      }
    }
  }

  /// The node that stands for all nodes that lie in the very same place.
  private func canonical(_ node: Int) -> Int {
    if case .same(let other) = wiring.places[node] { return canonical(other) }
    return node
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
