// SPDX-License-Identifier: Apache-2.0
import Kernels
public import Network

extension Session {
  /// A number that is the same where two machines have computed the same outputs: FNV-1a, of 64
  /// bits, over the bytes of all outputs.
  public func outputChecksum() -> UInt64 {
    var checksum: UInt64 = 0xCBF2_9CE4_8422_2325
    for node in plan.graph.outputs {
      if plan.graph.formats[node] == .float32 {
        add(value(of: node), to: &checksum)
      } else {
        add(integers(of: node), to: &checksum)
      }
    }
    return checksum
  }

  private func add<Element>(_ view: TensorView<Element>, to checksum: inout UInt64) {
    for pixel in 0..<view.pixelCount {
      let count = view.channels * MemoryLayout<Element>.stride
      for byte in UnsafeRawBufferPointer(start: view.pixel(pixel), count: count) {
        checksum = (checksum ^ UInt64(byte)) &* 0x100_0000_01B3
      }
    }
  }
}
