// SPDX-License-Identifier: Apache-2.0

/// A times one panel of B: the tiles of `MatrixMultiply`.
struct MicroKernel {
  /// k
  let depth: Int
  /// Columns of C; fewer than the panel is wide at C's right edge.
  let columns: Int
  let addend: MatrixMultiply.Addend
  let activation: ActivationFunction?

  /// Rows that one tile computes: two registers each, and a third of the registers left for
  /// factors.
  @inline(__always) static var tileRows: Int { Machine.vectorRegisters >= 32 ? 8 : 6 }

  /// The rows of C from a panel `width` floats wide.
  func run(
    width: Int, _ a: MatrixMultiply.LeftFactor, rows: Int, _ b: UnsafePointer<Float>,
    into c: UnsafeMutablePointer<Float>, rowStride: Int
  ) {
    if width == TwoVectorRow.width {
      run(TwoVectorRow.self, a, rows: rows, b, into: c, rowStride: rowStride)
    } else {
      run(OneVectorRow.self, a, rows: rows, b, into: c, rowStride: rowStride)
    }
  }

  @inline(__always) func run<Row: TileRow>(
    _ row: Row.Type, _ a: MatrixMultiply.LeftFactor, rows: Int, _ b: UnsafePointer<Float>,
    into c: UnsafeMutablePointer<Float>, rowStride: Int
  ) {
    if columns == Row.width {
      runTiles(row, a, rows: rows, b, into: c, rowStride: rowStride)
    } else {
      runEdge(row, a, rows: rows, b, into: c, rowStride: rowStride)
    }
  }

  @inline(never) private func runTiles<Row: TileRow>(
    _ row: Row.Type, _ a: MatrixMultiply.LeftFactor, rows: Int, _ b: UnsafePointer<Float>,
    into c: UnsafeMutablePointer<Float>, rowStride: Int
  ) {
    var first = 0
    if Self.tileRows == 8 {
      while rows - first >= 8 {
        runTile(Tile8<Row>.self, a, first, b, c, rowStride)
        first += 8
      }
    } else {
      while rows - first >= 6 {
        runTile(Tile6<Row>.self, a, first, b, c, rowStride)
        first += 6
      }
    }
    if rows - first >= 4 {
      runTile(Tile4<Row>.self, a, first, b, c, rowStride)
      first += 4
    }
    if rows - first >= 2 {
      runTile(Tile2<Row>.self, a, first, b, c, rowStride)
      first += 2
    }
    if rows - first >= 1 { runTile(Tile1<Row>.self, a, first, b, c, rowStride) }
  }

  @inline(__always) private func runTile<Tile: RegisterTile>(
    _ tile: Tile.Type, _ a: MatrixMultiply.LeftFactor, _ first: Int, _ b: UnsafePointer<Float>,
    _ c: UnsafeMutablePointer<Float>, _ rowStride: Int
  ) {
    let c = c + first * rowStride
    var tile =
      switch addend {
      case .zero: Tile(repeating: Tile.Row(repeating: 0))
      case .existing: Tile(at: c, stride: rowStride)
      case .bias(let bias): Tile(repeating: Tile.Row(at: bias))
      }
    var factors = a.base + first * a.rowStride
    var row = b
    for _ in 0..<depth {
      tile.add(factors, stride: a.rowStride, times: Tile.Row(at: row))
      factors += a.columnStride
      row += Tile.Row.width
    }
    switch activation {
    case nil: tile.store(to: c, stride: rowStride)
    case .relu:
      tile.map { $0.maximum(Vector(repeating: 0)) }
      tile.store(to: c, stride: rowStride)
    case .relu6:
      tile.map { $0.maximum(Vector(repeating: 0)).minimum(Vector(repeating: 6)) }
      tile.store(to: c, stride: rowStride)
    default:
      tile.store(to: c, stride: rowStride)
      activate(c, rows: Tile.rows, width: Tile.Row.width, rowStride: rowStride)
    }
  }

  /// Applies an activation function that is too long to be part of every tile.
  @inline(never) private func activate(
    _ c: UnsafeMutablePointer<Float>, rows: Int, width: Int, rowStride: Int
  ) {
    activation.specialize(RowActivation(first: c, rows: rows, width: width, rowStride: rowStride))
  }

  /// The same where the panel is wider than C: tiles are computed in a buffer of the panel's width.
  @inline(never) private func runEdge<Row: TileRow>(
    _ row: Row.Type, _ a: MatrixMultiply.LeftFactor, rows: Int, _ b: UnsafePointer<Float>,
    into c: UnsafeMutablePointer<Float>, rowStride: Int
  ) {
    let width = Row.width
    withUnsafeTemporaryAllocation(of: Float.self, capacity: (Self.tileRows + 1) * width) { buffer in
      buffer.initialize(repeating: 0)
      guard let block = buffer.baseAddress else { return }
      let padded = block + Self.tileRows * width
      if case .bias(let bias) = addend { padded.update(from: bias, count: columns) }
      let wide = MicroKernel(
        depth: depth, columns: width, addend: addend.replacing(bias: padded), activation: activation
      )
      for first in stride(from: 0, to: rows, by: Self.tileRows) {
        let count = min(Self.tileRows, rows - first)
        if case .existing = addend {
          for i in 0..<count {
            for j in 0..<columns { block[i * width + j] = c[(first + i) * rowStride + j] }
          }
        }
        wide.runTiles(row, a.dropping(rows: first), rows: count, b, into: block, rowStride: width)
        for i in 0..<count {
          for j in 0..<columns { c[(first + i) * rowStride + j] = block[i * width + j] }
        }
      }
    }
  }
}

/// x = φ(x) for the rows of a tile.
private struct RowActivation: ActivationBody {
  let first: UnsafeMutablePointer<Float>
  let rows: Int
  let width: Int
  let rowStride: Int

  func run(_ function: some VectorFunction) {
    for i in 0..<rows {
      for j in stride(from: 0, to: width, by: Machine.vectorFloats) {
        let address = first + (i * rowStride + j)
        function.value(Vector(at: address)).store(to: address)
      }
    }
  }
}
