// SPDX-License-Identifier: Apache-2.0

/// An operation on two quantised tensors: a type, so that loops are compiled with it inlined.
protocol IntegerOperation {
  /// The results in the output's scale, not yet clamped, for bytes in lanes.
  func apply(_ a: IntegerVector, _ b: IntegerVector) -> IntegerVector
}

/// The loop of operations on two tensors, each of whose extents is that of the result or 1.
enum BroadcastLoop {
  /// y[n,i,j,c] = clamp(a[n,i,j,c] ∘ b[n,i,j,c]), where an extent of 1 is repeated.
  static func map(
    _ a: TensorView<Int8>, _ b: TensorView<Int8>, into y: TensorView<Int8>,
    range: ClosedRange<Int8>, pool: ThreadPool, _ operation: some IntegerOperation
  ) {
    let low = IntegerVector(repeating: Int32(range.lowerBound))
    let high = IntegerVector(repeating: Int32(range.upperBound))
    forEachRun(a, b, y, pool: pool) { left, right, target, count in
      // One loop for whole vectors and the rest, so that the operation is inlined into it.
      var offset = 0
      while offset < count {
        let lanes = min(Machine.vectorFloats, count - offset)
        operation.apply(left.vector(at: offset), right.vector(at: offset)).maximum(low).minimum(
          high
        ).storeBytes(first: lanes, to: target + offset)
        offset += lanes
      }
    }
  }

  /// Elements that lie side by side, or one that is repeated.
  struct Operand<Element: BitwiseCopyable> {
    let base: UnsafeMutablePointer<Element>
    /// Whether the first element stands for all.
    let isRepeated: Bool
  }

  /// Runs `body(a, b, y, count)` for stretches of `count` results that lie together: chunks of the
  /// whole where nothing is repeated and all are contiguous, else pixels.
  @inline(__always) static func forEachRun<Element>(
    _ a: TensorView<Element>, _ b: TensorView<Element>, _ y: TensorView<Element>, pool: ThreadPool,
    _ body: (Operand<Element>, Operand<Element>, UnsafeMutablePointer<Element>, Int) -> Void
  ) {
    precondition(a.broadcasts(to: y) && b.broadcasts(to: y), "an extent is the result's or 1")
    let isWhole =
      a.hasShape(of: y) && b.hasShape(of: y) && a.isContiguous && b.isContiguous && y.isContiguous
    let repeats = (a.channels < y.channels, b.channels < y.channels)
    VectorLoop.forEachRun(
      pixels: y.pixelCount, channels: y.channels, isContiguous: isWhole, pool: pool
    ) { pixel, count in
      body(
        Operand(base: a.pixel(pixel, broadcastTo: y), isRepeated: repeats.0),
        Operand(base: b.pixel(pixel, broadcastTo: y), isRepeated: repeats.1), y.pixel(pixel), count)
    }
  }
}

extension BroadcastLoop.Operand<Int8> {
  /// A vector of elements, each in a lane.
  @inline(__always) func vector(at offset: Int) -> IntegerVector {
    isRepeated
      ? IntegerVector(repeating: Int32(base[0])) : IntegerVector(signedBytesAt: base + offset)
  }
}

extension BroadcastLoop.Operand<Float> {
  /// A vector of elements.
  @inline(__always) func vector(at offset: Int) -> Vector {
    isRepeated ? Vector(repeating: base[0]) : Vector(at: base + offset)
  }
}

extension TensorView {
  /// Whether each extent is that of `other` or 1.
  @inline(__always) func broadcasts<Other>(to other: TensorView<Other>) -> Bool {
    (batch == other.batch || batch == 1) && (height == other.height || height == 1)
      && (width == other.width || width == 1) && (channels == other.channels || channels == 1)
  }

  /// The pixel that stands for pixel number `index` of `other`, with extents of 1 repeated.
  @inline(__always) func pixel<Other>(
    _ index: Int, broadcastTo other: TensorView<Other>
  ) -> UnsafeMutablePointer<Element> {
    if pixelCount == other.pixelCount { return pixel(index) }
    let row = index / other.width
    return pixel(
      batch == 1 ? 0 : row / other.height, height == 1 ? 0 : row % other.height,
      width == 1 ? 0 : index % other.width)
  }
}
