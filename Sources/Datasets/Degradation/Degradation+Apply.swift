// SPDX-License-Identifier: Apache-2.0
import Foundation
public import Imaging
public import Kernels

extension Degradation {
  /// `image`, degraded; noise is drawn from `random`. Bytes are rounded before the picture shrinks,
  /// and before JPEG.
  ///
  /// - Precondition: the strengths are in their ranges (`validate`).
  public func apply(
    to image: Image, random: inout RandomGenerator
  ) throws(ImageError) -> Image {
    var result = image
    let light = Degradation(dullness: dullness, blur: blur, noise: shrink == nil ? noise : 0)
    light.applyToFloats(of: &result, random: &random)
    if let shrink {
      let small = result.resized(
        width: max(1, image.width / shrink), height: max(1, image.height / shrink),
        filter: .bicubic)
      result = small.resized(width: image.width, height: image.height, filter: .bicubic)
      Degradation(noise: noise).applyToFloats(of: &result, random: &random)
    }
    if let jpegQuality {
      result = try Image.decode(result.encodedJPEG(quality: jpegQuality))
    }
    return result
  }

  /// Light, lens and noise; the result is rounded once.
  private func applyToFloats(of image: inout Image, random: inout RandomGenerator) {
    guard dullness > 0 || blur > 0 || noise > 0 else { return }
    var pixels = image.pixels.map { Float($0) }
    if dullness > 0 { dull(&pixels, of: image) }
    if blur > 0 {
      GaussianBlur(sigma: blur).apply(to: &pixels, width: image.width, height: image.height)
    }
    if noise > 0 { addNoise(to: &pixels, random: &random) }
    image.pixels = pixels.map { UInt8(min(255, max(0, $0.rounded()))) }
  }

  private func dull(_ pixels: inout [Float], of image: Image) {
    let grey =
      255
      * image.pixels.withUnsafeBufferPointer { bytes in
        bytes.baseAddress.map { ColorTransform.meanGrey($0, byteCount: bytes.count) } ?? 0
      }
    let (brightness, contrast) = (1 - dullness / 2, 1 - dullness)
    for index in pixels.indices {
      pixels[index] = brightness * (grey + contrast * (pixels[index] - grey))
    }
  }

  /// Two normal draws at a time by Box and Muller's method.
  private func addNoise(to pixels: inout [Float], random: inout RandomGenerator) {
    let sigma = 255 * noise
    for index in stride(from: 0, to: pixels.count, by: 2) {
      let radius = sigma * (-2 * log(1 - random.uniform())).squareRoot()
      let angle = 2 * Float.pi * random.uniform()
      pixels[index] += radius * cos(angle)
      if index + 1 < pixels.count { pixels[index + 1] += radius * sin(angle) }
    }
  }
}

extension Dataset {
  /// A copy of the set with each image degraded, its noise keyed by `seed` and the image's index;
  /// labels, order and source names stay, so that the original is its `pairedWith`.
  public func degraded(
    by degradation: Degradation, seed: UInt64
  ) throws(DatasetError) -> Dataset {
    try degradation.validate()
    return try mapped(
      name: "\(name) (\(degradation))", width: width, height: height
    ) { image, index throws(ImageError) in
      var random = RandomKey.noise.generator(seed: seed, epoch: 0, index: index)
      return try degradation.apply(to: image, random: &random)
    }
  }
}
