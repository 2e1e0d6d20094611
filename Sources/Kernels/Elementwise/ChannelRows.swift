// SPDX-License-Identifier: Apache-2.0

/// How a loop with a parameter or a sum for each channel walks over pixels: in rows of several
/// pixels, so that few channels fill whole vectors too, with the parameters repeated for each pixel
/// of a row.
///
/// Chunks depend on the shape alone. A chunk is a whole number of rows, but for the last, whose
/// last row may be short.
struct ChannelRows {
  let channels: Int
  let pixelCount: Int
  /// Pixels of a row: 1 unless the views are contiguous and the channels few.
  let pixelsPerRow: Int
  let chunkPixels: Int

  init(channels: Int, pixelCount: Int, isContiguous: Bool) {
    let vector = Machine.vectorFloats
    let wide = 8 * vector
    self.channels = channels
    self.pixelCount = pixelCount
    if isContiguous && channels > 0 && channels < wide {
      // The fewest pixels that fill whole vectors (the length is a power of two), then as many as
      // make a wide row.
      let whole = vector / min(vector, channels & -channels)
      pixelsPerRow = (wide + channels * whole - 1) / (channels * whole) * whole
    } else {
      pixelsPerRow = 1
    }
    // Enough pixels that a chunk's sums are small beside its elements, and a multiple of any row
    // that may be chosen.
    let target = max(64, VectorLoop.chunkElements / max(1, channels))
    chunkPixels = (target + pixelsPerRow - 1) / pixelsPerRow * pixelsPerRow
  }

  /// Elements of a row.
  var width: Int { channels * pixelsPerRow }
  var chunkCount: Int { (pixelCount + chunkPixels - 1) / chunkPixels }

  /// Floats that hold `count` values for each element of a row and each chunk, whatever the layout
  /// of the views.
  static func scratchCount(channels: Int, pixelCount: Int, valuesPerElement count: Int) -> Int {
    let dense = ChannelRows(channels: channels, pixelCount: pixelCount, isContiguous: true)
    let sliced = ChannelRows(channels: channels, pixelCount: pixelCount, isContiguous: false)
    return count * max(dense.width * dense.chunkCount, sliced.width * sliced.chunkCount)
  }

  /// Runs `body(pixel, count)` for each row of a chunk: `count` elements from `pixel` on.
  @inline(__always) func forEachRow(
    ofChunk chunk: Int, _ body: (_ pixel: Int, _ count: Int) -> Void
  ) {
    let end = min(pixelCount, (chunk + 1) * chunkPixels)
    var pixel = chunk * chunkPixels
    while pixel + pixelsPerRow <= end {
      body(pixel, width)
      pixel += pixelsPerRow
    }
    if pixel < end { body(pixel, (end - pixel) * channels) }
  }

  /// Writes the `channels` values at `values` once for each pixel of a row.
  func repeatValues(_ values: UnsafePointer<Float>, into row: UnsafeMutablePointer<Float>) {
    for pixel in 0..<pixelsPerRow { (row + pixel * channels).update(from: values, count: channels) }
  }

  /// Sums over chunks and over the pixels of a row: `finish(channel, totals)` gets the sums of
  /// `count` values, of which chunk k has the row number v at `partial[(k · count + v) · width]`.
  func combine(
    _ partial: UnsafePointer<Float>, valuesPerElement count: Int, pool: ThreadPool,
    _ finish: (_ channel: Int, _ totals: UnsafePointer<Double>) -> Void
  ) {
    pool.forEachRange(of: channels, grain: Machine.vectorFloats) { range, _ in
      let lanes = range.count
      withUnsafeTemporaryAllocation(of: Double.self, capacity: (lanes + 1) * count) { buffer in
        guard let sums = buffer.baseAddress else { return }
        let totals = sums + lanes * count
        sums.initialize(repeating: 0, count: (lanes + 1) * count)
        for chunk in 0..<chunkCount {
          for value in 0..<count {
            let row = partial + (chunk * count + value) * width + range.lowerBound
            for pixel in 0..<pixelsPerRow {
              for lane in 0..<lanes {
                sums[value * lanes + lane] += Double(row[pixel * channels + lane])
              }
            }
          }
        }
        for lane in 0..<lanes {
          for value in 0..<count { totals[value] = sums[value * lanes + lane] }
          finish(range.lowerBound + lane, totals)
        }
      }
    }
  }
}
