// SPDX-License-Identifier: Apache-2.0

/// The m×m tiles that cover every image of a batch, numbered image by image and row by row.
struct WinogradTiles {
  /// m
  let size: Int
  let height: Int
  let width: Int
  let rows: Int
  let columns: Int
  let count: Int

  init(size: Int, batch: Int, height: Int, width: Int) {
    self.size = size
    self.height = height
    self.width = width
    rows = (height + size - 1) / size
    columns = (width + size - 1) / size
    count = batch * rows * columns
  }

  /// The first pixel of `tile`.
  @inline(__always) func origin(of tile: Int) -> (n: Int, y: Int, x: Int) {
    let (n, index) = tile.quotientAndRemainder(dividingBy: rows * columns)
    let (row, column) = index.quotientAndRemainder(dividingBy: columns)
    return (n, row * size, column * size)
  }
}
