// SPDX-License-Identifier: Apache-2.0
package import Kernels
package import Testing

/// Activations in memory of their own, with the slack behind them that kernels may read.
package final class TestTensor {
  package let view: TensorView<Float>
  private let base: UnsafeMutablePointer<Float>

  /// Elements are uniform in [-1, 1); the gaps between pixels and the slack are NaN, so that a read
  /// of them shows.
  package init(
    batch: Int, height: Int, width: Int, channels: Int, pixelStride: Int? = nil,
    random: inout RandomGenerator
  ) {
    let stride = pixelStride ?? channels
    let count = batch * height * width * stride + 2 * Machine.vectorFloats
    base = .allocate(capacity: count)
    base.initialize(repeating: .nan, count: count)
    view = TensorView(
      base, batch: batch, height: height, width: width, channels: channels, pixelStride: stride)
    for pixel in 0..<view.pixelCount {
      for channel in 0..<channels { view.pixel(pixel)[channel] = random.uniform(-1..<1) }
    }
  }

  deinit { base.deallocate() }

  /// The elements, without the gaps.
  package var elements: [Float] {
    (0..<view.pixelCount).flatMap { pixel in
      (0..<view.channels).map { view.pixel(pixel)[$0] }
    }
  }

  /// Whether nothing has been written between the pixels or behind the last one.
  package var gapsAreUntouched: Bool {
    let end = view.pixelCount * view.pixelStride + 2 * Machine.vectorFloats
    return (0..<end).allSatisfy { index in
      let pixel = index / view.pixelStride
      let isElement = pixel < view.pixelCount && index % view.pixelStride < view.channels
      return isElement || base[index].isNaN
    }
  }
}

/// Fails with the first differing index when `actual` is not within `tolerance` · (1 + |expected|)
/// of `expected`.
package func expectClose(
  _ actual: [Float], _ expected: [Float], tolerance: Float = 1e-5,
  _ comment: @autoclosure () -> String = "", sourceLocation: SourceLocation = #_sourceLocation
) {
  guard actual.count == expected.count else {
    Issue.record(
      "\(actual.count) elements, expected \(expected.count). \(comment())",
      sourceLocation: sourceLocation)
    return
  }
  for index in expected.indices
  where !(abs(actual[index] - expected[index]) <= tolerance * (1 + abs(expected[index]))) {
    Issue.record(
      "element \(index) is \(actual[index]), expected \(expected[index]). \(comment())",
      sourceLocation: sourceLocation)
    return
  }
}
