// SPDX-License-Identifier: Apache-2.0
import CIntrinsics

/// The 32-bit sums of one output pixel: as many output channels as some SIMD registers hold.
///
/// Rows are built of `SpreadRow` or `LaneRow`, the leaves, by `RowPair`.
protocol IntegerRow: BitwiseCopyable {
  /// Registers in the row.
  static var vectors: Int { get }
  /// The row at `source`.
  init(at source: UnsafePointer<IntegerVector>)
  /// `self` += activations · `weights`.
  mutating func add(_ activations: UnsafeRawPointer, times weights: Self)
  /// Writes the first `count` channels, requantised.
  func store<Rule: OutputRule>(
    _ scales: UnsafePointer<IntegerVector>, _ rule: inout Rule, first count: Int,
    to target: UnsafeMutablePointer<Int8>)
}

/// One register of channels which all read the same activations: a convolution across channels.
struct SpreadRow: IntegerRow {
  private var sums: IntegerVector

  @inline(__always) static var vectors: Int { 1 }
  @inline(__always) init(at source: UnsafePointer<IntegerVector>) { sums = source.pointee }
  @inline(__always) mutating func add(_ activations: UnsafeRawPointer, times weights: Self) {
    let spread = IntegerVector(repeating: activations.loadUnaligned(as: Int32.self))
    sums = ocelli_dot(sums, spread, weights.sums)
  }
  @inline(__always) func store<Rule: OutputRule>(
    _ scales: UnsafePointer<IntegerVector>, _ rule: inout Rule, first count: Int,
    to target: UnsafeMutablePointer<Int8>
  ) {
    rule.store(sums, scales, first: count, to: target)
  }
}

/// One register of channels each of which reads activations of its own: a depthwise convolution.
struct LaneRow: IntegerRow {
  private var sums: IntegerVector

  @inline(__always) static var vectors: Int { 1 }
  @inline(__always) init(at source: UnsafePointer<IntegerVector>) { sums = source.pointee }
  @inline(__always) mutating func add(_ activations: UnsafeRawPointer, times weights: Self) {
    sums = ocelli_dot(sums, activations.loadUnaligned(as: IntegerVector.self), weights.sums)
  }
  @inline(__always) func store<Rule: OutputRule>(
    _ scales: UnsafePointer<IntegerVector>, _ rule: inout Rule, first count: Int,
    to target: UnsafeMutablePointer<Int8>
  ) {
    rule.store(sums, scales, first: count, to: target)
  }
}

/// One row beside another.
struct RowPair<Left: IntegerRow, Right: IntegerRow>: IntegerRow {
  private var left: Left
  private var right: Right

  @inline(__always) static var vectors: Int { Left.vectors + Right.vectors }
  @inline(__always) init(at source: UnsafePointer<IntegerVector>) {
    left = Left(at: source)
    right = Right(at: source + Left.vectors)
  }
  @inline(__always) mutating func add(_ activations: UnsafeRawPointer, times weights: Self) {
    left.add(activations, times: weights.left)
    right.add(activations, times: weights.right)
  }
  @inline(__always) func store<Rule: OutputRule>(
    _ scales: UnsafePointer<IntegerVector>, _ rule: inout Rule, first count: Int,
    to target: UnsafeMutablePointer<Int8>
  ) {
    left.store(scales, &rule, first: count, to: target)
    let width = Left.vectors * Machine.vectorFloats
    guard count > width else { return }
    right.store(
      scales + Left.vectors * Requantization.vectorsPerScale, &rule, first: count - width,
      to: target + width)
  }
}

typealias SpreadRow2 = RowPair<SpreadRow, SpreadRow>
typealias SpreadRow4 = RowPair<SpreadRow2, SpreadRow2>
