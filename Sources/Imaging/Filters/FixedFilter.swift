// SPDX-License-Identifier: Apache-2.0
import Kernels

/// A filter without anything to learn, to hold a trained enhancer against.
package enum FixedFilter: Equatable, Sendable {
  /// x + amount · (x − x blurred by σ).
  case unsharpMask(sigma: Float, amount: Float)
  /// The values between two percentiles of the image, spread over the whole range.
  case stretch(low: Float, high: Float)
  /// x^γ.
  case gamma(Float)
  /// g + factor · (x − g), g the pixel's luma (ITU-R BT.601).
  case saturation(Float)
  /// `AdaptiveEqualization` of the luma.
  case equalization(limit: Float)
  /// Sharpened, then saturated.
  case sharpenAndSaturate(amount: Float, factor: Float)

  /// The filtered image; values are clamped to the range and rounded once, at the end.
  package func apply(to image: Image) -> Image {
    var pixels = image.pixels.map { Float($0) / 255 }
    apply(&pixels, width: image.width, height: image.height)
    return Image(
      width: image.width, height: image.height,
      pixels: pixels.map { UInt8((min(1, max(0, $0)) * 255).rounded()) })
  }

  private func apply(_ pixels: inout [Float], width: Int, height: Int) {
    switch self {
    case .unsharpMask(let sigma, let amount):
      var blurred = pixels
      GaussianBlur(sigma: sigma).apply(to: &blurred, width: width, height: height)
      for index in pixels.indices { pixels[index] += amount * (pixels[index] - blurred[index]) }
    case .stretch(let low, let high):
      let sorted = pixels.sorted()
      func percentile(_ share: Float) -> Float {
        sorted[min(sorted.count - 1, Int((share * Float(sorted.count - 1)).rounded()))]
      }
      let (floor, ceiling) = (percentile(low), percentile(high))
      guard ceiling > floor else { return }
      for index in pixels.indices { pixels[index] = (pixels[index] - floor) / (ceiling - floor) }
    case .gamma(let gamma):
      // Numbers are levels still: a table of 256 powers serves all.
      let powers = (0..<256).map { level in
        ElementaryFunctions.exp(gamma * ElementaryFunctions.log(Float(level) / 255))
      }
      for index in pixels.indices { pixels[index] = powers[Int((pixels[index] * 255).rounded())] }
    case .saturation(let factor):
      for index in stride(from: 0, to: pixels.count, by: 3) {
        let luma = Self.luma(of: pixels, at: index)
        for c in index..<index + 3 { pixels[c] = luma + factor * (pixels[c] - luma) }
      }
    case .equalization(let limit):
      let luma = stride(from: 0, to: pixels.count, by: 3).map { index in
        UInt8(min(255, 255 * Self.luma(of: pixels, at: index)).rounded())
      }
      let equalized = AdaptiveEqualization(limit: limit)
        .apply(to: luma, width: width, height: height)
      for index in pixels.indices {
        pixels[index] += (Float(equalized[index / 3]) - Float(luma[index / 3])) / 255
      }
    case .sharpenAndSaturate(let amount, let factor):
      FixedFilter.unsharpMask(sigma: 1, amount: amount)
        .apply(&pixels, width: width, height: height)
      FixedFilter.saturation(factor).apply(&pixels, width: width, height: height)
    }
  }

  /// ITU-R BT.601's, of the pixel whose first number is at `index`.
  private static func luma(of pixels: [Float], at index: Int) -> Float {
    0.299 * pixels[index] + 0.587 * pixels[index + 1] + 0.114 * pixels[index + 2]
  }
}
