// SPDX-License-Identifier: Apache-2.0

/// A few output pixels with all that they read, one after the other in a row of its own: a block of
/// the "im2col" matrix, small enough to stay in cache.
///
/// Row m, column k = (a · B + b) · C + c holds x[source pixel of pixel m and tap (a, b),
/// firstChannel + c].
struct PixelBlock {
  let stencil: Stencil
  let source: TensorView<Float>
  let firstChannel: Int
  /// C, the channels that are read of each source pixel.
  let channels: Int

  /// Columns of the whole matrix.
  var depth: Int { stencil.tapCount * channels }

  /// Floats that may be written behind the last column of a row.
  static var slack: Int { Machine.vectorFloats }

  /// Writes columns `columns` of the rows of `pixels` at `target`, a row every `rowStride` floats;
  /// up to `slack` floats behind each row are overwritten.
  func gather(
    pixels: Range<Int>, columns: Range<Int>, into target: UnsafeMutablePointer<Float>,
    rowStride: Int
  ) {
    guard !pixels.isEmpty && !columns.isEmpty else { return }
    var position = stencil.position(of: pixels.lowerBound)
    let isWhole = columns == 0..<depth
    var row = target - columns.lowerBound
    for _ in pixels {
      let first = firstSource(of: position)
      if isWhole && isInside(first) {
        gatherInside(position.n, first, into: row)
      } else if joinsTaps {
        gatherJoined(position.n, first, columns, into: row)
      } else {
        gatherTaps(position.n, first, columns, into: row)
      }
      stencil.advance(&position)
      row += rowStride
    }
  }

  /// Whether neighbouring taps of a row are one run of floats.
  @inline(__always) private var joinsTaps: Bool {
    stencil.columns.sourceStep == 1 && source.pixelStride == channels
  }

  /// The source position of the first tap; it may be in the padding.
  @inline(__always) private func firstSource(of position: (n: Int, i: Int, j: Int)) -> (
    y: Int, x: Int
  ) {
    (
      position.i * stencil.rows.sourceStride + stencil.rows.sourceOffset,
      position.j * stencil.columns.sourceStride + stencil.columns.sourceOffset
    )
  }

  /// Whether no tap is in the padding.
  @inline(__always) private func isInside(_ first: (y: Int, x: Int)) -> Bool {
    let rows = stencil.rows
    let columns = stencil.columns
    return first.y >= 0 && first.x >= 0
      && first.y + (rows.tapCount - 1) * rows.sourceStep < rows.sourceSize
      && first.x + (columns.tapCount - 1) * columns.sourceStep < columns.sourceSize
  }

  /// All columns of a pixel whose taps are all inside.
  @inline(__always) private func gatherInside(
    _ n: Int, _ first: (y: Int, x: Int), into row: UnsafeMutablePointer<Float>
  ) {
    let runs = joinsTaps ? 1 : stencil.columns.tapCount
    let runLength = joinsTaps ? stencil.columns.tapCount * channels : channels
    let runStride = stencil.columns.sourceStep * source.pixelStride
    let lineStride = stencil.rows.sourceStep * source.width * source.pixelStride
    var line = UnsafePointer(source.pixel(n, first.y, first.x)) + firstChannel
    var target = row
    for _ in 0..<stencil.rows.tapCount {
      var run = line
      for _ in 0..<runs {
        var k = 0
        repeat {
          Vector(at: run + k).store(to: target + k)
          k += Machine.vectorFloats
        } while k < runLength
        run += runStride
        target += runLength
      }
      line += lineStride
    }
  }

  private func gatherJoined(
    _ n: Int, _ first: (y: Int, x: Int), _ range: Range<Int>, into row: UnsafeMutablePointer<Float>
  ) {
    let rows = stencil.rows
    let columns = stencil.columns
    let rowDepth = columns.tapCount * channels
    // Neighbouring taps are neighbouring pixels: those from 0 to the source's width are inside.
    let firstInside = min(max(0, -first.x), columns.tapCount)
    let endInside = max(firstInside, min(columns.tapCount, columns.sourceSize - first.x))
    let left = firstInside * channels
    let right = endInside * channels
    let x = first.x + firstInside
    let firstRow = range.lowerBound / rowDepth
    let endRow = (range.upperBound + rowDepth - 1) / rowDepth
    for a in firstRow..<endRow {
      let y = first.y + a * rows.sourceStep
      let start = a * rowDepth
      guard y >= 0 && y < rows.sourceSize && left < right else {
        clear(start..<start + rowDepth, within: range, of: row)
        continue
      }
      clear(start..<start + left, within: range, of: row)
      copy(source.pixel(n, y, x), to: start + left..<start + right, within: range, of: row)
      clear(start + right..<start + rowDepth, within: range, of: row)
    }
  }

  private func gatherTaps(
    _ n: Int, _ first: (y: Int, x: Int), _ range: Range<Int>, into row: UnsafeMutablePointer<Float>
  ) {
    let rows = stencil.rows
    let columns = stencil.columns
    let firstTap = range.lowerBound / channels
    let endTap = (range.upperBound + channels - 1) / channels
    var (a, b) = firstTap.quotientAndRemainder(dividingBy: columns.tapCount)
    for tap in firstTap..<endTap {
      let y = first.y + a * rows.sourceStep
      let x = first.x + b * columns.sourceStep
      let segment = tap * channels..<(tap + 1) * channels
      if y >= 0 && y < rows.sourceSize && x >= 0 && x < columns.sourceSize {
        copy(source.pixel(n, y, x) + firstChannel, to: segment, within: range, of: row)
      } else {
        clear(segment, within: range, of: row)
      }
      b += 1
      if b == columns.tapCount {
        b = 0
        a += 1
      }
    }
  }

  /// Columns `segment` = the floats at `source`, as far as they are within `range`; whole vectors
  /// are copied.
  @inline(__always) private func copy(
    _ source: UnsafePointer<Float>, to segment: Range<Int>, within range: Range<Int>,
    of row: UnsafeMutablePointer<Float>
  ) {
    var k = max(segment.lowerBound, range.lowerBound)
    let end = min(segment.upperBound, range.upperBound)
    while k < end {
      Vector(at: source + (k - segment.lowerBound)).store(to: row + k)
      k += Machine.vectorFloats
    }
  }

  /// Columns `segment` = 0, as far as they are within `range`; whole vectors are written.
  @inline(__always) private func clear(
    _ segment: Range<Int>, within range: Range<Int>, of row: UnsafeMutablePointer<Float>
  ) {
    var k = max(segment.lowerBound, range.lowerBound)
    let end = min(segment.upperBound, range.upperBound)
    while k < end {
      Vector(repeating: 0).store(to: row + k)
      k += Machine.vectorFloats
    }
  }
}
