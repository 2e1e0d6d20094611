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
  package var isInt8: Bool { if case .int8 = self { true } else { false } }

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

/// The extents of one example of a batch: height × width × channels. A vector of n is 1 × 1 × n.
public struct Shape: Equatable, Hashable, Sendable {
  /// Rows.
  public var height: Int
  /// Columns.
  public var width: Int
  /// Numbers of each pixel.
  public var channels: Int

  /// Images of height × width pixels.
  public init(height: Int, width: Int, channels: Int) {
    self.height = height
    self.width = width
    self.channels = channels
  }

  /// Elements of one example.
  public var elementCount: Int { height * width * channels }
}

extension Shape {
  /// `elementCount`, or `nil` when it is not positive or beyond 2³¹ − 1.
  var checkedElementCount: Int? {
    guard height > 0, width > 0, channels > 0 else { return nil }
    let (area, overflow) = height.multipliedReportingOverflow(by: width)
    let (count, overflow2) = area.multipliedReportingOverflow(by: channels)
    return overflow || overflow2 || count > Int(Int32.max) ? nil : count
  }
}

extension Shape {
  /// `height×width×channels`.
  public var text: String { "\(height)×\(width)×\(channels)" }
}
