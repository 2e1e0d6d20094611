// SPDX-License-Identifier: Apache-2.0
import CIntrinsics

/// Functions of one quantised tensor as tables of their 256 results.
///
/// Whatever the rule for one byte costs is paid when the table is made, by
/// ``IntegerLookup/table(for:input:output:)``; the kernel is the same for all.
package enum IntegerLookup {
  /// y = table[x], the table being indexed by the bits of x.
  ///
  /// **Shapes**: equal, pixel strides may differ; `y` may be `x`. **Cost**: 64 bytes in a few
  /// cycles where the CPU permutes bytes between registers, else a load for each.
  package static func apply<Input, Output>(
    _ table: UnsafePointer<UInt8>, _ x: TensorView<Input>, into y: TensorView<Output>,
    pool: ThreadPool
  ) {
    precondition(x.hasShape(of: y), "a table keeps the shape")
    precondition(
      MemoryLayout<Input>.size == 1 && MemoryLayout<Output>.size == 1, "a table maps bytes")
    let x: TensorView<UInt8> = x.reinterpreted()
    let y: TensorView<UInt8> = y.reinterpreted()
    VectorLoop.forEachRun(
      pixels: y.pixelCount, channels: y.channels, isContiguous: x.isContiguous && y.isContiguous,
      pool: pool
    ) { pixel, count in
      ocelli_lookup(table, x.pixel(pixel), y.pixel(pixel), Int64(count))
    }
  }
}
