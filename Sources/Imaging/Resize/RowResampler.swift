// SPDX-License-Identifier: Apache-2.0

/// Resizes a picture whose rows arrive one by one, in the order in which they are stored. Only
/// those that the next output row needs are kept.
///
/// Columns of the upright picture are always resampled before its rows, so that the result does not
/// depend on how the picture is stored. Rows of an upright picture are kept at output width; rows
/// that are its columns are kept whole, and combined first.
struct RowResampler {
  private let channels: Int
  private let orientation: Orientation
  /// What makes the pixels of an incoming row those of an output row, and rows a row.
  private let along: LineResampler
  private let across: ResampleWeights
  private let sourceCount: Int
  private let targetCount: Int
  /// The number of rows that have come, and of output rows that are done.
  private var sourceRow = 0
  private var targetRow = 0
  /// The last rows; row `r` lies at `r % capacity`.
  private var ring: [UInt8]
  private let capacity: Int
  private var sums: [Int32]

  /// - Parameters:
  ///   - source: the sides of the upright picture.
  ///   - orientation: how its rows come; that they are mirrored has been seen to.
  init(
    from source: (width: Int, height: Int), to target: (width: Int, height: Int), channels: Int,
    filter: ResampleFilter, orientation: Orientation = Orientation()
  ) {
    self.channels = channels
    self.orientation = orientation
    let columns = ResampleWeights(
      sourceCount: source.width, targetCount: target.width, filter: filter)
    let rows = ResampleWeights(
      sourceCount: source.height, targetCount: target.height, filter: filter)
    let isTransposed = orientation.isTransposed
    let (sourceLength, targetLength) =
      isTransposed ? (source.height, target.height) : (source.width, target.width)
    along = LineResampler(
      weights: isTransposed ? rows : columns, channels: channels, sourceLength: sourceLength,
      targetLength: targetLength)
    across = isTransposed ? columns : rows
    sourceCount = isTransposed ? source.width : source.height
    targetCount = isTransposed ? target.width : target.height
    capacity = across.maximumCount
    let keptLength = isTransposed ? sourceLength : targetLength
    ring = [UInt8](repeating: 0, count: capacity * keptLength * channels)
    sums = [Int32](repeating: 0, count: keptLength * channels)
  }

  /// Takes the next row and writes the output rows, or columns, that it completes to their places
  /// in `picture`.
  mutating func push(
    _ row: UnsafePointer<UInt8>, into picture: UnsafeMutablePointer<UInt8>
  ) {
    let isReversed = orientation.mirrorsRows
    let position = isReversed ? sourceCount - 1 - sourceRow : sourceRow
    let slot = position % capacity * sums.count
    if orientation.isTransposed {
      ring.withUnsafeMutableBufferPointer { ring in
        for index in 0..<sums.count { ring[slot + index] = row[index] }
      }
    } else {
      along.resample(row, into: &ring, at: slot)
    }
    while targetRow < targetCount {
      let output = isReversed ? targetCount - 1 - targetRow : targetRow
      let first = across.starts[output]
      guard isReversed ? first >= position : first + across.counts[output] - 1 <= position else {
        break
      }
      if orientation.isTransposed {
        writeColumn(output, into: picture)
      } else {
        combineRows(output, into: picture + output * sums.count)
      }
      targetRow += 1
    }
    sourceRow += 1
  }

  private mutating func combineRows(_ output: Int, into target: UnsafeMutablePointer<UInt8>) {
    let count = sums.count
    let start = across.starts[output]
    let weights = output * across.maximumCount
    sums.withUnsafeMutableBufferPointer { sums in
      ring.withUnsafeBufferPointer { ring in
        guard let sums = sums.baseAddress, let ring = ring.baseAddress else { return }
        sums.update(repeating: ResampleWeights.half, count: count)
        for tap in 0..<across.counts[output] {
          let row = ring + (start + tap) % capacity * count
          let weight = across.weights[weights + tap]
          for index in 0..<count { sums[index] &+= weight &* Int32(row[index]) }
        }
        for index in 0..<count { target[index] = ResampleWeights.byte(sums[index]) }
      }
    }
  }

  private mutating func writeColumn(_ x: Int, into picture: UnsafeMutablePointer<UInt8>) {
    var combined = [UInt8](repeating: 0, count: sums.count)
    combineRows(x, into: &combined)
    var column = [UInt8](repeating: 0, count: along.targetLength * channels)
    along.resample(combined, into: &column, at: 0)
    for y in 0..<along.targetLength {
      for channel in 0..<channels {
        picture[(y * targetCount + x) * channels + channel] = column[y * channels + channel]
      }
    }
  }
}

/// Gives a line of pixels another length.
private struct LineResampler {
  let weights: ResampleWeights
  let channels: Int
  let sourceLength: Int
  let targetLength: Int

  func resample(_ line: UnsafePointer<UInt8>, into target: inout [UInt8], at offset: Int) {
    target.withUnsafeMutableBufferPointer { target in
      guard let start = target.baseAddress else { return }
      if sourceLength == targetLength {
        (start + offset).update(from: line, count: sourceLength * channels)
      } else if channels == 3 {
        weights.resampleColor(line, into: start + offset)
      } else {
        weights.resampleGrey(line, into: start + offset)
      }
    }
  }
}
