// SPDX-License-Identifier: Apache-2.0
import Foundation
public import Imaging
public import Kernels

/// What a cheap camera does to a picture, in this order: dull light, a soft lens, few pixels, a
/// noisy sensor, compression. A step of strength 0, or without a value, is left out.
public struct Degradation: Codable, Equatable, Sendable, CustomStringConvertible {
  /// From 0 to 1: p ← (1 - d/2) · (g₀ + (1 - d) · (p - g₀)), g₀ the mean grey of the image:
  /// contrast falls to 1 - d and brightness to 1 - d/2.
  public var dullness: Float
  /// Standard deviation of a Gaussian blur, in pixels, from 0 to 50.
  public var blur: Float
  /// The factor, 2 to 8, by which the picture is shrunk before it is enlarged again, both by
  /// Pillow's bicubic filter: the input of super-resolution.
  public var shrink: Int?
  /// Standard deviation of the Gaussian noise on each number, from 0 to 1, the full range.
  public var noise: Float
  /// The quality, from 1 to 100, of the JPEG that the picture becomes.
  public var jpegQuality: Int?

  /// Steps that are not given are left out.
  public init(
    dullness: Float = 0, blur: Float = 0, shrink: Int? = nil, noise: Float = 0,
    jpegQuality: Int? = nil
  ) {
    (self.dullness, self.blur, self.shrink, self.noise) = (dullness, blur, shrink, noise)
    self.jpegQuality = jpegQuality
  }

  /// Whether pictures stay as they are.
  public var isIdentity: Bool { self == Degradation() }

  /// Throws for strengths out of their range.
  public func validate() throws(DatasetError) {
    func require(_ holds: Bool, _ reason: String) throws(DatasetError) {
      if !holds { throw .invalidDegradation(text: description, reason: reason) }
    }
    try require(dullness >= 0 && dullness <= 1, "dull is from 0 to 1")
    try require(blur >= 0 && blur <= 50, "blur is from 0 to 50 pixels")
    try require(noise >= 0 && noise <= 1, "noise is from 0 to 1")
    if let shrink { try require((2...8).contains(shrink), "shrink is from 2 to 8") }
    if let jpegQuality { try require((1...100).contains(jpegQuality), "jpeg is from 1 to 100") }
  }

  /// Reads what `description` writes: `dull=0.4,blur=1.0,shrink=2,noise=0.05,jpeg=20`, or `none`.
  /// Parts may be left out and come in any order; the steps keep theirs.
  public init(parsing text: String) throws(DatasetError) {
    self.init()
    if text == "none" { return }
    func fail(_ reason: String) -> DatasetError { .invalidDegradation(text: text, reason: reason) }
    var seen: Set<Substring> = []
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      let sides = part.split(separator: "=", omittingEmptySubsequences: false)
      guard sides.count == 2 else { throw fail("'\(part)': expected NAME=STRENGTH") }
      let (name, strength) = (sides[0], sides[1])
      guard seen.insert(name).inserted else { throw fail("\(name) is given twice") }
      if name == "jpeg" || name == "shrink" {
        guard let number = Int(strength) else {
          throw fail("\(name)=\(strength): expected a whole number")
        }
        if name == "jpeg" { jpegQuality = number } else { shrink = number }
        continue
      }
      guard let value = Float(strength) else {
        throw fail("\(name)=\(strength): expected a number")
      }
      switch name {
      case "dull": dullness = value
      case "blur": blur = value
      case "noise": noise = value
      default: throw fail("'\(name)': expected dull, blur, shrink, noise or jpeg")
      }
    }
    do throws(DatasetError) { try validate() } catch {
      guard case .invalidDegradation(_, let reason) = error else { throw error }
      throw fail(reason)
    }
  }

  /// The steps that do something, as `init(parsing:)` reads them.
  public var description: String {
    var parts: [String] = []
    if dullness != 0 { parts.append("dull=\(dullness)") }
    if blur != 0 { parts.append("blur=\(blur)") }
    if let shrink { parts.append("shrink=\(shrink)") }
    if noise != 0 { parts.append("noise=\(noise)") }
    if let jpegQuality { parts.append("jpeg=\(jpegQuality)") }
    return parts.isEmpty ? "none" : parts.joined(separator: ",")
  }

  /// The degraded image; noise is drawn from `random`. Levels are rounded before the picture
  /// shrinks and before JPEG.
  /// - Precondition: the strengths are in their ranges (`validate`).
  public func apply(to image: Image, random: inout RandomGenerator) throws(ImageError) -> Image {
    var result = image
    let light = Degradation(dullness: dullness, blur: blur, noise: shrink == nil ? noise : 0)
    light.applyToFloats(of: &result, random: &random)
    if let shrink {
      let small = result.resized(
        width: max(1, image.width / shrink), height: max(1, image.height / shrink), filter: .bicubic
      )
      result = small.resized(width: image.width, height: image.height, filter: .bicubic)
      Degradation(noise: noise).applyToFloats(of: &result, random: &random)
    }
    if let jpegQuality { result = try Image.decode(result.encodedJPEG(quality: jpegQuality)) }
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
  /// A copy of the set with each image degraded. Noise depends on `seed` and the image's index.
  /// Labels and order stay, so that the original can be the `pairedWith` of a `BatchLoader`.
  /// - Parameter threads: one for each CPU where it is `nil`.
  public func degraded(
    by degradation: Degradation, seed: UInt64, threads: Int? = nil
  ) throws(DatasetError) -> Dataset {
    try degradation.validate()
    return try mapped(
      name: "\(name) (\(degradation))", width: width, height: height, threads: threads
    ) { image, index throws(ImageError) in
      var random = RandomKey.noise.generator(seed: seed, epoch: 0, index: index)
      return try degradation.apply(to: image, random: &random)
    }
  }
}

/// The fifteen corruptions of Hendrycks & Dietterich (arXiv:1903.12261), each in five severities,
/// with the constants of CIFAR-10-C.
///
/// These are C-style corruptions, not CIFAR-10-C's files: the published formulas are implemented
/// anew, with other random draws, with drawn ice instead of photographs of frost, and with levels
/// rounded to the nearest. Constants are for 32 pixels a side; lengths grow with the shorter side.
public enum Corruption: String, CaseIterable, Codable, Sendable {
  case gaussianNoise = "gaussian noise"
  case shotNoise = "shot noise"
  case impulseNoise = "impulse noise"
  case defocusBlur = "defocus blur"
  case glassBlur = "glass blur"
  case motionBlur = "motion blur"
  case zoomBlur = "zoom blur"
  case snow, frost, fog, brightness, contrast, elastic, pixelate, jpeg

  /// From hardly visible to strong.
  public static let severities = 1...5

  /// - Parameters:
  ///   - severity: from 1 to 5.
  ///   - random: the source of all random choices.
  public func apply(
    to image: Image, severity: Int, random: inout RandomGenerator
  ) throws(ImageError) -> Image {
    precondition(Self.severities.contains(severity), "severities are 1 to 5")
    let index = severity - 1
    var canvas = CorruptionCanvas(image)
    switch self {
    case .gaussianNoise: canvas.addGaussianNoise(index, &random)
    case .shotNoise: canvas.addShotNoise(index, &random)
    case .impulseNoise: canvas.addImpulseNoise(index, &random)
    case .defocusBlur: canvas.defocus(index)
    case .glassBlur: canvas.lookThroughGlass(index, &random)
    case .motionBlur: canvas.move(index, &random)
    case .zoomBlur: canvas.zoom(index)
    case .snow: canvas.addSnow(index, &random)
    case .frost: canvas.addFrost(index, &random)
    case .fog: canvas.addFog(index, &random)
    case .brightness: canvas.brighten(index)
    case .contrast: canvas.reduceContrast(index)
    case .elastic: canvas.bend(index, &random)
    case .pixelate: return Self.pixelated(image, index)
    case .jpeg:
      return try Image.decode(try image.encodedJPEG(quality: [80, 65, 58, 50, 40][index]))
    }
    return canvas.image
  }

  /// Shrunk and enlarged again by the box filter.
  private static func pixelated(_ image: Image, _ index: Int) -> Image {
    let scale = [0.95, 0.9, 0.85, 0.75, 0.65][index]
    let small = image.resized(
      width: max(1, Int(Double(image.width) * scale)),
      height: max(1, Int(Double(image.height) * scale)), filter: .box)
    return small.resized(width: image.width, height: image.height, filter: .box)
  }
}

extension Dataset {
  /// A copy of the set with each image corrupted. Random choices depend on `seed`, the corruption
  /// and the image's index.
  /// - Parameter threads: one for each CPU where it is `nil`.
  public func corrupted(
    by corruption: Corruption, severity: Int, seed: UInt64, threads: Int? = nil
  ) throws(DatasetError) -> Dataset {
    let place = Corruption.allCases.firstIndex(of: corruption) ?? 0
    return try mapped(
      name: "\(name) (\(corruption.rawValue) \(severity))", width: width, height: height,
      threads: threads
    ) { image, index throws(ImageError) in
      var random = RandomKey.corruption.generator(
        seed: seed, epoch: 5 * place + severity, index: index)
      return try corruption.apply(to: image, severity: severity, random: &random)
    }
  }
}
