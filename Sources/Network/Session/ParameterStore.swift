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
    /// The node that has the parameter.
    public let node: Int
    /// What it is, and its extents.
    public let declaration: ParameterDeclaration
    /// In floats from the start of the store; of no use where the store maps a file.
    public let offset: Int
    /// The position among the entries.
    package let index: Int
  }

  /// All parameters, in order.
  public let entries: [Entry]
  /// Floats, with the gaps that align each tensor.
  public let count: Int
  package let base: UnsafeMutablePointer<Float>
  /// Where each entry lies: at its offset, or in mapped memory.
  private var addresses: [UnsafeMutableRawPointer]
  private var isMapped: [Bool]
  /// Own memory of entries that were mapped.
  private var copies: [(address: UnsafeMutableRawPointer, byteCount: Int)] = []
  /// Keeps mapped memory alive.
  private let owner: AnyObject?
  /// The entries of each node, as a range.
  private let entryRanges: [Range<Int>]
  private let byteCount: Int

  /// Zeroed parameters for `graph`; `nil` when memory is out.
  public convenience init?(_ graph: Graph) { self.init(graph, owner: nil) { _ in nil } }

  /// Parameters of which some lie elsewhere, read-only, such as in a mapped file.
  /// - Parameter owner: what keeps that memory alive; the store holds on to it.
  /// - Parameter mapped: the address of an entry's elements, aligned to their size, or `nil` for an
  ///   entry that gets zeroed memory of its own.
  /// - Returns: `nil` when memory is out.
  package init?(_ graph: Graph, owner: AnyObject?, mapped: (Entry) -> UnsafeRawPointer?) {
    var addresses: [UnsafeRawPointer?] = []
    var entries: [Entry] = []
    var ranges: [Range<Int>] = []
    var offset = 0
    for (index, node) in graph.nodes.enumerated() {
      let first = entries.count
      for declaration in graph.parameters(of: index) {
        let entry = Entry(
          name: node.name + "/" + declaration.role.name, node: index, declaration: declaration,
          offset: offset, index: entries.count)
        entries.append(entry)
        addresses.append(mapped(entry))
        if addresses.last == .some(nil) {
          offset = Self.aligned(offset + (declaration.byteCount + 3) / 4)
        }
      }
      ranges.append(first..<entries.count)
    }
    self.entries = entries
    entryRanges = ranges
    count = offset
    byteCount = (offset + 2 * Machine.vectorFloats) * MemoryLayout<Float>.stride
    guard let pages = ocelli_pages_allocate(byteCount) else { return nil }
    let base = pages.bindMemory(to: Float.self, capacity: offset + 2 * Machine.vectorFloats)
    self.base = base
    self.owner = owner
    isMapped = addresses.map { $0 != nil }
    self.addresses = zip(entries, addresses).map { entry, address in
      address.map(UnsafeMutableRawPointer.init(mutating:))
        ?? UnsafeMutableRawPointer(base + entry.offset)
    }
  }

  deinit {
    ocelli_pages_free(base, byteCount)
    for copy in copies { ocelli_pages_free(copy.address, copy.byteCount) }
  }

  /// Copies an entry that lies in mapped memory, which cannot be written to, into own memory.
  /// Sessions that were made before go on reading the mapped one.
  /// - Returns: Whether there was memory.
  func makeWritable(_ entry: Entry) -> Bool {
    guard isMapped[entry.index] else { return true }
    let byteCount =
      entry.declaration.byteCount + 2 * Machine.vectorFloats * MemoryLayout<Float>.stride
    guard let copy = ocelli_pages_allocate(byteCount) else { return false }
    copy.copyMemory(from: address(of: entry), byteCount: entry.declaration.byteCount)
    copies.append((copy, byteCount))
    addresses[entry.index] = copy
    isMapped[entry.index] = false
    return true
  }

  /// The elements of one entry of floats.
  public func values(of entry: Entry) -> UnsafeMutableBufferPointer<Float> {
    precondition(entry.declaration.format == .float32, "the entry holds floats")
    return UnsafeMutableBufferPointer(
      start: address(of: entry).assumingMemoryBound(to: Float.self), count: entry.declaration.count)
  }

  /// The floats of the parameter of a role, which the node has.
  func floats(_ role: ParameterRole, of node: Int) -> UnsafeMutablePointer<Float> {
    guard let entry = entries(of: node).first(where: { $0.declaration.role == role }),
      let values = values(of: entry).baseAddress
    else { preconditionFailure("the node has a parameter of this role") }
    return values
  }

  /// Where the elements of an entry lie.
  package func address(of entry: Entry) -> UnsafeMutableRawPointer { addresses[entry.index] }

  /// The bytes of one entry.
  package func bytes(of entry: Entry) -> UnsafeMutableRawBufferPointer {
    UnsafeMutableRawBufferPointer(start: address(of: entry), count: entry.declaration.byteCount)
  }

  /// The parameters of one node.
  public func entries(of node: Int) -> ArraySlice<Entry> { entries[entryRanges[node]] }

  /// The parameter of a name; `nil` when there is none.
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
      bytes(of: target).copyMemory(from: UnsafeRawBufferPointer(other.bytes(of: source)))
    }
  }

  /// Copies into `other` every parameter that this store holds under its name with `prefix` in
  /// front.
  public func extractParameters(into other: ParameterStore, prefix: String) {
    for target in other.entries {
      guard let source = entry(named: prefix + target.name) else { continue }
      precondition(
        target.declaration.dimensions == source.declaration.dimensions, "shapes agree by name")
      other.bytes(of: target).copyMemory(from: UnsafeRawBufferPointer(bytes(of: source)))
    }
  }

  /// Tensors start at whole cache lines.
  static func aligned(_ count: Int) -> Int { (count + 15) & ~15 }
}

extension ParameterStore {
  /// Gives every parameter its initial value. Each tensor draws from a stream of its own, keyed by
  /// its position.
  public func initialize(seed: UInt64) {
    for (index, entry) in entries.enumerated() {
      var random = RandomGenerator(seed: seed, stream: UInt64(index))
      initialize(entry, &random)
    }
  }

  private func initialize(_ entry: Entry, _ random: inout RandomGenerator) {
    let values = values(of: entry)
    let dimensions = entry.declaration.dimensions
    // Weights are outputs × … × inputs: all but the first extent feed one output.
    let fanIn = Float(dimensions.dropFirst().reduce(1, *))
    let receptiveField = dimensions.dropFirst().dropLast().reduce(1, *)
    let fanOut = Float(dimensions[0] * receptiveField)
    switch entry.declaration.initialization {
    case .constant(let value): values.update(repeating: value)
    case .he:
      let deviation = (2 / fanIn).squareRoot()
      for index in values.indices { values[index] = deviation * random.normal() }
    case .glorot:
      let bound = (6 / (fanIn + fanOut)).squareRoot()
      for index in values.indices { values[index] = random.uniform(-bound..<bound) }
    case .uniformFanIn:
      let bound = 1 / fanIn.squareRoot()
      for index in values.indices { values[index] = random.uniform(-bound..<bound) }
    case .dirac:
      let bound = 1 / fanIn.squareRoot()
      for index in values.indices { values[index] = random.uniform(-bound..<bound) }
      copyInputs(values, dimensions)
    }
  }

  /// Makes output channel i of an OHWI tensor the centre tap of input channel i.
  private func copyInputs(_ values: UnsafeMutableBufferPointer<Float>, _ dimensions: [Int]) {
    guard dimensions.count == 4 else { return }
    let inputs = dimensions[3]
    let taps = dimensions[1] * dimensions[2]
    let centre = (dimensions[1] / 2) * dimensions[2] + dimensions[2] / 2
    for channel in 0..<min(dimensions[0], inputs) {
      let start = channel * taps * inputs
      for index in 0..<taps * inputs { values[start + index] = 0 }
      values[start + centre * inputs + channel] = 1
    }
  }
}
