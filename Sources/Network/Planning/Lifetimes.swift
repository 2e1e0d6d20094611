// SPDX-License-Identifier: Apache-2.0
import Kernels

/// Every buffer of a plan and the steps between which it must keep its contents.
///
/// Steps are numbered in the order in which they run: the forward steps, the loss, the backward
/// steps, the end.
struct Lifetimes {
  /// The buffers of one step besides its values, by index.
  struct Memory {
    var forwardScratch: Int?
    var backwardScratch: Int?
    var saved: Int?
    var forwardPacked: Int?
    var backwardPacked: Int?
    var parameterGradients: [Int] = []
  }

  private(set) var buffers: [Buffer] = []
  /// The buffer of each root's output and of its gradient.
  private(set) var values: [Int?]
  private(set) var gradients: [Int?]
  private(set) var memory: [Memory] = []

  private let plan: Plan
  private let lossStep: Int
  private let lastStep: Int
  private let backwardPositions: [Int?]

  init(plan: Plan, lossStep: Int, lastStep: Int, backwardPositions: [Int?]) {
    self.plan = plan
    self.lossStep = lossStep
    self.lastStep = lastStep
    self.backwardPositions = backwardPositions
    values = [Int?](repeating: nil, count: plan.graph.nodes.count)
    gradients = values
    // The inputs are written before the first step.
    for input in plan.graph.inputs { touchValue(input, at: 0) }
  }

  /// The step writes its output and reads its inputs, now and, if it says so, in the backward pass.
  mutating func addValues(_ step: Plan.Step, _ needs: LayerNeeds, at time: Int) {
    touchValue(plan.fusion.outputNodes[step.node], at: time)
    for input in plan.graph.nodes[step.node].inputs {
      touchValue(input, at: time)
      if needs.backwardReadsInputs, let back = backwardPositions[step.node] {
        touchValue(input, at: back)
      }
    }
    if needs.backwardReadsOutput, let back = backwardPositions[step.node] {
      touchValue(plan.fusion.outputNodes[step.node], at: back)
    }
  }

  /// The backward step reads its output's gradient and writes its inputs'.
  mutating func addGradients(_ step: Plan.Step, at time: Int) {
    touchGradient(plan.fusion.outputNodes[step.node], at: time)
    for (input, isWanted) in zip(plan.graph.nodes[step.node].inputs, step.site.wantsInputGradient)
    where isWanted { touchGradient(input, at: time) }
  }

  /// Scratch lives for one step; what is saved, from the forward step to the backward step; the
  /// gradients of parameters from there to the end, where activations lay that are not needed any
  /// more.
  mutating func addMemory(_ step: Plan.Step, _ needs: LayerNeeds, at time: Int) {
    let back = backwardPositions[step.node]
    let isPersistent = plan.keepsPackedWeights(of: step)
    memory.append(
      Memory(
        forwardScratch: add(needs.forwardScratch, time, time),
        backwardScratch: back.flatMap { add(needs.backwardScratch, $0, $0) },
        saved: add(needs.saved, time, back ?? time),
        forwardPacked: add(
          needs.forwardPacked, isPersistent ? 0 : time, isPersistent ? lastStep : time),
        backwardPacked: back.flatMap { add(needs.backwardPacked, $0, $0) },
        parameterGradients: back.map { addParameterGradients(step, from: $0) } ?? []))
  }

  private mutating func addParameterGradients(_ step: Plan.Step, from back: Int) -> [Int] {
    guard step.site.trainsParameters else { return [] }
    return plan.trainedParameters(of: step.node).map { parameter in
      let format = parameter.gradientFormat
      return addBytes(
        format.headerByteCount + parameter.count * format.elementType.byteCount
          + LayerNeeds.bytes(floats: Machine.vectorFloats), back, lastStep)
    }
  }

  /// Losses read outputs and write gradients; whatever is kept lives to the end.
  mutating func addPinned() {
    let request = plan.request
    for node in request.lossNodes {
      touchValue(node, at: lossStep)
      touchGradient(node, at: lossStep)
    }
    for node in request.keptValues + plan.graph.outputs { touchValue(node, at: lastStep) }
    for node in request.keptGradients { touchGradient(node, at: lastStep) }
    if request.wantsInputGradient { touchGradient(0, at: lastStep) }
  }

  /// Constants lie among the parameters.
  private mutating func touchValue(_ node: Int, at time: Int) {
    let root = plan.aliasing.location(of: node).root
    if plan.graph.isConstant(root) { return }
    if let index = values[root] {
      buffers[index].extend(to: time)
    } else {
      values[root] = addBytes(
        elementCount(of: root) * plan.graph.formats[root].byteCount + Self.slackBytes, time, time)
    }
  }

  private mutating func touchGradient(_ node: Int, at time: Int) {
    let root = plan.aliasing.location(of: node).root
    if let index = gradients[root] {
      buffers[index].extend(to: time)
    } else {
      let format = plan.gradientFormat(of: root)
      gradients[root] = addBytes(
        format.headerByteCount + elementCount(of: root) * format.elementType.byteCount
          + Self.slackBytes, time, time)
    }
  }

  private func elementCount(of root: Int) -> Int {
    plan.request.batch * plan.graph.shapes[root].elementCount
  }

  /// Kernels may read the widest vector past the end of a tensor.
  private static var slackBytes: Int { 64 }

  private mutating func add(_ byteCount: Int, _ first: Int, _ last: Int) -> Int? {
    byteCount > 0 ? addBytes(byteCount, first, last) : nil
  }

  private mutating func addBytes(_ byteCount: Int, _ first: Int, _ last: Int) -> Int {
    buffers.append(Buffer(byteCount: byteCount, firstStep: first, lastStep: last))
    return buffers.count - 1
  }
}
