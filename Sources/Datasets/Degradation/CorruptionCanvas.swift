// SPDX-License-Identifier: Apache-2.0
import Foundation
import Imaging

/// A picture that is being corrupted, in floats from 0 to 1.
struct CorruptionCanvas {
  let width: Int
  let height: Int
  /// Three a pixel, row by row.
  var values: [Float]

  init(_ image: Image) {
    width = image.width
    height = image.height
    values = image.pixels.map { Float($0) / 255 }
  }

  init(width: Int, height: Int, values: [Float]) {
    (self.width, self.height, self.values) = (width, height, values)
  }

  /// The picture in rounded, clamped levels.
  var image: Image {
    Image(
      width: width, height: height,
      pixels: values.map { UInt8(min(max($0 * 255, 0), 255).rounded()) })
  }

  /// The scale of lengths: 1 for a picture of 32 pixels a side.
  var unit: Float { Float(min(width, height)) / 32 }

  /// The pixel at a place inside the picture.
  func pixel(_ y: Int, _ x: Int) -> SIMD3<Float> {
    let start = 3 * (y * width + x)
    return SIMD3(values[start], values[start + 1], values[start + 2])
  }

  /// Computes each pixel from the picture as it was and from the pixel's place.
  mutating func replacePixels(
    _ body: (_ source: CorruptionCanvas, _ y: Int, _ x: Int) -> SIMD3<Float>
  ) {
    let source = self
    var result = values
    for y in 0..<height {
      for x in 0..<width {
        let value = body(source, y, x)
        for channel in 0..<3 { result[3 * (y * width + x) + channel] = value[channel] }
      }
    }
    values = result
  }

  /// Interpolates between the centres of pixels; mirrors at the border.
  func sample(_ y: Float, _ x: Float) -> SIMD3<Float> {
    let (top, left) = (y.rounded(.down), x.rounded(.down))
    let (down, along) = (y - top, x - left)
    func pixel(_ dy: Int, _ dx: Int) -> SIMD3<Float> {
      self.pixel(
        MirroredBorder.withoutEdge.index(Int(top) + dy, below: height),
        MirroredBorder.withoutEdge.index(Int(left) + dx, below: width))
    }
    let upper = pixel(0, 0) * (1 - along) + pixel(0, 1) * along
    let lower = pixel(1, 0) * (1 - along) + pixel(1, 1) * along
    return upper * (1 - down) + lower * down
  }

  /// The middle of the picture, enlarged to its whole size: SciPy's linear `zoom` of the middle
  /// ⌈side / factor⌉ pixels, trimmed.
  func zoomed(by factor: Double) -> CorruptionCanvas {
    func axis(_ count: Int) -> (start: Float, step: Float) {
      let part = Int((Double(count) / factor).rounded(.up))
      let enlarged = Int((Double(part) * factor).rounded(.toNearestOrEven))
      let step = enlarged > 1 ? Float(part - 1) / Float(enlarged - 1) : 0
      let trim = Float((enlarged - count) / 2)
      return (Float((count - part) / 2) + trim * step, step)
    }
    let (rows, columns) = (axis(height), axis(width))
    var result = self
    result.replacePixels { source, y, x in
      source.sample(rows.start + Float(y) * rows.step, columns.start + Float(x) * columns.step)
    }
    return result
  }

  /// Smears the picture in one direction by half a Gaussian, as ImageMagick's motion blur does; the
  /// outermost pixels are repeated beyond the border.
  ///
  /// - Parameter angle: in degrees, clockwise from the right.
  mutating func smear(radius: Float, sigma: Float, angle: Float) {
    let count = 2 * Int(radius.rounded(.up)) + 1
    let weights = (0..<count).map { exp(-Float($0 * $0) / (2 * sigma * sigma)) }
    let sum = weights.reduce(0, +)
    let (right, down) = (cos(angle * .pi / 180), sin(angle * .pi / 180))
    let offsets = (0..<count).map { step in
      (
        y: Int((Float(step) * down - 0.5).rounded(.up)),
        x: Int((Float(step) * right - 0.5).rounded(.up))
      )
    }
    replacePixels { source, y, x in
      var total = SIMD3<Float>.zero
      for (offset, weight) in zip(offsets, weights) {
        let row = min(max(y + offset.y, 0), source.height - 1)
        let column = min(max(x + offset.x, 0), source.width - 1)
        total += weight * source.pixel(row, column)
      }
      return total / sum
    }
  }
}
