// SPDX-License-Identifier: Apache-2.0
public import Kernels

/// What the elements of a node's output are.
public enum ValueFormat: Equatable, Sendable {
  case float32
  case int8(AffineQuantization)
  /// Only at the borders of a graph: pictures come in bytes, and some models take or give them.
  case uint8(AffineQuantization)

  /// Bytes of one element.
  public var byteCount: Int {
    switch self {
    case .float32: MemoryLayout<Float>.stride
    case .int8, .uint8: 1
    }
  }

  /// What the integers stand for; `nil` for floats.
  public var quantization: AffineQuantization? {
    switch self {
    case .float32: nil
    case .int8(let quantization), .uint8(let quantization): quantization
    }
  }

  /// Whether the elements are integers that the kernels for `Int8` take.
  package var isInt8: Bool {
    if case .int8 = self { true } else { false }
  }
}
