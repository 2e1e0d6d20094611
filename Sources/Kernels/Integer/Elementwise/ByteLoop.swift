// SPDX-License-Identifier: Apache-2.0

/// Loops over the bytes of tensors in vectors of 32-bit lanes.
enum ByteLoop {
  /// Bytes that one thread works on at a time.
  private static let chunkBytes = 1 << 14

  /// Runs `body(pixel, offset, count)` for stretches of at most a vector's lanes: `count` bytes
  /// from `offset` on, behind the first byte of `pixel`. All of a contiguous tensor is one pixel.
  @inline(__always) static func forEachVector(
    pixels: Int, channels: Int, isContiguous: Bool, pool: ThreadPool,
    _ body: (_ pixel: Int, _ offset: Int, _ count: Int) -> Void
  ) {
    let lanes = Machine.vectorFloats
    let (rows, length) = isContiguous ? (1, pixels * channels) : (pixels, channels)
    let vectors = (length + lanes - 1) / lanes
    let grain = max(1, chunkBytes / max(1, min(length, lanes)))
    pool.forEachRange(of: rows * vectors, grain: grain) { items, _ in
      for item in items {
        let offset = item % vectors * lanes
        body(item / vectors, offset, min(lanes, length - offset))
      }
    }
  }
}
