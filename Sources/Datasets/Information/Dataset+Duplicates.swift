// SPDX-License-Identifier: Apache-2.0

extension Dataset {
  /// Groups of images that are equal byte for byte, in ascending order.
  public var duplicates: [[Int]] {
    Dictionary(grouping: hashes.indices) { hashes[$0] }.values
      .filter { $0.count > 1 }.sorted { $0[0] < $1[0] }
  }

  /// The set without copies: of equal images, whatever their labels, the first stays.
  ///
  /// Do this before a split: copies that fall into both parts make them overlap.
  public func withoutDuplicates() -> Dataset {
    var seen: Set<ContentHash> = []
    return subset((0..<count).filter { seen.insert(hashes[$0]).inserted })
  }

  /// Groups of images that look alike without being equal, in ascending order; of equal images, the
  /// first stands for all.
  public func nearDuplicates() -> [[Int]] {
    let firsts = Dictionary(grouping: hashes.indices) { hashes[$0] }.values.map { $0[0] }.sorted()
    var groups = DisjointGroups(count: firsts.count)
    withExtendedLifetime(cache) {
      NearDuplicates(firsts.map { pixels(at: $0) }, width: width, height: height)
        .forEachPair(where: { groups.root(of: $0) != groups.root(of: $1) }) { groups.join($0, $1) }
    }
    return groups.groups.map { group in group.map { firsts[$0] } }
  }

  /// Images of this set that look like an image of `other`, equal ones included, in ascending
  /// order.
  ///
  /// Each comes with one of its look-alikes.
  public func nearOverlap(with other: Dataset) -> [SharedImage] {
    guard width == other.width && height == other.height else { return [] }
    let images = (0..<count).map { pixels(at: $0) } + (0..<other.count).map { other.pixels(at: $0) }
    var matches: [Int: Int] = [:]
    withExtendedLifetime((cache, other.cache)) {
      NearDuplicates(images, width: width, height: height).forEachPair(
        where: { $0 < count && $1 >= count && matches[$0] == nil }
      ) { matches[$0] = $1 - count }
    }
    return matches.sorted { $0.key < $1.key }.map { SharedImage(first: $0.key, second: $0.value) }
  }
}

/// Numbers that are joined into groups step by step: a forest in which every group's root is its
/// smallest member.
private struct DisjointGroups {
  private var parents: [Int]

  init(count: Int) { parents = Array(0..<count) }

  func root(of member: Int) -> Int {
    var root = member
    while parents[root] != root { root = parents[root] }
    return root
  }

  mutating func join(_ first: Int, _ second: Int) {
    let (a, b) = (root(of: first), root(of: second))
    let root = min(a, b)
    for var member in [first, second, a, b] {
      while parents[member] != member {
        let next = parents[member]
        parents[member] = root
        member = next
      }
      parents[member] = root
    }
  }

  /// Groups of more than one, in ascending order of their smallest members.
  var groups: [[Int]] {
    Dictionary(grouping: parents.indices) { root(of: $0) }.values
      .filter { $0.count > 1 }.map { $0.sorted() }.sorted { $0[0] < $1[0] }
  }
}
