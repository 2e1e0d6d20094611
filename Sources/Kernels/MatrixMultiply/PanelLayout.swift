// SPDX-License-Identifier: Apache-2.0

/// Where the elements of a k×n matrix lie when it is packed for `MatrixMultiply`.
///
/// The columns are cut into panels as wide as a register tile; in a panel the k rows follow each
/// other, so that a product reads it front to back. The last panel is one register wide where that
/// suffices; columns past n hold 0.
package struct PanelLayout: Equatable, Sendable {
  /// k: rows of the matrix.
  package let depth: Int
  /// n: columns of the matrix.
  package let columns: Int

  package init(depth: Int, columns: Int) {
    self.depth = depth
    self.columns = columns
  }

  /// Columns of every panel but the last.
  @inline(__always) package static var panelWidth: Int { TwoVectorRow.width }

  package var panelCount: Int { (columns + Self.panelWidth - 1) / Self.panelWidth }

  /// Floats of all panels.
  package var count: Int {
    let vector = Machine.vectorFloats
    return depth * ((columns + vector - 1) / vector * vector)
  }

  /// The first float of `panel`.
  package func offset(ofPanel panel: Int) -> Int { panel * Self.panelWidth * depth }

  /// Floats in a row of `panel`, those past n included.
  package func width(ofPanel panel: Int) -> Int {
    columns - panel * Self.panelWidth > Machine.vectorFloats
      ? Self.panelWidth : Machine.vectorFloats
  }

  /// The columns of the matrix that `panel` holds.
  package func columns(ofPanel panel: Int) -> Range<Int> {
    panel * Self.panelWidth..<min(columns, (panel + 1) * Self.panelWidth)
  }

  /// Packs one panel of B, where B[p, j] = `source`[p · `rowStride` + j · `columnStride`].
  package func pack(
    panel: Int, from source: UnsafePointer<Float>, rowStride: Int, columnStride: Int,
    into packed: UnsafeMutablePointer<Float>
  ) {
    let range = columns(ofPanel: panel)
    PanelMatrix(
      source: source + range.lowerBound * columnStride, rowStride: rowStride,
      columnStride: columnStride, rows: depth, columns: range.count
    ).pack(width: width(ofPanel: panel), into: packed + offset(ofPanel: panel))
  }

  /// Packs all of B, where B[p, j] = `source`[p · `rowStride` + j · `columnStride`].
  package func pack(
    from source: UnsafePointer<Float>, rowStride: Int, columnStride: Int,
    into packed: UnsafeMutablePointer<Float>, pool: ThreadPool
  ) {
    pool.forEach(panelCount) { panel, _ in
      pack(
        panel: panel, from: source, rowStride: rowStride, columnStride: columnStride, into: packed)
    }
  }
}

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
