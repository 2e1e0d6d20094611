// SPDX-License-Identifier: Apache-2.0

/// y = table[x]: every function of one int8 element alone, whatever its rule.
package enum IntegerLookup {
  /// Bytes of a table.
  package static let byteCount = 256

  /// Writes the value of `function` for each byte.
  package static func fill(_ table: UnsafeMutablePointer<Int8>, _ function: (Int8) -> Int8) {
    for byte in Int8.min...Int8.max { table[Int(UInt8(bitPattern: byte))] = function(byte) }
  }

  /// y from x, which may be the same memory.
  package static func run(
    _ input: TensorView<Int8>, table: UnsafePointer<Int8>, into output: TensorView<Int8>,
    pool: ThreadPool
  ) {
    let isContiguous = input.isContiguous && output.isContiguous
    let rows = isContiguous ? 1 : output.pixelCount
    let length = isContiguous ? output.elementCount : output.channels
    let segment = 1 << 13
    let segments = (length + segment - 1) / segment
    pool.forEachRange(of: rows * segments, grain: max(1, segment / max(1, length))) { items, _ in
      for item in items {
        let first = item % segments * segment
        let (x, y) = (input.pixel(item / segments) + first, output.pixel(item / segments) + first)
        for index in 0..<min(segment, length - first) {
          y[index] = table[Int(UInt8(bitPattern: x[index]))]
        }
      }
    }
  }
}
