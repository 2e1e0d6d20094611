// SPDX-License-Identifier: Apache-2.0

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
