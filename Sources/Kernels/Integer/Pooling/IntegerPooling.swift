// SPDX-License-Identifier: Apache-2.0

/// The maximum or the average of each window of an int8 tensor. Input and output mean the same.
///
///     maximum: y = clamp(max x)        average: y = clamp(⌊Σ x / n⌉)
///
/// Padding takes no part: n counts the pixels of the window that lie inside. The average is rounded
/// to the nearest integer, halves away from zero (TensorFlow Lite's `AVERAGE_POOL_2D`).
package enum IntegerPooling {
  package enum Kind: Equatable, Sendable { case maximum, average }

  /// y from x, pixel by pixel.
  package static func run(
    _ kind: Kind, _ input: TensorView<Int8>, into output: TensorView<Int8>,
    _ geometry: PoolingGeometry, range: ClosedRange<Int8>, pool: ThreadPool
  ) {
    let channels = output.channels
    let rowWork = output.width * channels * geometry.kernelHeight * geometry.kernelWidth
    pool.forEachRange(
      of: output.batch * output.height, grain: max(1, (1 << 14) / max(1, rowWork))
    ) { rows, _ in
      withUnsafeTemporaryAllocation(of: Int32.self, capacity: channels) { buffer in
        guard let values = buffer.baseAddress else { return }
        for row in rows {
          let (n, i) = (row / output.height, row % output.height)
          for j in 0..<output.width {
            gather(kind, input, n, i, j, geometry, into: values)
            write(values, range, to: output.pixel(n, i, j), channels)
          }
        }
      }
    }

    func gather(
      _ kind: Kind, _ input: TensorView<Int8>, _ n: Int, _ i: Int, _ j: Int,
      _ geometry: PoolingGeometry, into values: UnsafeMutablePointer<Int32>
    ) {
      let top = i * geometry.strideHeight - geometry.paddingTop
      let left = j * geometry.strideWidth - geometry.paddingLeft
      let rows = max(0, top)..<min(input.height, top + geometry.kernelHeight)
      let columns = max(0, left)..<min(input.width, left + geometry.kernelWidth)
      values.update(repeating: kind == .maximum ? -128 : 0, count: channels)
      for y in rows {
        for x in columns {
          let pixel = input.pixel(n, y, x)
          if kind == .maximum {
            for c in 0..<channels { values[c] = max(values[c], Int32(pixel[c])) }
          } else {
            for c in 0..<channels { values[c] &+= Int32(pixel[c]) }
          }
        }
      }
      if kind == .average {
        let count = Int32(rows.count * columns.count)
        let half = count / 2
        for c in 0..<channels {
          values[c] = (values[c] > 0 ? values[c] &+ half : values[c] &- half) / count
        }
      }
    }
  }

  @inline(__always) private static func write(
    _ values: UnsafePointer<Int32>, _ range: ClosedRange<Int8>,
    to target: UnsafeMutablePointer<Int8>, _ channels: Int
  ) {
    let (low, high) = (Int32(range.lowerBound), Int32(range.upperBound))
    for c in 0..<channels {
      target[c] = Int8(truncatingIfNeeded: max(low, min(high, values[c])))
    }
  }
}
