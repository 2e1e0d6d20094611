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
