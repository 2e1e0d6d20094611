// SPDX-License-Identifier: Apache-2.0

/// The loops that element-wise kernels are made of.
enum VectorLoop {
  /// Elements that one item of a parallel loop covers: 64 KiB of floats, a few microseconds of
  /// memory traffic.
  static let chunkElements = 16384

  /// Pixels that one item covers: a multiple of the vector length.
  static func chunkPixels(channels: Int) -> Int {
    let vector = Machine.vectorFloats
    return max(1, chunkElements / (max(1, channels) * vector)) * vector
  }

  /// Runs `body(pixel, count)` for runs of `count` elements that begin at `pixel` and lie next to
  /// each other in every view: whole chunks when all are contiguous, else pixel by pixel.
  @inline(__always) static func forEachRun(
    pixels: Int, channels: Int, isContiguous: Bool, pool: ThreadPool,
    _ body: (_ pixel: Int, _ count: Int) -> Void
  ) {
    guard channels > 0 else { return }
    pool.forEachRange(of: pixels, grain: chunkPixels(channels: channels)) { range, _ in
      if isContiguous {
        body(range.lowerBound, range.count * channels)
      } else {
        for pixel in range { body(pixel, channels) }
      }
    }
  }

  /// Runs `body(start, count)` for the fixed chunks of `0..<count`.
  @inline(__always) static func forEachChunk(
    of count: Int, grain: Int = chunkElements, pool: ThreadPool,
    _ body: (_ start: Int, _ count: Int) -> Void
  ) {
    pool.forEachRange(of: count, grain: grain) { range, _ in body(range.lowerBound, range.count) }
  }

  /// Runs `full(offset)` for each whole vector of `count` elements and `rest(offset, lanes)` for
  /// what remains.
  @inline(__always) static func forEachVector(
    of count: Int, _ full: (_ offset: Int) -> Void, rest: (_ offset: Int, _ lanes: Int) -> Void
  ) {
    let vector = Machine.vectorFloats
    var offset = 0
    while offset <= count - vector {
      full(offset)
      offset += vector
    }
    if offset < count { rest(offset, count - offset) }
  }

  /// y[i] = f(a[i])
  @inline(__always) static func map(
    _ a: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>, count: Int,
    _ f: (Vector) -> Vector
  ) {
    forEachVector(of: count) { offset in
      f(Vector(at: a + offset)).store(to: y + offset)
    } rest: { offset, lanes in
      f(Vector(first: lanes, at: a + offset)).store(first: lanes, to: y + offset)
    }
  }

  /// y[i] = f(a[i], b[i])
  @inline(__always) static func map(
    _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>,
    count: Int, _ f: (Vector, Vector) -> Vector
  ) {
    forEachVector(of: count) { offset in
      f(Vector(at: a + offset), Vector(at: b + offset)).store(to: y + offset)
    } rest: { offset, lanes in
      f(Vector(first: lanes, at: a + offset), Vector(first: lanes, at: b + offset)).store(
        first: lanes, to: y + offset)
    }
  }

  /// y[i] = f(a[i], b[i], c[i])
  @inline(__always) static func map(
    _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ c: UnsafePointer<Float>,
    into y: UnsafeMutablePointer<Float>, count: Int, _ f: (Vector, Vector, Vector) -> Vector
  ) {
    forEachVector(of: count) { offset in
      f(Vector(at: a + offset), Vector(at: b + offset), Vector(at: c + offset)).store(
        to: y + offset)
    } rest: { offset, lanes in
      f(
        Vector(first: lanes, at: a + offset), Vector(first: lanes, at: b + offset),
        Vector(first: lanes, at: c + offset)
      ).store(first: lanes, to: y + offset)
    }
  }

  /// y[i] = f(a[i]), or += with `accumulate`.
  @inline(__always) static func map(
    _ a: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>, count: Int, accumulate: Bool,
    _ f: (Vector) -> Vector
  ) {
    if accumulate {
      map(a, y, into: y, count: count) { $1 + f($0) }
    } else {
      map(a, into: y, count: count, f)
    }
  }

  /// y[i] = f(a[i], b[i]), or += with `accumulate`.
  @inline(__always) static func map(
    _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>,
    count: Int, accumulate: Bool, _ f: (Vector, Vector) -> Vector
  ) {
    if accumulate {
      map(a, b, y, into: y, count: count) { $2 + f($0, $1) }
    } else {
      map(a, b, into: y, count: count, f)
    }
  }
}

/// The loops that kernels over windows of pixels are made of.
enum WindowLoop {
  /// Runs `body(n, row)` for every row of every image of `view`, rows of one parallel item together
  /// where they are short.
  @inline(__always) static func forEachRow(
    of view: TensorView<Float>, pool: ThreadPool, _ body: (_ n: Int, _ row: Int) -> Void
  ) {
    guard view.elementCount > 0 else { return }
    let grain = max(1, VectorLoop.chunkElements / (view.width * view.channels))
    pool.forEachRange(of: view.batch * view.height, grain: grain) { range, _ in
      for index in range { body(index / view.height, index % view.height) }
    }
  }

  /// Runs `body(c, lanes)` for the vectors of a pixel's channels; the count of lanes is a constant
  /// but for the last. Vectors are loaded whole, from the slack behind the tensor too.
  @inline(__always) static func forEachChannelVector(
    of channels: Int, _ body: (_ c: Int, _ lanes: Int) -> Void
  ) {
    VectorLoop.forEachVector(of: channels) { c in
      body(c, Machine.vectorFloats)
    } rest: { c, lanes in
      body(c, lanes)
    }
  }
}
