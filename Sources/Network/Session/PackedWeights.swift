// SPDX-License-Identifier: Apache-2.0
package import Kernels

/// Weights of integer layers in the order in which the kernels of one CPU read them, for one
/// example a run. A model that has those for this CPU packs none when it is opened, and needs no
/// memory for them but the file's.
public struct PackedWeights {
  /// The weights of one node.
  package struct Entry {
    package var node: String
    package var bytes: UnsafeRawBufferPointer

    package init(node: String, bytes: UnsafeRawBufferPointer) {
      self.node = node
      self.bytes = bytes
    }
  }

  package var layout: PackingLayout
  package var entries: [Entry]
  /// Keeps the entries' memory alive.
  private let owner: AnyObject?

  package init(layout: PackingLayout, entries: [Entry], owner: AnyObject?) {
    self.layout = layout
    self.entries = entries
    self.owner = owner
  }

  /// Packs a model's weights.
  /// - Returns: `nil` when memory is out.
  package init?(of model: Model, for layout: PackingLayout) {
    guard let pool = ThreadPool(threadCount: 1) else { return nil }
    var request = PlanRequest(batch: 1, threadCount: 1)
    request.packing = layout
    let plan = Plan(unchecked: model.graph, request, packed: nil)
    guard let session = Session(plan, model.parameters, pool) else { return nil }
    self.init(layout: layout, entries: session.packedEntries, owner: session)
  }

  /// Packs a model's weights for this CPU.
  /// - Returns: `nil` when memory is out.
  public init?(of model: Model) { self.init(of: model, for: .native) }

  /// Packs a model's weights for a CPU of `cpuNames`.
  /// - Returns: `nil` when there is no such name, or memory is out.
  public init?(of model: Model, for cpu: String) {
    let named = PackingLayout.named.first { "\($0.name)".utf8.elementsEqual(cpu.utf8) }
    guard let named else { return nil }
    self.init(of: model, for: named.layout)
  }

  /// The CPUs that weights can be packed for.
  public static var cpuNames: [String] { PackingLayout.named.map { "\($0.name)" } }

  /// The names of the CPUs that these are for.
  public var cpuNames: [String] {
    PackingLayout.named.filter { $0.layout == layout }.map { "\($0.name)" }
  }

  /// The entry that a step of a plan can read where it lies.
  func entry(for step: Plan.Step, of plan: Plan, _ needs: LayerNeeds) -> Int? {
    guard step.isPackable(in: plan.graph), !plan.request.isTraining, plan.request.batch == 1,
      plan.request.packing == .native, layout == .native
    else { return nil }
    let name = plan.graph.nodes[step.node].name
    return entries.firstIndex { entry in
      entry.node.utf8.elementsEqual(name.utf8) && entry.bytes.count == needs.forwardPacked
        && Int(bitPattern: entry.bytes.baseAddress) % 64 == 0
    }
  }
}

extension Plan.Step {
  /// Whether its integer weights are packed.
  func isPackable(in graph: Graph) -> Bool {
    site.isInteger && graph.nodes[node].operation.properties.hasWeights
  }
}
