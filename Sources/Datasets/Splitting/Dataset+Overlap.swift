// SPDX-License-Identifier: Apache-2.0

/// An image that is in two data sets.
public struct SharedImage: Equatable, Sendable {
  /// Its index in the first set.
  public let first: Int
  /// Its index in the second set: the first one, when the set holds it several times.
  public let second: Int

  public init(first: Int, second: Int) {
    self.first = first
    self.second = second
  }
}

extension Dataset {
  /// The images of this set that are also in `other`, byte for byte, whatever their labels.
  public func overlap(with other: Dataset) -> [SharedImage] {
    guard width == other.width && height == other.height else { return [] }
    let places = Dictionary(
      zip(other.hashes, 0...), uniquingKeysWith: { first, _ in first })
    return hashes.enumerated().compactMap { index, hash in
      places[hash].map { SharedImage(first: index, second: $0) }
    }
  }

  /// Refuses a test set that shares images with this training set, unless `isAllowed`; returns what
  /// they share.
  ///
  /// A model that is tested on images it was trained on reports its memory, not its accuracy: a run
  /// that allows it must be marked as contaminated.
  @discardableResult
  public func requireDisjoint(
    from test: Dataset, overlapIsAllowed isAllowed: Bool = false
  ) throws(DatasetError) -> [SharedImage] {
    let shared = overlap(with: test)
    if let example = shared.first, !isAllowed {
      throw .overlap(
        count: shared.count, first: name, firstImage: sourceNames[example.first],
        second: test.name, secondImage: test.sourceNames[example.second])
    }
    return shared
  }
}
