// SPDX-License-Identifier: Apache-2.0
import Kernels

/// Elements of any type in memory of their own, with the slack behind them that kernels may read.
///
/// The gaps between pixels and the slack hold a pattern, so that a write to them shows.
final class ElementTensor<Element: BitwiseCopyable & Equatable> {
  let view: TensorView<Element>
  private let base: UnsafeMutablePointer<UInt8>
  private let byteCount: Int
  private static var pattern: UInt8 { 0x5A }

  init(batch: Int, height: Int, width: Int, channels: Int, gap: Int = 0) {
    let stride = channels + gap
    byteCount = batch * height * width * stride * MemoryLayout<Element>.stride + 64
    let raw = UnsafeMutableRawPointer.allocate(byteCount: byteCount, alignment: 64)
    base = raw.assumingMemoryBound(to: UInt8.self)
    base.initialize(repeating: Self.pattern, count: byteCount)
    view = TensorView(
      raw.assumingMemoryBound(to: Element.self), batch: batch, height: height, width: width,
      channels: channels, pixelStride: stride)
  }

  convenience init(_ shape: TestShape, _ make: () -> Element) {
    self.init(
      batch: shape.batch, height: shape.height, width: shape.width, channels: shape.channels,
      gap: shape.gap)
    set((0..<shape.count).map { _ in make() })
  }

  deinit { base.deallocate() }

  func set(_ values: [Element]) {
    for index in values.indices {
      view.pixel(index / view.channels)[index % view.channels] = values[index]
    }
  }

  /// The elements, without the gaps.
  var elements: [Element] {
    (0..<view.pixelCount).flatMap { pixel in (0..<view.channels).map { view.pixel(pixel)[$0] } }
  }

  /// Whether nothing has been written between the pixels or behind the last one.
  var gapsAreUntouched: Bool {
    let size = MemoryLayout<Element>.stride
    let (pixel, used) = (view.pixelStride * size, view.channels * size)
    return (0..<byteCount).allSatisfy { index in
      let isElement = index / max(1, pixel) < view.pixelCount && index % max(1, pixel) < used
      return isElement || base[index] == Self.pattern
    }
  }
}

extension ElementTensor<Int8> {
  convenience init(_ shape: TestShape, _ random: inout RandomGenerator) {
    self.init(
      batch: shape.batch, height: shape.height, width: shape.width, channels: shape.channels,
      gap: shape.gap)
    set((0..<shape.count).map { _ in Int8(truncatingIfNeeded: random.next()) })
  }
}
