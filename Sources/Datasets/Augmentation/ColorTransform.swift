// SPDX-License-Identifier: Apache-2.0

/// Brightness, contrast and saturation as one affine map of a pixel's three channels.
///
/// With grey(p) = 0.299 r + 0.587 g + 0.114 b and g₀ the grey of the source averaged over the
/// image:
/// - brightness b: p ← b · p
/// - contrast c: p ← c · p + (1 - c) · b · g₀
/// - saturation s: p ← s · p + (1 - s) · grey(p)
///
/// Together p ← clamp(s·c·b · p + (1 - s)·c·b · grey(p) + (1 - c)·b · g₀), because the constant
/// term is grey itself.
struct ColorTransform {
  private let own: Float
  private let grey: Float
  private let constant: Float

  init(_ variation: ImageVariation, source: UnsafePointer<UInt8>, byteCount: Int) {
    let (b, c, s) = (variation.brightness, variation.contrast, variation.saturation)
    own = s * c * b
    grey = (1 - s) * c * b
    constant = c == 1 ? 0 : (1 - c) * b * Self.meanGrey(source, byteCount: byteCount)
  }

  func apply(to pixels: UnsafeMutablePointer<Float>, pixelCount: Int) {
    for index in 0..<pixelCount {
      let pixel = pixels + 3 * index
      let shared = grey * (0.299 * pixel[0] + 0.587 * pixel[1] + 0.114 * pixel[2]) + constant
      pixel[0] = min(1, max(0, own * pixel[0] + shared))
      pixel[1] = min(1, max(0, own * pixel[1] + shared))
      pixel[2] = min(1, max(0, own * pixel[2] + shared))
    }
  }

  /// The mean of grey over the image, in [0, 1].
  static func meanGrey(_ source: UnsafePointer<UInt8>, byteCount: Int) -> Float {
    var (red, green, blue) = (0, 0, 0)
    for offset in stride(from: 0, to: byteCount, by: 3) {
      red &+= Int(source[offset])
      green &+= Int(source[offset + 1])
      blue &+= Int(source[offset + 2])
    }
    let sum = 0.299 * Double(red) + 0.587 * Double(green) + 0.114 * Double(blue)
    return Float(sum / (255 * Double(byteCount / 3)))
  }
}
