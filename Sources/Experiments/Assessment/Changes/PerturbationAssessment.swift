// SPDX-License-Identifier: Apache-2.0
import Explanation
import Kernels
import Network
import Training

/// How much the enhancer changes pictures, in which frequencies, and how much of the gain is left
/// where it may change less, or where its pictures are stored.
public struct PerturbationAssessment: Codable, Equatable, Sendable {
  /// Means over images of numbers in [0, 1].
  public struct Size: Codable, Equatable, Sendable {
    /// The largest difference, the Euclidean norm, and the mean of the magnitudes.
    public let largest: IntervalEstimate
    public let norm: IntervalEstimate
    public let mean: IntervalEstimate
    /// In decibels, of the images that are changed at all.
    public let peakSignalToNoise: IntervalEstimate?
    public let structuralSimilarity: IntervalEstimate
    /// The share of the numbers that are changed by more than 1 and 8 of 255 levels.
    public let changed: IntervalEstimate
    public let changedVisibly: IntervalEstimate
  }

  /// Where the power of the differences lies.
  public struct Spectrum: Codable, Equatable, Sendable {
    /// The share above a quarter of a period a pixel: of the differences, and of the images.
    public let fineShare: IntervalEstimate
    public let fineShareOfImages: IntervalEstimate
    /// The mean power of the differences at k periods along the longer side, k from 0; and that of
    /// the images.
    public let radial: [Double]
    public let radialOfImages: [Double]
  }

  public let images: Int
  public let size: Size
  public let spectrum: Spectrum
  /// With differences clipped to ±ε, by the name of ε in levels of 255.
  public let budget: [ChangedPictures]
  /// Enhanced pictures in 8 bits, and through JPEG.
  public let stored: [ChangedPictures]

  /// In levels of 255.
  public static let budgets = [1, 2, 4, 8, 16, 32]
  public static let qualities = [95, 75]

  /// `nil` without an enhancer.
  public init?(
    _ model: AssessedModel, _ images: AssessedImages, progress: AssessmentProgress
  ) throws {
    guard let enhanced = images.enhanced, images.count > 0 else { return nil }
    self.images = images.count
    let changes = ImageChange.all(images.plain, enhanced, images.shape, model.pool)
    size = ImageChange.size(changes, model.seed)
    spectrum = ImageChange.spectrum(changes, model.seed)
    let total = 2 + Self.budgets.count + Self.qualities.count
    var done = 1
    func variant(_ name: String, _ pictures: [[Float]]) -> ChangedPictures {
      defer {
        done += 1
        progress(done, total)
      }
      return ChangedPictures(name, pictures, of: images, model)
    }
    progress(done, total)
    budget = Self.budgets.map { levels in
      let limit = Float(levels) / 255
      return variant(
        "\(levels)/255",
        zip(images.plain, enhanced).map { plain, enhanced in
          zip(plain, enhanced).map { $0 + min(max($1 - $0, -limit), limit) }
        })
    }
    var stored = [variant("8 bits", enhanced.map { StoredPicture($0, images.shape).floats })]
    for quality in Self.qualities {
      stored.append(
        variant(
          "JPEG \(quality)",
          try enhanced.map { try StoredPicture($0, images.shape).compressed(quality).floats }))
    }
    self.stored = stored
  }
}
