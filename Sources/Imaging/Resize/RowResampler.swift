// SPDX-License-Identifier: Apache-2.0

/// Resizes a picture whose rows arrive one by one from the top. Only the rows that the next output
/// row needs are kept, at their output width.
struct RowResampler {
  let channels: Int
  private let sourceWidth: Int
  private let targetWidth: Int
  private let columns: ResampleWeights
  private let rows: ResampleWeights
  private let targetHeight: Int
  private var sourceRow = 0
  private var targetRow = 0
  /// The last rows at output width; row `r` lies at `r % capacity`.
  private var ring: [UInt8]
  private let capacity: Int
  private var sums: [Int32]

  init(
    from source: (width: Int, height: Int), to target: (width: Int, height: Int), channels: Int,
    filter: ResampleFilter
  ) {
    self.channels = channels
    sourceWidth = source.width
    targetWidth = target.width
    targetHeight = target.height
    columns = ResampleWeights(
      sourceCount: source.width, targetCount: target.width, filter: filter)
    rows = ResampleWeights(
      sourceCount: source.height, targetCount: target.height, filter: filter)
    capacity = rows.maximumCount
    ring = [UInt8](repeating: 0, count: capacity * target.width * channels)
    sums = [Int32](repeating: 0, count: target.width * channels)
  }

  /// Takes the next source row and writes the output rows that it completes to their places in
  /// `picture`.
  mutating func push(
    _ source: UnsafePointer<UInt8>, into picture: UnsafeMutablePointer<UInt8>
  ) {
    let rowByteCount = targetWidth * channels
    ring.withUnsafeMutableBufferPointer { ring in
      guard let start = ring.baseAddress else { return }
      let slot = start + sourceRow % capacity * rowByteCount
      if sourceWidth == targetWidth {
        slot.update(from: source, count: rowByteCount)
      } else if channels == 3 {
        columns.resampleColor(source, into: slot)
      } else {
        columns.resampleGrey(source, into: slot)
      }
    }
    while targetRow < targetHeight, rows.starts[targetRow] + rows.counts[targetRow] - 1 <= sourceRow
    {
      combineRows(into: picture + targetRow * rowByteCount)
      targetRow += 1
    }
    sourceRow += 1
  }

  private mutating func combineRows(into target: UnsafeMutablePointer<UInt8>) {
    let count = sums.count
    let start = rows.starts[targetRow]
    let weights = targetRow * rows.maximumCount
    sums.withUnsafeMutableBufferPointer { sums in
      ring.withUnsafeBufferPointer { ring in
        guard let sums = sums.baseAddress, let ring = ring.baseAddress else { return }
        sums.update(repeating: ResampleWeights.half, count: count)
        for tap in 0..<rows.counts[targetRow] {
          let row = ring + (start + tap) % capacity * count
          let weight = rows.weights[weights + tap]
          for index in 0..<count { sums[index] &+= weight &* Int32(row[index]) }
        }
        for index in 0..<count { target[index] = ResampleWeights.byte(sums[index]) }
      }
    }
  }
}
