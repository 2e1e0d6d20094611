// SPDX-License-Identifier: Apache-2.0

extension TensorView {
  /// Copies `count` pixels from column `x` of row `y` on, one behind the other: `padding` where
  /// they are outside of the image.
  package func copyRow(
    _ n: Int, _ y: Int, from x: Int, count: Int, padding: Element,
    into target: UnsafeMutablePointer<Element>
  ) {
    let left = 0..<height ~= y ? min(max(-x, 0), count) : count
    let inside = max(0, min(width - (x + left), count - left))
    target.update(repeating: padding, count: left * channels)
    let first = target + left * channels
    if isContiguous {
      first.update(from: pixel(n, y, x + left), count: inside * channels)
    } else {
      for j in 0..<inside {
        (first + j * channels).update(from: pixel(n, y, x + left + j), count: channels)
      }
    }
    (first + inside * channels).update(
      repeating: padding, count: (count - left - inside) * channels)
  }
}
