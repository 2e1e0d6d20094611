// SPDX-License-Identifier: Apache-2.0

/// Images whose colours are stored one plane after the other.
enum Planes {
  /// Writes the three planes of a square image as pixels: `target[y, x, c] = planes[c, y, x]`, or
  /// `planes[c, x, y]` when the planes are column-major.
  static func interleave(
    _ planes: UnsafeRawBufferPointer, to target: UnsafeMutableBufferPointer<UInt8>, side: Int,
    isColumnMajor: Bool
  ) {
    precondition(
      planes.count == 3 * side * side && target.count == planes.count, "three planes of a square")
    let (strideX, strideY) = isColumnMajor ? (side, 1) : (1, side)
    for channel in 0..<3 {
      for y in 0..<side {
        for x in 0..<side {
          target[3 * (y * side + x) + channel] =
            planes[channel * side * side + y * strideY + x * strideX]
        }
      }
    }
  }
}
