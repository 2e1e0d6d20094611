// SPDX-License-Identifier: Apache-2.0
public import Imaging
public import Kernels

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
  ///
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
