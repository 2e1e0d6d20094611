// SPDX-License-Identifier: Apache-2.0
import CIntrinsics

/// Sums of one pixel that stay in registers: one or two vectors of output channels.
protocol DotProductRow: BitwiseCopyable {
  static var vectors: Int { get }
  /// The biases of a panel.
  init(biasesAt head: UnsafeRawPointer)
  /// The weights of a panel for four bytes.
  init(weightsAt address: UnsafeRawPointer)
  /// `self` += the products of the four bytes with their weights.
  mutating func add(_ bytes: IntegerVector, times weights: Self)
  /// Vector number `index`.
  func vector(_ index: Int) -> IntegerVector
}

struct OneVectorDotProducts: DotProductRow {
  private var sums: IntegerVector

  @inline(__always) static var vectors: Int { 1 }
  @inline(__always) init(biasesAt head: UnsafeRawPointer) {
    sums = ChannelConstants(at: head, vector: 0).bias
  }
  @inline(__always) init(weightsAt address: UnsafeRawPointer) {
    sums = address.loadUnaligned(as: IntegerVector.self)
  }
  @inline(__always) mutating func add(_ bytes: IntegerVector, times weights: Self) {
    sums = ocelli_dot(sums, bytes, weights.sums)
  }
  @inline(__always) func vector(_ index: Int) -> IntegerVector { sums }
}

struct TwoVectorDotProducts: DotProductRow {
  private var left: IntegerVector
  private var right: IntegerVector

  @inline(__always) static var vectors: Int { 2 }
  @inline(__always) init(biasesAt head: UnsafeRawPointer) {
    left = ChannelConstants(at: head, vector: 0).bias
    right = ChannelConstants(at: head, vector: 1).bias
  }
  @inline(__always) init(weightsAt address: UnsafeRawPointer) {
    left = address.loadUnaligned(as: IntegerVector.self)
    right = (address + MemoryLayout<IntegerVector>.stride).loadUnaligned(as: IntegerVector.self)
  }
  @inline(__always) mutating func add(_ bytes: IntegerVector, times weights: Self) {
    left = ocelli_dot(left, bytes, weights.left)
    right = ocelli_dot(right, bytes, weights.right)
  }
  @inline(__always) func vector(_ index: Int) -> IntegerVector { index == 0 ? left : right }
}

/// The sums of several pixels, as a tree of rows (see `RegisterTile`).
protocol DotProductTile: BitwiseCopyable {
  associatedtype Row: DotProductRow
  static var pixels: Int { get }
  init(repeating row: Row)
  /// Pixel i += the products of the four bytes at `bytes` + i · `stride` with their weights.
  mutating func add(_ bytes: UnsafePointer<UInt8>, stride: Int, times weights: Row)
  /// Calls `body` with each pixel's number and sums.
  func forEachPixel(from first: Int, _ body: (Int, Row) -> Void)
}

struct DotProductLeaf<Row: DotProductRow>: DotProductTile {
  private var row: Row

  @inline(__always) static var pixels: Int { 1 }
  @inline(__always) init(repeating row: Row) { self.row = row }
  @inline(__always)
  mutating func add(_ bytes: UnsafePointer<UInt8>, stride: Int, times weights: Row) {
    row.add(ocelli_repeat(bytes), times: weights)
  }
  @inline(__always) func forEachPixel(from first: Int, _ body: (Int, Row) -> Void) {
    body(first, row)
  }
}

struct DotProductPair<Top: DotProductTile, Bottom: DotProductTile>: DotProductTile
where Top.Row == Bottom.Row {
  typealias Row = Top.Row
  private var top: Top
  private var bottom: Bottom

  @inline(__always) static var pixels: Int { Top.pixels + Bottom.pixels }
  @inline(__always) init(repeating row: Row) {
    top = Top(repeating: row)
    bottom = Bottom(repeating: row)
  }
  @inline(__always)
  mutating func add(_ bytes: UnsafePointer<UInt8>, stride: Int, times weights: Row) {
    top.add(bytes, stride: stride, times: weights)
    bottom.add(bytes + Top.pixels &* stride, stride: stride, times: weights)
  }
  @inline(__always) func forEachPixel(from first: Int, _ body: (Int, Row) -> Void) {
    top.forEachPixel(from: first, body)
    bottom.forEachPixel(from: first + Top.pixels, body)
  }
}

typealias DotTile1<Row: DotProductRow> = DotProductLeaf<Row>
typealias DotTile2<Row: DotProductRow> = DotProductPair<DotTile1<Row>, DotTile1<Row>>
typealias DotTile3<Row: DotProductRow> = DotProductPair<DotTile2<Row>, DotTile1<Row>>
typealias DotTile4<Row: DotProductRow> = DotProductPair<DotTile2<Row>, DotTile2<Row>>
typealias DotTile5<Row: DotProductRow> = DotProductPair<DotTile4<Row>, DotTile1<Row>>
typealias DotTile6<Row: DotProductRow> = DotProductPair<DotTile4<Row>, DotTile2<Row>>
typealias DotTile8<Row: DotProductRow> = DotProductPair<DotTile4<Row>, DotTile4<Row>>
typealias DotTile12<Row: DotProductRow> = DotProductPair<DotTile8<Row>, DotTile4<Row>>
