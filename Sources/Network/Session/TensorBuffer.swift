// SPDX-License-Identifier: Apache-2.0
package import Kernels

/// What the elements of a tensor in memory are.
public enum ElementType: Equatable, Sendable {
  case float32, int32, int16, int8, uint8

  /// Bytes of one element.
  public var byteCount: Int {
    switch self {
    case .float32, .int32: 4
    case .int16: 2
    case .int8, .uint8: 1
    }
  }
}

/// A type whose values are the elements of tensors.
package protocol TensorElement: BitwiseCopyable { static var elementType: ElementType { get } }

extension Float: TensorElement { package static var elementType: ElementType { .float32 } }
extension Int32: TensorElement { package static var elementType: ElementType { .int32 } }
extension Int16: TensorElement { package static var elementType: ElementType { .int16 } }
extension Int8: TensorElement { package static var elementType: ElementType { .int8 } }
extension UInt8: TensorElement { package static var elementType: ElementType { .uint8 } }

/// A batch of NHWC activations in memory, with the type of its elements: a `TensorView` whose
/// element type is known only while the program runs. Kernels get views of the type that they
/// compute with; asking for another type is a programming error and stops the program.
package struct TensorBuffer {
  package let base: UnsafeMutableRawPointer
  package let elementType: ElementType
  package let batch: Int
  package let height: Int
  package let width: Int
  package let channels: Int
  /// Elements from one pixel to the next: more than `channels` for a slice of a wider tensor.
  package let pixelStride: Int

  package init(
    _ base: UnsafeMutableRawPointer, _ elementType: ElementType, batch: Int, _ shape: Shape,
    pixelStride: Int? = nil
  ) {
    self.base = base
    self.elementType = elementType
    self.batch = batch
    height = shape.height
    width = shape.width
    channels = shape.channels
    self.pixelStride = pixelStride ?? shape.channels
  }

  /// The elements as floats.
  package var floats: TensorView<Float> { view() }
  /// The elements as signed bytes.
  package var int8: TensorView<Int8> { view() }
  /// The elements as 16-bit integers.
  package var int16: TensorView<Int16> { view() }

  /// The bit patterns of elements of one byte, signed or not: for copies and lookup tables.
  package var bytes: TensorView<UInt8> {
    precondition(elementType.byteCount == 1, "the buffer holds elements of one byte")
    return unchecked()
  }

  /// The elements as values of their type.
  package func view<Element: TensorElement>(
    as type: Element.Type = Element.self
  ) -> TensorView<Element> {
    precondition(elementType == Element.elementType, "the buffer holds elements of another type")
    return unchecked()
  }

  private func unchecked<Element>() -> TensorView<Element> {
    TensorView(
      base.assumingMemoryBound(to: Element.self), batch: batch, height: height, width: width,
      channels: channels, pixelStride: pixelStride)
  }

  /// Whether all elements lie next to each other.
  package var isContiguous: Bool { pixelStride == channels }

  /// Elements in the whole batch, without the gaps between pixels.
  package var elementCount: Int { batch * height * width * channels }

  /// The same elements as one pixel an example. Plans give dense layers contiguous inputs.
  package var flattened: TensorBuffer {
    precondition(isContiguous || height * width == 1, "only contiguous activations flatten")
    return TensorBuffer(
      base, elementType, batch: batch,
      Shape(height: 1, width: 1, channels: height * width * channels),
      pixelStride: height * width == 1 ? pixelStride : height * width * channels)
  }
}

/// How the gradient of a tensor lies in memory.
public enum GradientFormat: Equatable, Sendable {
  /// Floats, for tensors of floats.
  case float32
  /// 16-bit integers q that stand for q · 2^e with one exponent e a tensor, for tensors of
  /// integers.
  case int16

  /// What its elements are.
  public var elementType: ElementType { self == .float32 ? .float32 : .int16 }

  /// Bytes in front of the elements. The exponent, an `Int32`, is the first of them; elements stay
  /// aligned to a cache line.
  var headerByteCount: Int { self == .float32 ? 0 : 64 }
}

/// A gradient in memory.
package struct GradientBuffer {
  /// The elements: floats, or 16-bit integers.
  package var values: TensorBuffer
  /// e, where the elements q stand for q · 2^e; `nil` for floats.
  package var exponent: UnsafeMutablePointer<Int32>?

  package init(_ values: TensorBuffer, exponent: UnsafeMutablePointer<Int32>? = nil) {
    self.values = values
    self.exponent = exponent
  }

  /// The elements of a gradient of floats.
  package var floats: TensorView<Float> { values.floats }

  /// The gradient as one pixel an example.
  package var flattened: GradientBuffer { GradientBuffer(values.flattened, exponent: exponent) }
}

extension UnsafeMutableRawPointer {
  /// Memory that holds floats.
  var floats: UnsafeMutablePointer<Float> { assumingMemoryBound(to: Float.self) }
  /// Memory that holds bytes.
  var bytes: UnsafeMutablePointer<UInt8> { assumingMemoryBound(to: UInt8.self) }
}
