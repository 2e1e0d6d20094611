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
  static func spectrum(_ changes: [ImageChange], _ seed: UInt64) -> PerturbationAssessment.Spectrum
  {
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

/// Whether the enhancer improves pictures or just tricks one classifier: other changes of the same
/// size, and attacks.
public struct AdversarialAssessment: Codable, Equatable, Sendable {
  /// The accuracy under an attack with the gradient of the classifier.
  public struct Attack: Codable, Equatable, Sendable {
    /// How a picture is attacked.
    public enum Method: String, CaseIterable, Codable, Sendable {
      /// One step along the gradient's signs.
      case fastGradientSign = "FGSM"
      /// Ten steps from a random start.
      case projectedGradient = "PGD"
    }

    /// The method.
    public let name: Method
    /// In levels of 255.
    public let epsilon: Int
    /// Of the classifier alone.
    public let plain: IntervalEstimate
    /// Of both, attacked as one.
    public let enhanced: IntervalEstimate?
    /// Of both, on pictures that were made against the classifier alone.
    public let transferred: IntervalEstimate?
  }

  /// The number of images.
  public let images: Int
  /// Changes of the same size as the enhancer's, image by image.
  public let controls: [ChangedPictures]
  /// Every attack in every strength.
  public let attacks: [Attack]

  package static let epsilons = [2, 4, 8]
  private static let steps = 10

  /// Attacks all of `images`, which `model` has classified.
  public init(_ model: AssessedModel, _ images: AssessedImages, progress: AssessmentProgress) throws
  {
    self.images = images.count
    controls = Self.controls(model, images)
    let attack = try GradientAttack(model.classifier.inFloats, batch: model.batch, model.pool)
    let combined = try model.combinedInFloats().map {
      try GradientAttack($0, batch: model.batch, model.pool)
    }
    var attacks: [Attack] = []
    let total = 2 * Self.epsilons.count
    for epsilon in Self.epsilons {
      for method in Attack.Method.allCases {
        func attacked(_ attack: GradientAttack) -> [[Float]] {
          let size = Float(epsilon) / 255
          return switch method {
          case .fastGradientSign:
            attack.fastGradientSign(images.plain, labels: images.labels, epsilon: size)
          case .projectedGradient:
            attack.projectedGradient(
              images.plain, labels: images.labels, epsilon: size, steps: Self.steps,
              seed: model.seed)
          }
        }
        func accuracy(_ pictures: [[Float]]) -> IntervalEstimate {
          IntervalEstimate(
            accuracyOf: model.predictions(pictures, images.labels).classes, labels: images.labels)
        }
        let pictures = attacked(attack)
        attacks.append(
          Attack(
            name: method, epsilon: epsilon, plain: accuracy(pictures),
            enhanced: combined.flatMap { model.enhanced(attacked($0)) }.map(accuracy),
            transferred: model.enhanced(pictures).map(accuracy)))
        progress(attacks.count, total)
      }
    }
    self.attacks = attacks
  }

  private static func controls(
    _ model: AssessedModel, _ images: AssessedImages
  ) -> [ChangedPictures] {
    guard let enhanced = images.enhanced else { return [] }
    return SameSizeChange.allCases.map { change in
      let pictures = change.pictures(images.plain, enhanced, channels: 3, seed: model.seed)
      return ChangedPictures(change.rawValue, pictures, of: images, model)
    }
  }
}

/// A change as large as the enhancer's that ignores the picture.
enum SameSizeChange: String, CaseIterable {
  /// In a random direction, of the same Euclidean norm.
  case noise = "noise of the same norm"
  /// The same differences at other pixels, of the same largest difference besides.
  case shuffled = "its pixels shuffled"
  /// The differences of another image, of the same spectrum besides.
  case swapped = "another image's"

  func pictures(_ plain: [[Float]], _ enhanced: [[Float]], channels: Int, seed: UInt64) -> [[Float]]
  {
    plain.indices.map { index in
      var random = RandomGenerator(seed: seed, stream: UInt64(index))
      let other = self == .swapped ? (index + 1 + plain.count / 2) % plain.count : index
      let differences = zip(plain[other], enhanced[other]).map { $1 - $0 }
      let change: [Float]
      switch self {
      case .noise:
        let noise = differences.map { _ in random.normal() }
        let scale = Self.norm(differences) / max(Self.norm(noise), .leastNormalMagnitude)
        change = noise.map { $0 * scale }
      case .shuffled:
        var pixels = Array(0..<differences.count / channels)
        random.shuffle(&pixels)
        change = differences.indices.map {
          differences[pixels[$0 / channels] * channels + $0 % channels]
        }
      case .swapped: change = differences
      }
      return zip(plain[index], change).map { min(max($0 + $1, 0), 1) }
    }
  }

  private static func norm(_ values: [Float]) -> Float {
    values.reduce(0) { $0 + $1 * $1 }.squareRoot()
  }
}

extension AdversarialAssessment {
  package var blocks: [FigureBlock] {
    var blocks: [FigureBlock] = []
    if !controls.isEmpty {
      var table = TextTable(["instead of its change", "accuracy, %"] + PairedGain.headings)
      for control in controls { table.add([control.name] + control.cells) }
      blocks.append(.table(table))
    }
    let isPaired = attacks.first?.enhanced != nil
    var table = TextTable(
      ["accuracy under attack, %, of \(images) images", "classifier"]
        + (isPaired ? ["both, attacked as one", "attack on the classifier, enhanced"] : []))
    for attack in attacks {
      table.add(
        ["\(attack.name.rawValue), \(attack.epsilon)/255", attack.plain.percentages()]
          + [attack.enhanced, attack.transferred].compactMap { $0?.percentages() })
    }
    return blocks + [.table(table)]
  }
}
