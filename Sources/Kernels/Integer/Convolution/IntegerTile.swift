// SPDX-License-Identifier: Apache-2.0
import CIntrinsics

/// Rows of sums, one an output pixel, that stay in registers while a sum over k runs: a tree of
/// `IntegerTilePair` whose leaves are rows, as in `RegisterTile`.
protocol IntegerTile: BitwiseCopyable {
  associatedtype Row: IntegerRow
  static var rows: Int { get }
  init(repeating row: Row)
  /// Row i += activations at `activations` + i · `stride` bytes · `weights`.
  mutating func add(_ activations: UnsafeRawPointer, stride: Int, times weights: Row)
  /// Writes the first `channels` of the first `rows` rows, requantised; row i at `target` +
  /// i · `stride`.
  func store<Rule: OutputRule>(
    _ scales: UnsafePointer<IntegerVector>, _ rule: inout Rule, rows: Int, channels: Int,
    to target: UnsafeMutablePointer<Int8>, stride: Int)
}

/// The tile of one row.
struct IntegerTileLeaf<Row: IntegerRow>: IntegerTile {
  private var row: Row

  @inline(__always) static var rows: Int { 1 }
  @inline(__always) init(repeating row: Row) { self.row = row }
  @inline(__always) mutating func add(
    _ activations: UnsafeRawPointer, stride: Int, times weights: Row
  ) { row.add(activations, times: weights) }
  @inline(__always) func store<Rule: OutputRule>(
    _ scales: UnsafePointer<IntegerVector>, _ rule: inout Rule, rows: Int, channels: Int,
    to target: UnsafeMutablePointer<Int8>, stride: Int
  ) {
    guard rows > 0 else { return }
    row.store(scales, &rule, first: channels, to: target)
  }
}

/// One tile above another.
struct IntegerTilePair<Top: IntegerTile, Bottom: IntegerTile>: IntegerTile
where Top.Row == Bottom.Row {
  typealias Row = Top.Row
  private var top: Top
  private var bottom: Bottom

  @inline(__always) static var rows: Int { Top.rows + Bottom.rows }
  @inline(__always) init(repeating row: Row) {
    top = Top(repeating: row)
    bottom = Bottom(repeating: row)
  }
  @inline(__always) mutating func add(
    _ activations: UnsafeRawPointer, stride: Int, times weights: Row
  ) {
    top.add(activations, stride: stride, times: weights)
    bottom.add(activations + Top.rows &* stride, stride: stride, times: weights)
  }
  @inline(__always) func store<Rule: OutputRule>(
    _ scales: UnsafePointer<IntegerVector>, _ rule: inout Rule, rows: Int, channels: Int,
    to target: UnsafeMutablePointer<Int8>, stride: Int
  ) {
    top.store(scales, &rule, rows: rows, channels: channels, to: target, stride: stride)
    bottom.store(
      scales, &rule, rows: rows &- Top.rows, channels: channels, to: target + Top.rows &* stride,
      stride: stride)
  }
}

extension IntegerTile {
  /// Writes as above: by the quick rule, and by the exact one where the quick one is not certain.
  @inline(__always) func store(
    _ scales: UnsafePointer<IntegerVector>, _ requantization: Requantization, rows: Int,
    channels: Int, to target: UnsafeMutablePointer<Int8>, stride: Int
  ) {
    let isCertain =
      requantization.isWhole
      ? storeQuickly(
        ByteClamp.self, scales, requantization, rows: rows, channels: channels, to: target,
        stride: stride)
      : storeQuickly(
        AnyClamp.self, scales, requantization, rows: rows, channels: channels, to: target,
        stride: stride)
    guard !isCertain else { return }
    storeExactly(scales, requantization, rows: rows, channels: channels, to: target, stride: stride)
  }

  /// - Returns: Whether all is certain.
  @inline(__always) private func storeQuickly<Clamp: OutputClamp>(
    _ clamp: Clamp.Type, _ scales: UnsafePointer<IntegerVector>, _ requantization: Requantization,
    rows: Int, channels: Int, to target: UnsafeMutablePointer<Int8>, stride: Int
  ) -> Bool {
    var rule = NearestOutput<Clamp>(requantization)
    store(scales, &rule, rows: rows, channels: channels, to: target, stride: stride)
    return !rule.isUncertain
  }

  @inline(never) private func storeExactly(
    _ scales: UnsafePointer<IntegerVector>, _ requantization: Requantization, rows: Int,
    channels: Int, to target: UnsafeMutablePointer<Int8>, stride: Int
  ) {
    var rule = ExactOutput(requantization: requantization)
    store(scales, &rule, rows: rows, channels: channels, to: target, stride: stride)
  }
}

/// What is done with a tile of some height; `IntegerTileHeight` compiles it for each.
protocol IntegerTileBody {
  associatedtype Row: IntegerRow
  func run<Tile: IntegerTile>(_ tile: Tile.Type) where Tile.Row == Row
}

/// The heights that tiles have.
enum IntegerTileHeight {
  static let largest = 16

  /// The height with which `count` pixels of `vectors` registers each cost least: whole tiles are
  /// computed, and each costs about two pixels more than its height; with fewer than ten registers
  /// of sums, the next product of a sum has to wait for the last.
  static func best(for count: Int, vectors: Int) -> Int {
    let registers = Machine.vectorRegisters >= 32 ? 24 : 12
    var (best, bestCost) = (1, Int.max)
    for height in [1, 2, 3, 4, 6, 8, 12, 16] where height * vectors <= registers {
      let pixels = max(height * vectors, min(10, registers - 2)) + 2 * vectors
      let cost = (count + height - 1) / height * pixels
      if cost < bestCost { (best, bestCost) = (height, cost) }
    }
    return best
  }

  /// Runs `body` with the tile of `height` rows.
  @inline(__always) static func specialize<Body: IntegerTileBody>(_ height: Int, _ body: Body) {
    typealias One = IntegerTileLeaf<Body.Row>
    typealias Two = IntegerTilePair<One, One>
    typealias Four = IntegerTilePair<Two, Two>
    typealias Six = IntegerTilePair<Four, Two>
    typealias Eight = IntegerTilePair<Four, Four>
    switch height {
    case 1: body.run(One.self)
    case 2: body.run(Two.self)
    case 3: body.run(IntegerTilePair<Two, One>.self)
    case 4: body.run(Four.self)
    case 6: body.run(Six.self)
    case 8: body.run(Eight.self)
    case 12: body.run(IntegerTilePair<Six, Six>.self)
    default: body.run(IntegerTilePair<Eight, Eight>.self)
    }
  }
}

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
  ) { rule.store(sums, scales, first: count, to: target) }
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
  ) { rule.store(sums, scales, first: count, to: target) }
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
