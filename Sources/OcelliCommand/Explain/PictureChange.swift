// SPDX-License-Identifier: Apache-2.0
import Explanation
import Foundation
import Imaging
import Interchange
import Text

/// How an enhanced picture differs from the plain one.
struct PictureChange {
  let comparison: ImageComparison
  let maps: DifferenceMaps
  let before: PowerSpectrum
  let after: PowerSpectrum
  let difference: PowerSpectrum

  init(_ plain: ExplainedPicture.View, _ enhanced: ExplainedPicture.View) {
    let (height, width) = (plain.image.height, plain.image.width)
    comparison = ImageComparison(plain.floats, enhanced.floats, height: height, width: width)
    maps = DifferenceMaps(from: plain.floats, to: enhanced.floats, height: height, width: width)
    before = PowerSpectrum(plain.floats, height: height, width: width)
    after = PowerSpectrum(enhanced.floats, height: height, width: width)
    difference = PowerSpectrum(maps.differences, height: height, width: width)
  }

  /// Numbers for people.
  var lines: [String] {
    [
      "up to \(PictureStyle.levels(comparison.largest)), "
        + String(format: "L2 norm %.2f, PSNR ", comparison.norm)
        + PictureStyle.decibels(comparison.peakSignalToNoise)
        + String(format: ", SSIM %.3f", comparison.structuralSimilarity),
      "fine detail's share of the power: original \(before.share().percent), "
        + "enhanced \(after.share().percent), difference \(difference.share().percent)",
    ]
  }

  /// Writes the signed differences and their spectrum; the names of the files.
  func write(to folder: String, stem: String) throws -> [String: String] {
    let (height, width) = (maps.signed.height, maps.signed.width)
    let files = ["difference": "\(stem).difference.npy", "spectrum": "\(stem).spectrum.npy"]
    try NumPyArray<Float>(
      shape: [height, width, maps.differences.count / (height * width)],
      elements: maps.differences
    ).write(to: "\(folder)/\(stem).difference.npy")
    try NumPyArray<Float>(shape: [height, width], elements: difference.power.map { Float($0) })
      .write(to: "\(folder)/\(stem).spectrum.npy")
    return files
  }
}
