// SPDX-License-Identifier: Apache-2.0
public import Kernels

/// What the elements of a node's output are.
public enum ValueFormat: Equatable, Sendable {
  case float32
  case int8(AffineQuantization)
  /// Only at the borders of a graph: pictures come in bytes, and some models take or give them.
  case uint8(AffineQuantization)

  /// What the elements are in memory.
  public var elementType: ElementType {
    switch self {
    case .float32: .float32
    case .int8: .int8
    case .uint8: .uint8
    }
  }

  /// Bytes of one element.
  public var byteCount: Int { elementType.byteCount }

  /// How the gradient of such a tensor lies in memory.
  public var gradientFormat: GradientFormat { self == .float32 ? .float32 : .int16 }

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

  /// Whether an operation from such inputs to such an output computes with integers.
  package static func areQuantized(_ inputs: [ValueFormat], _ output: ValueFormat) -> Bool {
    output != .float32 || inputs.contains { $0 != .float32 }
  }
}

extension ValueFormat {
  /// `float32`, `int8` or `uint8`.
  public var text: String {
    switch self {
    case .float32: "float32"
    case .int8: "int8"
    case .uint8: "uint8"
    }
  }
}
