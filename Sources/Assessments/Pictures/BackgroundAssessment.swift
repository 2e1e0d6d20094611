// SPDX-License-Identifier: Apache-2.0
public import Datasets
import Explanation
import Foundation
public import Imaging
import Kernels
import Network
package import Reporting
public import Scenes
public import Statistics
import Text
import Training

/// How much a classifier relies on backgrounds: parts of pictures, and pictures with other
/// backgrounds.
public struct BackgroundAssessment: Codable, Equatable, Sendable {
  /// The classifier's figures on one variant of the pictures.
  public struct Scores: Codable, Equatable, Sendable {
    /// The share of the pictures that is told right.
    public let accuracy: IntervalEstimate
    /// The mean probability of the object's class.
    public let trueProbability: IntervalEstimate?
    /// The share of pictures whose predicted class is not that of the original.
    public let flips: IntervalEstimate
    /// Of pictures whose background belongs to another class: the share that is taken for that
    /// class.
    public let followsBackground: IntervalEstimate?
  }

  /// Pictures with one kind of background.
  public struct Variant: Codable, Equatable, Sendable {
    /// The name of a `BackgroundVariant`.
    public let name: String
    /// Of plain pictures.
    public let plain: Scores
    /// Of enhanced pictures.
    public let enhanced: Scores?
  }

  /// The number of pictures.
  public let images: Int
  /// Every kind of background.
  public let variants: [Variant]
  /// The BG-gap of Xiao et al.: accuracy before backgrounds of the own class − accuracy before
  /// those of random classes; paired by object.
  public let gap: IntervalEstimate?
  /// The same gap of enhanced pictures.
  public let enhancedGap: IntervalEstimate?
  /// Enhanced gap − gap, paired by object: below 0 if the enhancer makes backgrounds matter less.
  public let gapChange: IntervalEstimate?

  /// - Parameters:
  ///   - pictures: known to `source`.
  ///   - degrade: what is done to the pictures before they are classified.
  public init(
    _ model: AssessedModel, _ pictures: Dataset, _ source: some BackgroundSource,
    degrade: (Dataset) throws -> Dataset, progress: AssessmentProgress
  ) throws {
    var runs: [BackgroundVariant: BackgroundRun] = [:]
    for (index, variant) in BackgroundVariant.allCases.enumerated() {
      let drawn = try source.variant(variant, of: pictures, seed: model.seed)
      let images = AssessedImages(try degrade(drawn.dataset), model)
      runs[variant] = BackgroundRun(
        plain: images.predictions, enhanced: images.enhancedPredictions,
        backgrounds: drawn.backgrounds)
      progress(index + 1, BackgroundVariant.allCases.count)
    }
    images = pictures.count
    let original = runs[.original]
    variants = BackgroundVariant.allCases.compactMap { variant in
      runs[variant].map { run in
        Variant(
          name: variant.rawValue,
          plain: run.scores(run.plain, original: (original ?? run).plain, model.seed),
          enhanced: run.enhanced.map {
            run.scores($0, original: (original ?? run).enhanced ?? $0, model.seed)
          })
      }
    }
    guard let same = runs[.sameClass], let random = runs[.randomClass] else {
      (gap, enhancedGap, gapChange) = (nil, nil, nil)
      return
    }
    let plain = BackgroundRun.gaps(same.plain, random.plain)
    gap = IntervalEstimate(meanOf: plain, seed: model.seed)
    let enhanced = same.enhanced.flatMap { same in
      random.enhanced.map { BackgroundRun.gaps(same, $0) }
    }
    enhancedGap = enhanced.flatMap { IntervalEstimate(meanOf: $0, seed: model.seed) }
    gapChange = enhanced.flatMap {
      IntervalEstimate(meanOf: zip($0, plain).map { $0 - $1 }, seed: model.seed)
    }
  }
}

/// The predictions for one variant.
private struct BackgroundRun {
  let plain: Predictions
  let enhanced: Predictions?
  let backgrounds: [Int?]

  func scores(
    _ predictions: Predictions, original: Predictions, _ seed: UInt64
  ) -> BackgroundAssessment.Scores {
    let foreign = backgrounds.indices.filter { index in
      backgrounds[index].map { $0 != predictions.labels[index] } ?? false
    }
    return .init(
      accuracy: IntervalEstimate(accuracyOf: predictions.classes, labels: predictions.labels),
      trueProbability: IntervalEstimate(
        meanOf: predictions.trueProbabilities.map { Double($0) }, seed: seed),
      flips: IntervalEstimate(
        share: zip(predictions.classes, original.classes).count { $0 != $1 },
        of: predictions.classes.count),
      followsBackground: foreign.isEmpty
        ? nil
        : IntervalEstimate(
          share: foreign.count { predictions.classes[$0] == backgrounds[$0] }, of: foreign.count))
  }

  /// Of each object: 1 where only the first is right, -1 where only the second is.
  static func gaps(_ same: Predictions, _ random: Predictions) -> [Double] {
    PairedComparison.gains(before: random.classes, after: same.classes, labels: same.labels).map {
      Double($0)
    }
  }
}

extension BackgroundAssessment {
  package var blocks: [FigureBlock] {
    var table = TextTable([
      "background, %, of \(images) pictures", "accuracy", "flips",
      "taken for the background's class",
    ])
    func add(_ name: String, _ scores: Scores) {
      table.add([
        name, scores.accuracy.percentages(), scores.flips.percentages(),
        scores.followsBackground?.percentages() ?? "",
      ])
    }
    for variant in variants {
      add(variant.name, variant.plain)
      if let enhanced = variant.enhanced { add("  enhanced", enhanced) }
    }
    var gaps = "BG-gap, same class − random: \(gap?.percentages(signed: true) ?? "none") points"
    if let enhancedGap { gaps += "; enhanced: \(enhancedGap.percentages(signed: true))" }
    if let gapChange { gaps += "; change: \(gapChange.percentages(signed: true))" }
    return [.table(table), .note(gaps)]
  }
}

/// Pictures with masks of their objects. Their background is the picture with the object filled in
/// from around it (`NeighbourImputation`); it belongs to the picture's class.
public struct MaskedPictures: BackgroundSource {
  private let pictures: Dataset
  private let masks: [Mask]
  private let backgrounds: Dataset
  private let indicesBySource: [String: Int]
  /// The pictures of each class.
  private let members: [[Int]]

  /// - Parameter masks: of each picture, `nil` where there is none.
  public init(_ pictures: Dataset, masks: [Mask?]) throws(DatasetError) {
    let known = masks.indices.filter { masks[$0] != nil }
    let pictures = pictures.subset(known)
    let masks = masks.compactMap(\.self)
    let shape = Shape(height: pictures.height, width: pictures.width, channels: 3)
    backgrounds = try pictures.mapped(
      name: pictures.name, width: pictures.width, height: pictures.height
    ) { image, index throws(ImageError) in
      let object = masks[index].pixels.indices.filter { masks[index].holdsObject(at: $0) }
      var random = RandomGenerator(seed: 0)
      let filled = NeighbourImputation.filled(
        image.pixels.map { Float($0) / 255 }, shape, removed: object, noise: 0, random: &random)
      return Image(filled, shape)
    }
    indicesBySource = Dictionary(
      pictures.sourceNames.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    members = pictures.indicesPerClass
    (self.pictures, self.masks) = (pictures, masks)
  }

  /// The pictures with a mask.
  public func indices(in dataset: Dataset) -> [Int] {
    dataset.sourceNames.indices.filter { indicesBySource[dataset.sourceNames[$0]] != nil }
  }

  /// See `BackgroundSource`. Backgrounds are those of other pictures of the set.
  public func variant(_ variant: BackgroundVariant, of dataset: Dataset, seed: UInt64) -> (
    dataset: Dataset, backgrounds: [Int?]
  ) {
    let drawn = dataset.sourceNames.map { source in
      guard let index = indicesBySource[source] else {
        preconditionFailure("a picture is one of those with masks")
      }
      return picture(index, as: variant, seed: seed)
    }
    return (
      dataset.replacing(drawn.map(\.image), name: "\(dataset.name), \(variant.rawValue)"),
      drawn.map(\.background)
    )
  }

  private func picture(_ index: Int, as variant: BackgroundVariant, seed: UInt64) -> (
    image: Image, background: Int?
  ) {
    var random = RandomGenerator(seed: seed, stream: UInt64(index))
    func draw(_ candidates: [Int]) -> Int { candidates[random.index(below: candidates.count)] }
    let label = Int(pictures.labels[index])
    switch variant {
    case .original: return (pictures.image(at: index), label)
    case .onlyForeground:
      let grey = Image(width: pictures.width, height: pictures.height, filledWith: (128, 128, 128))
      return (object(index, before: grey), nil)
    case .onlyBackground: return (backgrounds.image(at: index), label)
    case .sameClass:
      // That of another picture, if there is one.
      let others = members[label].filter { $0 != index }
      let other = others.isEmpty ? index : draw(others)
      return (object(index, before: backgrounds.image(at: other)), label)
    case .randomClass:
      let other = draw(members[draw(members.indices.filter { !members[$0].isEmpty })])
      return (object(index, before: backgrounds.image(at: other)), Int(pictures.labels[other]))
    case .texture:
      let marble = Image.marble(size: max(pictures.width, pictures.height), seed: random.next())
      return (object(index, before: marble), nil)
    }
  }

  /// The object of a picture before the upper left part of another, at least as large.
  private func object(_ index: Int, before background: Image) -> Image {
    var image = pictures.image(at: index)
    for y in 0..<image.height {
      for x in 0..<image.width where !masks[index].holdsObject(at: y * image.width + x) {
        for channel in 0..<3 {
          image.pixels[3 * (y * image.width + x) + channel] =
            background.pixels[3 * (y * background.width + x) + channel]
        }
      }
    }
    return image
  }
}

extension Mask {
  /// Whether a pixel, counted row by row, is at least half white.
  fileprivate func holdsObject(at pixel: Int) -> Bool { pixels[pixel] >= 128 }
}
