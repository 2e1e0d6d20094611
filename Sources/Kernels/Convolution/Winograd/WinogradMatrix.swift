// SPDX-License-Identifier: Apache-2.0

/// A constant matrix F as a function on vectors, one channel a lane.
protocol WinogradMatrix {
  static var rows: Int { get }
  static var columns: Int { get }
  /// Gives element i of F · `get` to `put`(i, …).
  static func multiply(_ get: VectorColumn, _ put: some VectorSink)
}

/// Vectors at equal distances in memory.
struct VectorColumn {
  let base: UnsafePointer<Float>
  let stride: Int

  /// Vector number `index`.
  @inline(__always) func callAsFunction(_ index: Int) -> Vector {
    Vector(at: base + index &* stride)
  }
}

/// Where the elements of a product go.
protocol VectorSink { func callAsFunction(_ index: Int, _ value: Vector) }

/// Writes vectors at equal distances in memory.
struct VectorColumnSink: VectorSink {
  let base: UnsafeMutablePointer<Float>
  let stride: Int

  @inline(__always) func callAsFunction(_ index: Int, _ value: Vector) {
    value.store(to: base + index &* stride)
  }
}

/// Where the elements of a matrix of vectors go.
protocol VectorMatrixSink { func put(_ row: Int, _ column: Int, _ value: Vector) }

/// Writes the vector [i, j] at `base` + i · `rowStride` + j · `columnStride`.
struct StridedMatrixSink: VectorMatrixSink {
  let base: UnsafeMutablePointer<Float>
  let rowStride: Int
  let columnStride: Int

  @inline(__always) func put(_ row: Int, _ column: Int, _ value: Vector) {
    value.store(to: base + (row &* rowStride &+ column &* columnStride))
  }
}

/// One column of a matrix sink.
private struct MatrixColumnSink<Sink: VectorMatrixSink>: VectorSink {
  let sink: Sink
  let column: Int

  @inline(__always) func callAsFunction(_ index: Int, _ value: Vector) {
    sink.put(index, column, value)
  }
}

extension WinogradMatrix {
  /// Gives the elements of F · S · Fᵀ to `sink`, where S[i, j] is the vector at `source` + i ·
  /// `rowStride` + j · `columnStride`; `workspace` holds `rows` · `columns` vectors.
  @inline(__always) static func multiplyBothSides(
    _ source: UnsafePointer<Float>, rowStride: Int, columnStride: Int,
    workspace: UnsafeMutablePointer<Float>, into sink: some VectorMatrixSink
  ) {
    let vector = Machine.vectorFloats
    for i in 0..<columns {
      multiply(
        VectorColumn(base: source + i &* rowStride, stride: columnStride),
        VectorColumnSink(base: workspace + i * rows * vector, stride: vector))
    }
    for j in 0..<rows {
      multiply(
        VectorColumn(base: workspace + j * vector, stride: rows * vector),
        MatrixColumnSink(sink: sink, column: j))
    }
  }
}
