// SPDX-License-Identifier: Apache-2.0
import Foundation
import Platform

/// The bytes of many images, in memory or in a mapped file, that data sets and their subsets share.
public final class PixelCache: @unchecked Sendable {
  // Nothing writes to `bytes` after the initialiser: that is what makes sharing between threads
  // sound.
  let bytes: UnsafeRawBufferPointer
  private let release: (UnsafeRawBufferPointer) -> Void

  private init(_ bytes: UnsafeRawBufferPointer, release: @escaping (UnsafeRawBufferPointer) -> Void)
  { (self.bytes, self.release) = (bytes, release) }

  deinit { release(bytes) }

  /// Memory of `byteCount` bytes, zeroed and then filled by `body`.
  public static func filled<Failure: Error>(
    byteCount: Int, by body: (UnsafeMutableBufferPointer<UInt8>) throws(Failure) -> Void
  ) throws(Failure) -> PixelCache {
    guard let bytes = zeroed(byteCount) else { preconditionFailure("no memory for the images") }
    let cache = owning(bytes)
    try body(bytes)
    return cache
  }

  /// Like `filled`, but for what comes from outside: having no room is an error.
  static func read(
    byteCount: Int, name: String,
    by body: (UnsafeMutableBufferPointer<UInt8>) throws(DatasetError) -> Void
  ) throws(DatasetError) -> PixelCache {
    guard let bytes = zeroed(byteCount) else {
      throw .outOfMemory(name: name, byteCount: byteCount)
    }
    let cache = owning(bytes)
    try body(bytes)
    return cache
  }

  private static func zeroed(_ byteCount: Int) -> UnsafeMutableBufferPointer<UInt8>? {
    var memory: UnsafeMutableRawPointer?
    guard posix_memalign(&memory, 64, max(byteCount, 64)) == 0, let memory else { return nil }
    let bytes = UnsafeMutableBufferPointer(
      start: memory.bindMemory(to: UInt8.self, capacity: byteCount), count: byteCount)
    bytes.initialize(repeating: 0)
    return bytes
  }

  private static func owning(_ bytes: UnsafeMutableBufferPointer<UInt8>) -> PixelCache {
    PixelCache(UnsafeRawBufferPointer(bytes)) {
      free(UnsafeMutableRawPointer(mutating: $0.baseAddress))
    }
  }

  /// Bytes of `imageCount` images, refused when the machine has not as much memory.
  static func byteCount(ofImages imageCount: Int, size: DatasetError.Size, name: String)
    throws(DatasetError) -> Int
  {
    let (total, overflows) = (3 * size.width * size.height).multipliedReportingOverflow(
      by: imageCount)
    guard !overflows && UInt64(total) <= ProcessInfo.processInfo.physicalMemory else {
      throw .tooLarge(name: name, imageCount: imageCount, size: size)
    }
    return total
  }

  /// The file at `path`, mapped: pages are read when they are first touched and given back under
  /// memory pressure.
  public static func mapped(file path: String) throws(DatasetError) -> PixelCache {
    let file: ReadableFile
    do throws(FileError) { file = try ReadableFile(path: path, access: .mapped) } catch {
      throw .unreadable(path: path, reason: error.reason)
    }
    guard file.bytes.count > 0 else {
      throw .wrongByteCount(path: path, byteCount: 0, expected: "a file that is not empty")
    }
    return borrowed(file.bytes, from: file)
  }

  /// `bytes` of `owner`, which stay valid as long as `owner` lives.
  static func borrowed(_ bytes: UnsafeRawBufferPointer, from owner: some Sendable) -> PixelCache {
    PixelCache(bytes) { _ in withExtendedLifetime(owner) {} }
  }
}

extension UnsafeMutableBufferPointer<UInt8> {
  /// Copies the bytes of image number `index` to their place; all images have as many.
  func store(_ pixels: [UInt8], at index: Int) {
    let place = index * pixels.count..<(index + 1) * pixels.count
    pixels.withUnsafeBytes { UnsafeMutableRawBufferPointer(extracting(place)).copyMemory(from: $0) }
  }
}

/// A 128-bit hash of an image's bytes, equal for equal images on every machine.
///
/// MurmurHash3 x64-128 with seed 0 (Appleby, 2011, public domain): in Python, `mmh3.hash128(bytes,
/// x64arch=True)`. It finds copies, but does not protect against forged ones.
public struct ContentHash: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// Bits 0 to 63.
  public let low: UInt64
  /// Bits 64 to 127.
  public let high: UInt64

  private static let c1: UInt64 = 0x87c3_7b91_1142_53d5
  private static let c2: UInt64 = 0x4cf5_ad43_2745_937f

  /// The hash of `bytes`.
  public init(of bytes: UnsafeRawBufferPointer) {
    var h1: UInt64 = 0
    var h2: UInt64 = 0
    let blockCount = bytes.count / 16
    for block in 0..<blockCount {
      let k1 = UInt64(
        littleEndian: bytes.loadUnaligned(fromByteOffset: 16 * block, as: UInt64.self))
      let k2 = UInt64(
        littleEndian: bytes.loadUnaligned(fromByteOffset: 16 * block + 8, as: UInt64.self))
      h1 ^= Self.scramble1(k1)
      h1 = (Self.rotate(h1, by: 27) &+ h2) &* 5 &+ 0x52dc_e729
      h2 ^= Self.scramble2(k2)
      h2 = (Self.rotate(h2, by: 31) &+ h1) &* 5 &+ 0x3849_5ab5
    }
    var k1: UInt64 = 0
    var k2: UInt64 = 0
    for (index, byte) in bytes[(16 * blockCount)...].enumerated() {
      if index < 8 {
        k1 |= UInt64(byte) << (8 * index)
      } else {
        k2 |= UInt64(byte) << (8 * index - 64)
      }
    }
    h1 ^= Self.scramble1(k1) ^ UInt64(bytes.count)
    h2 ^= Self.scramble2(k2) ^ UInt64(bytes.count)
    h1 &+= h2
    h2 &+= h1
    h1 = Self.finish(h1)
    h2 = Self.finish(h2)
    low = h1 &+ h2
    high = h2 &+ low
  }

  /// The hash of `bytes`.
  public init(of bytes: [UInt8]) { self = bytes.withUnsafeBytes { ContentHash(of: $0) } }

  /// By value.
  public static func < (left: ContentHash, right: ContentHash) -> Bool {
    (left.high, left.low) < (right.high, right.low)
  }

  /// 32 hexadecimal digits, the high half first.
  public var description: String {
    [high, low].map { half in
      let digits = String(half, radix: 16)
      return String(repeating: "0", count: 16 - digits.count) + digits
    }.joined()
  }

  @inline(__always) private static func rotate(_ value: UInt64, by count: UInt64) -> UInt64 {
    value << count | value >> (64 &- count)
  }

  @inline(__always) private static func scramble1(_ value: UInt64) -> UInt64 {
    rotate(value &* c1, by: 31) &* c2
  }

  @inline(__always) private static func scramble2(_ value: UInt64) -> UInt64 {
    rotate(value &* c2, by: 33) &* c1
  }

  private static func finish(_ value: UInt64) -> UInt64 {
    var k = value
    k = (k ^ (k >> 33)) &* 0xff51_afd7_ed55_8ccd
    k = (k ^ (k >> 33)) &* 0xc4ce_b9fe_1a85_ec53
    return k ^ (k >> 33)
  }
}

/// An image that is in two data sets.
public struct SharedImage: Equatable, Sendable {
  /// Its index in the first set.
  public let first: Int
  /// Its index in the second set: the first one, when the set holds it several times.
  public let second: Int

  package init(first: Int, second: Int) { (self.first, self.second) = (first, second) }
}

extension Dataset {
  /// The images of this set that are also in `other`, byte for byte, whatever their labels.
  public func overlap(with other: Dataset) -> [SharedImage] {
    guard width == other.width && height == other.height else { return [] }
    let places = Dictionary(zip(other.hashes, 0...), uniquingKeysWith: { first, _ in first })
    return hashes.enumerated().compactMap { index, hash in
      places[hash].map { SharedImage(first: index, second: $0) }
    }
  }

  /// Throws if the test set shares images with this training set, unless `isAllowed`; returns what
  /// they share.
  ///
  /// A model that is tested on its training images shows its memory, not its accuracy: mark a run
  /// that allows it as contaminated.
  @discardableResult public func requireDisjoint(
    from test: Dataset, overlapIsAllowed isAllowed: Bool = false
  ) throws(DatasetError) -> [SharedImage] {
    let shared = overlap(with: test)
    if let example = shared.first, !isAllowed {
      throw .overlap(
        count: shared.count, first: name, firstImage: sourceNames[example.first], second: test.name,
        secondImage: test.sourceNames[example.second])
    }
    return shared
  }

  /// Groups of images that are equal byte for byte, in ascending order.
  public var duplicates: [[Int]] {
    Dictionary(grouping: hashes.indices) { hashes[$0] }.values.filter { $0.count > 1 }.sorted {
      $0[0] < $1[0]
    }
  }

  /// The set without copies: the first of equal images stays, whatever their labels.
  ///
  /// Do this before a split: copies in both parts would make them overlap.
  public func withoutDuplicates() -> Dataset {
    var seen: Set<ContentHash> = []
    return subset((0..<count).filter { seen.insert(hashes[$0]).inserted })
  }

  /// Groups of images that look alike without being equal, in ascending order; only the first of
  /// equal images is compared.
  public func nearDuplicates() -> [[Int]] {
    let firsts = Dictionary(grouping: hashes.indices) { hashes[$0] }.values.map { $0[0] }.sorted()
    var groups = DisjointGroups(count: firsts.count)
    withExtendedLifetime(cache) {
      NearDuplicates(firsts.map { pixels(at: $0) }, width: width, height: height).forEachPair(
        where: { groups.root(of: $0) != groups.root(of: $1) }) { groups.join($0, $1) }
    }
    return groups.groups.map { group in group.map { firsts[$0] } }
  }
}

/// Disjoint sets of numbers, each a tree whose root is its smallest member.
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
    Dictionary(grouping: parents.indices) { root(of: $0) }.values.filter { $0.count > 1 }.map {
      $0.sorted()
    }.sorted { $0[0] < $1[0] }
  }
}

/// Finds images that look alike though their bytes differ: saved again, recompressed, or brightened
/// a little.
///
/// An image is reduced to 9 × 8 cells of mean grey, and these to 64 bits that say where grey rises
/// from a cell to the next one on its right (dHash, Krawetz 2013). Two images look alike when at
/// most 3 bits differ and their bytes differ by at most 24 on average: that finds 34 of CIFAR-10's
/// test images in its training part, all truly there. Images of 3 differing bits share one of their
/// four 16-bit quarters, so only images with a quarter in common are compared, and each with the
/// next 1000 of them at most: where thousands share a quarter, as plain images do, look-alikes of
/// look-alikes close the gaps.
struct NearDuplicates {
  static let largestBitDistance = 3
  static let largestMeanDifference = 24
  static let largestComparisonCount = 1000

  private let images: [UnsafePointer<UInt8>]
  private let hashes: [UInt64]
  private let byteCount: Int

  /// - Parameter images: valid as long as this value.
  init(_ images: [UnsafePointer<UInt8>], width: Int, height: Int) {
    self.images = images
    byteCount = 3 * width * height
    hashes = images.map { Self.differenceHash($0, width: width, height: height) }
  }

  /// Calls `found` for pairs that look alike and that `isWanted` accepts, for some of them twice.
  func forEachPair(where isWanted: (Int, Int) -> Bool, _ found: (Int, Int) -> Void) {
    for quarter in 0..<4 {
      let keys = hashes.map { UInt16(truncatingIfNeeded: $0 >> UInt64(16 * quarter)) }
      let order = keys.indices.sorted { (keys[$0], $0) < (keys[$1], $1) }
      for (place, first) in order.enumerated() {
        for second in order[(place + 1)...].prefix(Self.largestComparisonCount) {
          if keys[second] != keys[first] { break }
          guard (hashes[first] ^ hashes[second]).nonzeroBitCount <= Self.largestBitDistance,
            isWanted(first, second), looksAlike(first, second)
          else { continue }
          found(first, second)
        }
      }
    }
  }

  /// Stops as soon as the images differ too much.
  private func looksAlike(_ first: Int, _ second: Int) -> Bool {
    let (a, b) = (images[first], images[second])
    let limit = Self.largestMeanDifference * byteCount
    var sum = 0
    for start in stride(from: 0, to: byteCount, by: 256) {
      for index in start..<min(byteCount, start + 256) {
        sum &+= abs(Int(a[index]) &- Int(b[index]))
      }
      if sum > limit { return false }
    }
    return true
  }

  private static func differenceHash(_ pixels: UnsafePointer<UInt8>, width: Int, height: Int)
    -> UInt64
  {
    var hash: UInt64 = 0
    for row in 0..<8 {
      let rows = cell(row, of: 8, over: height)
      let greys = (0..<9).map { column -> Int in
        let columns = cell(column, of: 9, over: width)
        var sum = 0
        for y in rows {
          for x in columns {
            let pixel = pixels + 3 * (y * width + x)
            sum += 299 * Int(pixel[0]) + 587 * Int(pixel[1]) + 114 * Int(pixel[2])
          }
        }
        return sum / (rows.count * columns.count)
      }
      for column in 0..<8 { hash = hash << 1 | (greys[column] < greys[column + 1] ? 1 : 0) }
    }
    return hash
  }

  /// The pixels of cell `index` when `count` pixels are cut into `cells`: at least one.
  private static func cell(_ index: Int, of cells: Int, over count: Int) -> Range<Int> {
    let start = min(count - 1, index * count / cells)
    return start..<max(start + 1, (index + 1) * count / cells)
  }
}
