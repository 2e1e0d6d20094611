// SPDX-License-Identifier: Apache-2.0

/// R[i, j] (+)= Σ_p A[p, i] · B[p, j]: a matrix product whose sum goes over the rows of both
/// factors, that is pixels.
///
/// Up to 11 elements behind each row of A, and less than a vector behind each row of B, are read; R
/// has room for 12 · ⌈rows / 12⌉ rows of whole vectors.
struct PixelSum {
  /// A matrix with a row for each pixel.
  struct Side {
    var base: UnsafePointer<Float>
    var stride: Int
  }

  let left: Side
  let right: Side
  let pixelCount: Int
  let target: UnsafeMutablePointer<Float>
  let targetStride: Int
  /// Whether R is overwritten.
  let startsFromZero: Bool

  func run(rows: Int, columns: Int) {
    var column = 0
    while columns - column > Machine.vectorFloats {
      runTiles(TwoVectorRow.self, rows: rows, column: column)
      column += TwoVectorRow.width
    }
    if column < columns { runTiles(OneVectorRow.self, rows: rows, column: column) }
  }

  @inline(never) private func runTiles<Row: TileRow>(
    _ row: Row.Type, rows: Int, column: Int
  ) {
    var first = 0
    if Machine.vectorRegisters >= 32 {
      while rows - first > 8 {
        runTile(TilePair<Tile8<Row>, Tile4<Row>>.self, first, column)
        first += 12
      }
      if rows - first > 4 {
        runTile(Tile8<Row>.self, first, column)
        first += 8
      }
    }
    while first < rows {
      runTile(Tile4<Row>.self, first, column)
      first += 4
    }
  }

  @inline(__always) private func runTile<Tile: RegisterTile>(
    _ tile: Tile.Type, _ row: Int, _ column: Int
  ) {
    let target = target + row * targetStride + column
    var tile =
      startsFromZero
      ? Tile(repeating: Tile.Row(repeating: 0)) : Tile(at: target, stride: targetStride)
    var a = left.base + row
    var b = right.base + column
    for _ in 0..<pixelCount {
      tile.add(a, stride: 1, times: Tile.Row(at: b))
      a += left.stride
      b += right.stride
    }
    tile.store(to: target, stride: targetStride)
  }
}
