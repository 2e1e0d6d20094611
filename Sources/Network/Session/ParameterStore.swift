// SPDX-License-Identifier: Apache-2.0
import CPlatform
import Kernels

/// The parameters of a graph: one allocation, in the stable order of nodes and of each layer's
/// declarations.
public final class ParameterStore {
  /// One parameter tensor and where it lies.
  public struct Entry: Sendable {
    /// The node's name, a slash and the role: `encoder1/convolution1/weights`.
    public let name: String
    public let node: Int
    public let declaration: ParameterDeclaration
    /// In floats from the start of the store.
    public let offset: Int
  }

  public let entries: [Entry]
  /// Floats, with the gaps that align each tensor.
  public let count: Int
  package let base: UnsafeMutablePointer<Float>
  /// The entries of each node, as a range.
  private let entryRanges: [Range<Int>]
  private let byteCount: Int

  /// Zeroed parameters for `graph`; `nil` when memory is out.
  public init?(_ graph: Graph) {
    var entries: [Entry] = []
    var ranges: [Range<Int>] = []
    var offset = 0
    for (index, node) in graph.nodes.enumerated() {
      let first = entries.count
      for declaration in graph.parameters(of: index) {
        entries.append(
          Entry(
            name: node.name + "/" + declaration.role.name, node: index, declaration: declaration,
            offset: offset))
        offset = Self.aligned(offset + declaration.count)
      }
      ranges.append(first..<entries.count)
    }
    self.entries = entries
    entryRanges = ranges
    count = offset
    byteCount = (offset + 2 * Machine.vectorFloats) * MemoryLayout<Float>.stride
    guard let pages = ocelli_pages_allocate(byteCount) else { return nil }
    base = pages.bindMemory(to: Float.self, capacity: offset + 2 * Machine.vectorFloats)
  }

  deinit { ocelli_pages_free(base, byteCount) }

  /// The elements of one entry.
  public func values(of entry: Entry) -> UnsafeMutableBufferPointer<Float> {
    UnsafeMutableBufferPointer(start: base + entry.offset, count: entry.declaration.count)
  }

  public func entries(of node: Int) -> ArraySlice<Entry> { entries[entryRanges[node]] }

  public func entry(named name: String) -> Entry? {
    entries.first { $0.name.utf8.elementsEqual(name.utf8) }
  }

  /// Copies every parameter of `other` whose name, with `prefix` in front, this store has too.
  /// Both ends must declare the same shape.
  public func copyParameters(from other: ParameterStore, prefix: String = "") {
    for source in other.entries {
      guard let target = entry(named: prefix + source.name) else { continue }
      precondition(
        target.declaration.dimensions == source.declaration.dimensions, "shapes agree by name")
      (base + target.offset).update(
        from: other.base + source.offset, count: source.declaration.count)
    }
  }

  /// Copies into `other` every parameter that this store holds under its name with `prefix` in
  /// front.
  public func extractParameters(into other: ParameterStore, prefix: String) {
    for target in other.entries {
      guard let source = entry(named: prefix + target.name) else { continue }
      precondition(
        target.declaration.dimensions == source.declaration.dimensions, "shapes agree by name")
      (other.base + target.offset).update(
        from: base + source.offset, count: target.declaration.count)
    }
  }

  /// Tensors start at whole cache lines.
  static func aligned(_ count: Int) -> Int { (count + 15) & ~15 }
}
