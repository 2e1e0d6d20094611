// SPDX-License-Identifier: Apache-2.0

/// One row of a register tile: as many floats as one or two SIMD registers hold.
///
/// Every operation compiles to one instruction a register; tiles are built of rows by `TilePair`.
package protocol TileRow: BitwiseCopyable {
  /// Registers in the row.
  static var vectors: Int { get }
  init(repeating value: Float)
  /// The row at `source`, at any alignment.
  init(at source: UnsafePointer<Float>)
  /// `self` += `factor` · `row`, rounded once.
  mutating func add(_ factor: Float, times row: Self)
  /// Each register v becomes `change`(v).
  mutating func map(_ change: (Vector) -> Vector)
  /// Writes the whole row at `target`, at any alignment.
  func store(to target: UnsafeMutablePointer<Float>)
}

extension TileRow {
  /// Floats in the row.
  @inline(__always) package static var width: Int { vectors * Machine.vectorFloats }
}

/// A row of one register.
package struct OneVectorRow: TileRow {
  private var values: Vector

  @inline(__always) package static var vectors: Int { 1 }
  @inline(__always) package init(repeating value: Float) { values = Vector(repeating: value) }
  @inline(__always) package init(at source: UnsafePointer<Float>) { values = Vector(at: source) }
  @inline(__always) package mutating func add(_ factor: Float, times row: Self) {
    values = values.adding(Vector(repeating: factor), times: row.values)
  }
  @inline(__always) package mutating func map(_ change: (Vector) -> Vector) {
    values = change(values)
  }
  @inline(__always) package func store(to target: UnsafeMutablePointer<Float>) {
    values.store(to: target)
  }
}

/// A row of two registers side by side: each factor is broadcast once for two products.
package struct TwoVectorRow: TileRow {
  private var left: Vector
  private var right: Vector

  @inline(__always) package static var vectors: Int { 2 }
  @inline(__always) package init(repeating value: Float) {
    left = Vector(repeating: value)
    right = Vector(repeating: value)
  }
  @inline(__always) package init(at source: UnsafePointer<Float>) {
    left = Vector(at: source)
    right = Vector(at: source + Machine.vectorFloats)
  }
  @inline(__always) package mutating func add(_ factor: Float, times row: Self) {
    let factors = Vector(repeating: factor)
    left = left.adding(factors, times: row.left)
    right = right.adding(factors, times: row.right)
  }
  @inline(__always) package mutating func map(_ change: (Vector) -> Vector) {
    left = change(left)
    right = change(right)
  }
  @inline(__always) package func store(to target: UnsafeMutablePointer<Float>) {
    left.store(to: target)
    right.store(to: target + Machine.vectorFloats)
  }
}

/// Rows of accumulators that stay in registers while a sum over k runs.
///
/// A tile is a tree: rows are its leaves and `TilePair` its nodes, so that a tile of any height
/// comes out of this file. (An array of accumulators, `InlineArray` too, would be kept in memory.)
/// Whatever tile an element falls in, it is one chain of fused multiply-adds over k in order: the
/// same bytes.
package protocol RegisterTile: BitwiseCopyable {
  associatedtype Row: TileRow
  static var rows: Int { get }
  init(repeating row: Row)
  /// Row i of the tile is at `source` + i · `stride`.
  init(at source: UnsafePointer<Float>, stride: Int)
  /// Row i += `factors`[i · `stride`] · `row`.
  mutating func add(_ factors: UnsafePointer<Float>, stride: Int, times row: Row)
  /// Each register v becomes `change`(v).
  mutating func map(_ change: (Vector) -> Vector)
  /// Writes row i at `target` + i · `stride`.
  func store(to target: UnsafeMutablePointer<Float>, stride: Int)
}

/// The tile of one row.
package struct TileLeaf<Row: TileRow>: RegisterTile {
  private var row: Row

  @inline(__always) package static var rows: Int { 1 }
  @inline(__always) package init(repeating row: Row) { self.row = row }
  @inline(__always) package init(at source: UnsafePointer<Float>, stride: Int) {
    row = Row(at: source)
  }
  @inline(__always) package mutating func add(
    _ factors: UnsafePointer<Float>, stride: Int, times row: Row
  ) { self.row.add(factors.pointee, times: row) }
  @inline(__always) package mutating func map(_ change: (Vector) -> Vector) { row.map(change) }
  @inline(__always) package func store(to target: UnsafeMutablePointer<Float>, stride: Int) {
    row.store(to: target)
  }
}

/// One tile above another.
package struct TilePair<Top: RegisterTile, Bottom: RegisterTile>: RegisterTile
where Top.Row == Bottom.Row {
  package typealias Row = Top.Row
  private var top: Top
  private var bottom: Bottom

  @inline(__always) package static var rows: Int { Top.rows + Bottom.rows }
  @inline(__always) package init(repeating row: Row) {
    top = Top(repeating: row)
    bottom = Bottom(repeating: row)
  }
  @inline(__always) package init(at source: UnsafePointer<Float>, stride: Int) {
    top = Top(at: source, stride: stride)
    bottom = Bottom(at: source + Top.rows &* stride, stride: stride)
  }
  @inline(__always) package mutating func add(
    _ factors: UnsafePointer<Float>, stride: Int, times row: Row
  ) {
    top.add(factors, stride: stride, times: row)
    bottom.add(factors + Top.rows &* stride, stride: stride, times: row)
  }
  @inline(__always) package mutating func map(_ change: (Vector) -> Vector) {
    top.map(change)
    bottom.map(change)
  }
  @inline(__always) package func store(to target: UnsafeMutablePointer<Float>, stride: Int) {
    top.store(to: target, stride: stride)
    bottom.store(to: target + Top.rows &* stride, stride: stride)
  }
}

package typealias Tile1<Row: TileRow> = TileLeaf<Row>
package typealias Tile2<Row: TileRow> = TilePair<Tile1<Row>, Tile1<Row>>
package typealias Tile4<Row: TileRow> = TilePair<Tile2<Row>, Tile2<Row>>
package typealias Tile6<Row: TileRow> = TilePair<Tile4<Row>, Tile2<Row>>
package typealias Tile8<Row: TileRow> = TilePair<Tile4<Row>, Tile4<Row>>
