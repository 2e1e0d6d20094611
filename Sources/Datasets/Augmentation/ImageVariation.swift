// SPDX-License-Identifier: Apache-2.0
import Foundation
import Kernels

/// All random choices for one image in one epoch.
struct ImageVariation {
  /// A rectangle in pixels of the source, whose corners may lie between pixels.
  struct Crop {
    var x: Float
    var y: Float
    var width: Float
    var height: Float
  }

  var isFlipped = false
  var shiftX = 0
  var shiftY = 0
  var crop: Crop?
  var brightness: Float = 1
  var contrast: Float = 1
  var saturation: Float = 1
  /// The top left pixel of the square that is cut out.
  var cutout: (x: Int, y: Int)?
  /// Weight of the image itself in a mix.
  var mixWeight: Float = 1

  /// Whether colours stay as they are.
  var keepsColors: Bool { brightness == 1 && contrast == 1 && saturation == 1 }
}

extension Augmentation {
  /// The choices for image `index` of `width × height` in `epoch`.
  func variation(seed: UInt64, epoch: Int, index: Int, width: Int, height: Int) -> ImageVariation {
    var result = ImageVariation()
    func generator(_ key: RandomKey) -> RandomGenerator {
      key.generator(seed: seed, epoch: epoch, index: index)
    }
    switch flip {
    case .none: break
    case .random: result.isFlipped = flips(seed: seed, epoch: epoch, index: index)
    case .alternating:
      result.isFlipped = flips(seed: seed, epoch: 0, index: index) != (epoch % 2 == 1)
    }
    if shift > 0 || resizedCrop != nil {
      var random = generator(.geometry)
      result.shiftX = random.index(below: 2 * shift + 1) - shift
      result.shiftY = random.index(below: 2 * shift + 1) - shift
      result.crop = resizedCrop.map { $0.draw(from: &random, width: width, height: height) }
    }
    if let jitter = colorJitter {
      var random = generator(.color)
      result.brightness = 1 + jitter.brightness * (2 * random.uniform() - 1)
      result.contrast = 1 + jitter.contrast * (2 * random.uniform() - 1)
      result.saturation = 1 + jitter.saturation * (2 * random.uniform() - 1)
    }
    if cutout > 0 {
      var random = generator(.cutout)
      result.cutout = (
        x: random.index(below: width - cutout + 1), y: random.index(below: height - cutout + 1)
      )
    }
    if mixup > 0 {
      var random = generator(.mixup)
      result.mixWeight = random.symmetricBeta(mixup)
    }
    return result
  }

  private func flips(seed: UInt64, epoch: Int, index: Int) -> Bool {
    var random = RandomKey.flip.generator(seed: seed, epoch: epoch, index: index)
    return random.next() >> 63 == 1
  }
}

extension Augmentation.ResizedCrop {
  /// A rectangle inside the image.
  fileprivate func draw(
    from random: inout RandomGenerator, width: Int, height: Int
  ) -> ImageVariation.Crop {
    let area = smallestArea + (1 - smallestArea) * random.uniform()
    let aspect = exp(Float(log(largestAspect)) * (2 * random.uniform() - 1))
    let cropWidth = min(Float(width), Float(width) * (area * aspect).squareRoot())
    let cropHeight = min(Float(height), Float(height) * (area / aspect).squareRoot())
    return ImageVariation.Crop(
      x: (Float(width) - cropWidth) * random.uniform(),
      y: (Float(height) - cropHeight) * random.uniform(), width: cropWidth, height: cropHeight)
  }
}

extension RandomGenerator {
  /// A draw from Beta(`alpha`, `alpha`) by Jöhnk's rejection, which suits the small `alpha` of
  /// mixup.
  mutating func symmetricBeta(_ alpha: Float) -> Float {
    while true {
      let x = pow(Double(uniform()), 1 / Double(alpha))
      let y = pow(Double(uniform()), 1 / Double(alpha))
      if x + y > 0 && x + y <= 1 { return Float(x / (x + y)) }
    }
  }
}

/// The purpose of a random choice. Each has its own generators, so that switching on one feature
/// does not change what another draws.
enum RandomKey: UInt64 {
  case order = 1
  case flip
  case geometry
  case color
  case cutout
  case mixup
  case noise
  case corruption

  /// The generator for image `index` in `epoch`.
  func generator(seed: UInt64, epoch: Int, index: Int = 0) -> RandomGenerator {
    let purpose = RandomGenerator(seed: seed, stream: rawValue).state
    let ofEpoch = RandomGenerator(seed: purpose, stream: UInt64(epoch)).state
    return RandomGenerator(seed: ofEpoch, stream: UInt64(index))
  }
}

/// Turns an 8-bit image into augmented floats in [0, 1], in one pass over its rows.
struct ImageRendering {
  let width: Int
  let height: Int
  /// Side of the square that is cut out.
  let cutoutSide: Int
  /// What is left where a square was cut out.
  static let cutoutValue: Float = 0.5

  /// Writes `source` under `variation` to `target`, which has `3 · width · height` floats.
  func render(
    _ source: UnsafePointer<UInt8>, varied variation: ImageVariation,
    to target: UnsafeMutablePointer<Float>
  ) {
    renderGeometry(source, varied: variation, to: target)
    if !variation.keepsColors {
      ColorTransform(variation, source: source, byteCount: 3 * width * height).apply(
        to: target, pixelCount: width * height)
    }
    if let corner = variation.cutout {
      for y in corner.y..<corner.y + cutoutSide {
        (target + 3 * (y * width + corner.x)).update(
          repeating: Self.cutoutValue, count: 3 * cutoutSide)
      }
    }
  }

  /// Writes `source`, only cropped, shifted and flipped: for the clean image that is the target of
  /// an augmented one.
  func renderGeometry(
    _ source: UnsafePointer<UInt8>, varied variation: ImageVariation,
    to target: UnsafeMutablePointer<Float>
  ) {
    if let crop = variation.crop {
      renderCrop(source, crop: crop, varied: variation, to: target)
      return
    }
    for y in 0..<height {
      let row = source + 3 * width * Self.reflected(y + variation.shiftY, below: height)
      renderRow(row, varied: variation, to: target + 3 * width * y)
    }
  }

  /// Writes one row: pixels inside the source in a vector loop, reflected ones one by one.
  @inline(__always) private func renderRow(
    _ row: UnsafePointer<UInt8>, varied variation: ImageVariation,
    to target: UnsafeMutablePointer<Float>
  ) {
    let shift = variation.shiftX
    let inside = max(0, -shift)..<width - max(0, shift)
    if variation.isFlipped {
      for x in inside { Self.copyPixel(row + 3 * (x + shift), to: target + 3 * (width - 1 - x)) }
    } else {
      Self.convert(
        row + 3 * (inside.lowerBound + shift), to: target + 3 * inside.lowerBound,
        count: 3 * inside.count)
    }
    for x in 0..<inside.lowerBound { renderReflected(x, row, varied: variation, to: target) }
    for x in inside.upperBound..<width { renderReflected(x, row, varied: variation, to: target) }
  }

  @inline(__always) private func renderReflected(
    _ x: Int, _ row: UnsafePointer<UInt8>, varied variation: ImageVariation,
    to target: UnsafeMutablePointer<Float>
  ) {
    Self.copyPixel(
      row + 3 * Self.reflected(x + variation.shiftX, below: width),
      to: target + 3 * (variation.isFlipped ? width - 1 - x : x))
  }

  /// Writes a rectangle of the source, stretched over the whole image by bilinear interpolation.
  private func renderCrop(
    _ source: UnsafePointer<UInt8>, crop: ImageVariation.Crop, varied variation: ImageVariation,
    to target: UnsafeMutablePointer<Float>
  ) {
    for y in 0..<height {
      let centreY = crop.y + (Float(y) + 0.5) * crop.height / Float(height) - 0.5
      let (top, bottom, weightY) = neighbours(of: centreY + Float(variation.shiftY), below: height)
      for x in 0..<width {
        let centreX = crop.x + (Float(x) + 0.5) * crop.width / Float(width) - 0.5
        let (left, right, weightX) = neighbours(of: centreX + Float(variation.shiftX), below: width)
        let pixel = target + 3 * (y * width + (variation.isFlipped ? width - 1 - x : x))
        for channel in 0..<3 {
          let upper = mix(
            source[3 * (top * width + left) + channel], source[3 * (top * width + right) + channel],
            weightX)
          let lower = mix(
            source[3 * (bottom * width + left) + channel],
            source[3 * (bottom * width + right) + channel], weightX)
          pixel[channel] = (upper + (lower - upper) * weightY) / 255
        }
      }
    }
  }

  @inline(__always) private func mix(_ first: UInt8, _ second: UInt8, _ weight: Float) -> Float {
    Float(first) + (Float(second) - Float(first)) * weight
  }

  /// The two samples around `position`, reflected into the image, and the weight of the second.
  @inline(__always) private func neighbours(of position: Float, below count: Int) -> (
    Int, Int, Float
  ) {
    let floor = position.rounded(.down)
    let first = Int(floor)
    return (
      Self.reflected(first, below: count), Self.reflected(first + 1, below: count), position - floor
    )
  }

  /// `index` mirrored at the centres of the first and of the last pixel: -1 is 1.
  @inline(__always) static func reflected(_ index: Int, below count: Int) -> Int {
    if index < 0 { return min(-index, count - 1) }
    if index >= count { return max(0, 2 * count - 2 - index) }
    return index
  }

  @inline(__always) private static func copyPixel(
    _ source: UnsafePointer<UInt8>, to target: UnsafeMutablePointer<Float>
  ) {
    target[0] = Float(source[0]) / 255
    target[1] = Float(source[1]) / 255
    target[2] = Float(source[2]) / 255
  }

  /// Exactly `byte / 255`, rounded once, as in other frameworks.
  @inline(__always) static func convert(
    _ source: UnsafePointer<UInt8>, to target: UnsafeMutablePointer<Float>, count: Int
  ) { for index in 0..<count { target[index] = Float(source[index]) / 255 } }
}

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
