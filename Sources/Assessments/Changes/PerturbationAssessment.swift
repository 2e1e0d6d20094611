// SPDX-License-Identifier: Apache-2.0
import Explanation
import Foundation
import Imaging
import Kernels
import Network
package import Reporting
public import Statistics
import Text
import Training

/// How much the enhancer changes pictures, in which frequencies, and how much of the gain remains
/// when changes are limited or pictures are stored.
public struct PerturbationAssessment: Codable, Equatable, Sendable {
  /// Means over images of numbers in [0, 1].
  public struct Size: Codable, Equatable, Sendable {
    /// The largest difference.
    public let largest: IntervalEstimate
    /// The Euclidean norm of the differences.
    public let norm: IntervalEstimate
    /// The mean magnitude of the differences.
    public let mean: IntervalEstimate
    /// In decibels, of the images that are changed at all.
    public let peakSignalToNoise: IntervalEstimate?
    /// SSIM, 1 for equal images.
    public let structuralSimilarity: IntervalEstimate
    /// The share of the numbers that change by more than 1 of 255 levels.
    public let changed: IntervalEstimate
    /// The share of the numbers that change by more than 8 of 255 levels.
    public let changedVisibly: IntervalEstimate
  }

  /// Where the power of the differences lies.
  public struct Spectrum: Codable, Equatable, Sendable {
    /// The share of the differences' power above a quarter of a period a pixel.
    public let fineShare: IntervalEstimate
    /// The same share of the images' power.
    public let fineShareOfImages: IntervalEstimate
    /// The mean power of the differences at k periods along the longer side, k from 0.
    public let radial: [Double]
    /// The same of the images.
    public let radialOfImages: [Double]
  }

  /// The number of images.
  public let images: Int
  /// How large the changes are.
  public let size: Size
  /// In which frequencies they lie.
  public let spectrum: Spectrum
  /// With differences clipped to ±ε, by the name of ε in levels of 255.
  public let budget: [ChangedPictures]
  /// Enhanced pictures in 8 bits, and through JPEG.
  public let stored: [ChangedPictures]

  /// In levels of 255.
  package static let budgets = [1, 2, 4, 8, 16, 32]
  package static let qualities = [95, 75]

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

/// What the enhancer did to one image.
struct ImageChange {
  let comparison: ImageComparison
  /// The share of the numbers that are changed by more than 1 and 8 of 255 levels.
  let changed: Double
  let changedVisibly: Double
  let fineShare: Double
  let fineShareOfImage: Double
  let radial: [Double]
  let radialOfImage: [Double]

  private init(_ plain: [Float], _ enhanced: [Float], _ shape: Shape) {
    comparison = ImageComparison(plain, enhanced, height: shape.height, width: shape.width)
    let differences = zip(plain, enhanced).map { $1 - $0 }
    func share(above levels: Float) -> Double {
      Double(differences.count { abs($0) > levels / 255 }) / Double(differences.count)
    }
    changed = share(above: 1)
    changedVisibly = share(above: 8)
    let spectrum = PowerSpectrum(differences, height: shape.height, width: shape.width)
    let ofImage = PowerSpectrum(plain, height: shape.height, width: shape.width)
    (fineShare, fineShareOfImage) = (spectrum.share(), ofImage.share())
    (radial, radialOfImage) = (spectrum.radialMeans, ofImage.radialMeans)
  }

  static func all(
    _ plain: [[Float]], _ enhanced: [[Float]], _ shape: Shape, _ pool: ThreadPool
  ) -> [ImageChange] {
    [ImageChange](unsafeUninitializedCapacity: plain.count) { changes, count in
      nonisolated(unsafe) let base = changes.baseAddress
      pool.forEach(plain.count) { index, _ in
        base.unsafelyUnwrapped.advanced(by: index).initialize(
          to: ImageChange(plain[index], enhanced[index], shape))
      }
      count = plain.count
    }
  }

  private static func mean(
    _ changes: [ImageChange], _ seed: UInt64, _ value: (ImageChange) -> Double
  ) -> IntervalEstimate {
    IntervalEstimate(meanOf: changes.map(value), seed: seed)
      ?? IntervalEstimate(0, Interval(lower: 0, upper: 0))
  }

  /// - Precondition: there are changes.
  static func size(_ changes: [ImageChange], _ seed: UInt64) -> PerturbationAssessment.Size {
    func mean(_ value: (ImageChange) -> Double) -> IntervalEstimate {
      Self.mean(changes, seed, value)
    }
    return .init(
      largest: mean { Double($0.comparison.largest) }, norm: mean(\.comparison.norm),
      mean: mean(\.comparison.mean),
      peakSignalToNoise: IntervalEstimate(
        meanOf: changes.map(\.comparison.peakSignalToNoise).filter(\.isFinite), seed: seed),
      structuralSimilarity: mean(\.comparison.structuralSimilarity), changed: mean(\.changed),
      changedVisibly: mean(\.changedVisibly))
  }

  /// - Precondition: there are changes.
  static func spectrum(
    _ changes: [ImageChange], _ seed: UInt64
  ) -> PerturbationAssessment.Spectrum {
    func mean(_ value: (ImageChange) -> Double) -> IntervalEstimate {
      Self.mean(changes, seed, value)
    }
    func means(_ rings: (ImageChange) -> [Double]) -> [Double] {
      rings(changes[0]).indices.map { ring in
        changes.reduce(0) { $0 + rings($1)[ring] } / Double(changes.count)
      }
    }
    return .init(
      fineShare: mean(\.fineShare), fineShareOfImages: mean(\.fineShareOfImage),
      radial: means(\.radial), radialOfImages: means(\.radialOfImage))
  }
}

/// A picture as a file stores it.
struct StoredPicture {
  private let image: Image

  init(_ floats: [Float], _ shape: Shape) { image = Image(floats, shape) }

  private init(_ image: Image) { self.image = image }

  /// As it comes back from a JPEG file.
  func compressed(_ quality: Int) throws -> StoredPicture {
    StoredPicture(try Image.decode(try image.encodedJPEG(quality: quality)))
  }

  /// Each level divided by 255.
  var floats: [Float] { image.pixels.map { Float($0) / 255 } }
}

/// The accuracy on pictures that were changed in some way, and the gain over plain ones.
public struct ChangedPictures: Codable, Equatable, Sendable {
  /// What was done to the pictures.
  public let name: String
  /// The accuracy on them.
  public let accuracy: IntervalEstimate
  /// The gain over the plain pictures.
  public let gain: PairedGain

  /// - Parameter pictures: what became of each of `images`.
  init(_ name: String, _ pictures: [[Float]], of images: AssessedImages, _ model: AssessedModel) {
    self.name = name
    let classes = model.predictions(pictures, images.labels).classes
    accuracy = IntervalEstimate(accuracyOf: classes, labels: images.labels)
    gain = PairedGain(
      before: images.predictions.classes, after: classes, labels: images.labels, seed: model.seed)
  }
}

extension PerturbationAssessment {
  package var blocks: [FigureBlock] {
    var sizes = TextTable(["perturbation", "mean of \(images) images (95 %)"])
    sizes.add(["largest difference, levels of 255", size.largest.text(scale: 255, digits: 1)])
    sizes.add(["mean difference, levels of 255", size.mean.text(scale: 255, digits: 1)])
    sizes.add(["Euclidean norm", size.norm.decimals()])
    sizes.add(["PSNR, dB", size.peakSignalToNoise?.text(scale: 1, digits: 1) ?? "infinite"])
    sizes.add(["SSIM", size.structuralSimilarity.decimals()])
    sizes.add(["changed by more than 1 level, %", size.changed.percentages()])
    sizes.add(["changed by more than 8 levels, %", size.changedVisibly.percentages()])
    sizes.add(["fine detail's share of its power, %", spectrum.fineShare.percentages()])
    sizes.add(["fine detail's share of the images', %", spectrum.fineShareOfImages.percentages()])
    var gains = TextTable(["enhanced picture", "accuracy, %"] + PairedGain.headings)
    for variant in budget { gains.add(["clipped to ±\(variant.name)"] + variant.cells) }
    for variant in stored { gains.add(["stored as \(variant.name)"] + variant.cells) }
    return [.table(sizes), .table(gains)]
  }
}

extension ChangedPictures {
  /// The accuracy and the gain, as cells.
  var cells: [String] { [accuracy.percentages()] + gain.cells }
}
