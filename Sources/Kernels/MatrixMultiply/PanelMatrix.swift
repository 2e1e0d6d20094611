// SPDX-License-Identifier: Apache-2.0

/// The part of a matrix that goes into one panel: its element [i, j] is `source`[i · `rowStride` +
/// j · `columnStride`].
struct PanelMatrix {
  let source: UnsafePointer<Float>
  let rowStride: Int
  let columnStride: Int
  let rows: Int
  let columns: Int

  /// Writes the rows one after another, each `width` floats long, with zeros past `columns`.
  func pack(width: Int, into target: UnsafeMutablePointer<Float>) {
    var first = 0
    if columnStride == 1 {
      for i in 0..<rows {
        (target + i * width).update(from: source + i * rowStride, count: columns)
      }
      first = rows
    } else if rowStride == 1 {
      first = packBlocks(width: width, into: target)
    }
    for i in first..<max(first, rows) {
      for j in 0..<columns { target[i * width + j] = source[i * rowStride + j * columnStride] }
    }
    guard columns < width else { return }
    for i in 0..<rows {
      (target + i * width + columns).update(repeating: 0, count: width - columns)
    }
  }

  /// Transposes square blocks as far as they go; the number of rows that are done.
  private func packBlocks(width: Int, into target: UnsafeMutablePointer<Float>) -> Int {
    let size = Machine.vectorFloats
    let fullRows = rows / size * size
    let fullColumns = columns / size * size
    withUnsafeTemporaryAllocation(of: Vector.self, capacity: 2 * size) { buffer in
      guard let block = buffer.baseAddress else { return }
      for i in stride(from: 0, to: fullRows, by: size) {
        for j in stride(from: 0, to: fullColumns, by: size) {
          transpose(
            source + (i + j * columnStride), into: target + (i * width + j), stride: width, block)
        }
      }
    }
    for i in 0..<fullRows {
      for j in fullColumns..<columns { target[i * width + j] = source[i + j * columnStride] }
    }
    return fullRows
  }

  /// Interleaving the upper with the lower half of the rows, log₂(size) times, transposes a block.
  @inline(__always) private func transpose(
    _ source: UnsafePointer<Float>, into target: UnsafeMutablePointer<Float>, stride: Int,
    _ block: UnsafeMutablePointer<Vector>
  ) {
    let size = Machine.vectorFloats
    var (rows, next) = (block, block + size)
    for i in 0..<size { rows[i] = Vector(at: source + i * columnStride) }
    var step = 1
    while step < size {
      for i in 0..<size / 2 {
        let (a, b) = (rows[i], rows[i + size / 2])
        next[2 * i].evenHalf = a.lowHalf
        next[2 * i].oddHalf = b.lowHalf
        next[2 * i + 1].evenHalf = a.highHalf
        next[2 * i + 1].oddHalf = b.highHalf
      }
      (rows, next) = (next, rows)
      step *= 2
    }
    for i in 0..<size { rows[i].store(to: target + i * stride) }
  }
}
