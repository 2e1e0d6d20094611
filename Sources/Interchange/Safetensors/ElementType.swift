// SPDX-License-Identifier: Apache-2.0
import Kernels

/// The type of the elements of a stored tensor, spelled as safetensors spells it.
public enum ElementType: String, CaseIterable, Sendable {
  // In the order of the reference implementation, which sorts the tensors of a file by it, last
  // first.
  case bool = "BOOL"
  case uint8 = "U8"
  case int8 = "I8"
  case int16 = "I16"
  case float16 = "F16"
  case bfloat16 = "BF16"
  case int32 = "I32"
  case float32 = "F32"
  case float64 = "F64"
  case int64 = "I64"

  public var byteCount: Int {
    switch self {
    case .bool, .uint8, .int8: 1
    case .int16, .float16, .bfloat16: 2
    case .int32, .float32: 4
    case .float64, .int64: 8
    }
  }

  /// The elements in `bytes` (little-endian, any alignment) as floats; `target` has room for all of
  /// them.
  package func convert(
    _ bytes: UnsafeRawBufferPointer, into target: UnsafeMutableBufferPointer<Float>
  ) {
    precondition(target.count == bytes.count / byteCount, "one float for each element")
    switch self {
    case .float32: UnsafeMutableRawBufferPointer(target).copyMemory(from: bytes)
    case .float64: convert(bytes, target) { Float(Double(bitPattern: $0)) }
    case .float16: convert(bytes, target) { HalfPrecision.widened($0) }
    case .bfloat16: convert(bytes, target) { Float(bitPattern: UInt32($0 as UInt16) << 16) }
    case .int8: convert(bytes, target) { Float($0 as Int8) }
    case .int16: convert(bytes, target) { Float($0 as Int16) }
    case .int32: convert(bytes, target) { Float($0 as Int32) }
    case .int64: convert(bytes, target) { Float($0 as Int64) }
    case .uint8: convert(bytes, target) { Float($0 as UInt8) }
    case .bool: convert(bytes, target) { $0 as UInt8 == 0 ? 0 : 1 }
    }
  }

  private func convert<Stored: FixedWidthInteger & BitwiseCopyable>(
    _ bytes: UnsafeRawBufferPointer, _ target: UnsafeMutableBufferPointer<Float>,
    _ convert: (Stored) -> Float
  ) {
    for index in target.indices {
      let stored = bytes.loadUnaligned(
        fromByteOffset: index * MemoryLayout<Stored>.size, as: Stored.self)
      target[index] = convert(Stored(littleEndian: stored))
    }
  }
}
