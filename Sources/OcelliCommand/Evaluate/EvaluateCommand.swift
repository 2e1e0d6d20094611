// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Assessments
import Datasets
import Foundation
import Imaging
import Interchange
import Kernels
import Network
import SharedCommands
import Training

struct EvaluateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate", abstract: "Measure a classifier, alone and behind an enhancer.",
    discussion: """
      With an enhancer the comparison is paired: the same images, first as they are, then \
      enhanced. fixed counts images that only the enhanced picture gets right, broken those that \
      only the plain picture gets right; p is McNemar's exact test of the two.

        ocelli evaluate --data scenes --classifier classifier/best.safetensors
      """)

  enum Part: String, CaseIterable, ExpressibleByArgument { case train, test, both }

  @OptionGroup(title: "Data") var data: DataOptions
  @OptionGroup var threads: ThreadOptions

  @Option(help: .value("file", "The classifier.")) var classifier: String

  @Option(help: .value("file", "An enhancer to put in front of it.")) var enhancer: String?

  @Option(help: "Which images.") var part = Part.test

  @Option(help: .value("n", "Images per step.")) var batch = 64

  @Flag(help: "Average over each image and its mirror image.") var flipAveraging = false

  @Flag(help: "Show the confusion matrix and per-class figures.") var perClass = false

  @Option(help: .value("png", "Write a picture of some images, enhanced, with their differences."))
  var picture: String?

  @Flag(help: "Print JSON.") var json = false

  func validate() throws {
    try checkRange("batch", batch, 1...65536)
    if picture != nil && enhancer == nil { throw ValidationError("--picture needs --enhancer") }
    if let picture, ImageFormat(path: picture) == nil {
      throw ValidationError("--picture \(picture): expected a name that ends in .png, .jpg or .ppm")
    }
  }

  func run() throws {
    let pool = try threads.pool()
    let model = try Model.withFloatEnds(contentsOf: classifier, as: .classifier)
    let enhancerModel = try enhancer.map { try Model.withFloatEnds(contentsOf: $0, as: .enhancer) }
    let parts = try data.load(threads)
    try model.check(parts.test, from: data.data, path: classifier, needsLabels: true)
    if let enhancer, let enhancerModel {
      try enhancerModel.check(parts.test, from: data.data, path: enhancer, needsLabels: false)
    }
    let chosen: [(String, Dataset)] =
      switch part {
      case .train: [("train", parts.training)]
      case .test: [("test", parts.test)]
      case .both: [("train", parts.training), ("test", parts.test)]
      }
    let combined = try enhancerModel.map { enhancer in
      guard let combined = try Model.composed(enhancer: enhancer, classifier: model) else {
        throw CommandError("no memory for the parameters")
      }
      return combined
    }
    var rows: [Evaluation] = []
    for (name, dataset) in chosen {
      let alone = try predictions(model, dataset, pool, "\(name), classifier alone")
      let both = try combined.map { try predictions($0, dataset, pool, "\(name), combined") }
      rows.append(
        Evaluation(
          part: name, alone: alone, combined: both, labels: dataset.classNames,
          seed: data.images.dataSeed, overlapCount: parts.overlapCount))
    }
    print(json ? try Evaluation.json(rows, perClass: perClass) : Evaluation.table(rows))
    if perClass && !json { for row in rows { print("\n" + row.perClassTable()) } }
    if let picture, let enhancerModel, let (_, dataset) = chosen.last, let row = rows.last {
      let panel = EnhancementPanel(dataset: dataset, enhancer: enhancerModel, row: row, pool: pool)
      let image = try panel.image()
      do throws(ImageError) { try image.write(to: picture) } catch {
        throw CommandError("\(picture): \(error)")
      }
      if !json { print("\n\(picture): originals, enhanced images and their differences") }
    }
  }

  private func predictions(
    _ model: Model, _ dataset: Dataset, _ pool: ThreadPool, _ title: String
  ) throws -> Predictions {
    let status = StatusLine()
    defer { status.clear() }
    let evaluator = try Evaluator(
      model, pool, batch: min(batch, dataset.count), averagesFlips: flipAveraging)
    return try evaluator.predictions(for: dataset) { done in
      status.show("\(title): \(done) of \(dataset.count) images")
    }
  }
}

/// A picture of some images: original, enhanced and what has changed, on one scale.
struct EnhancementPanel {
  let dataset: Dataset
  let enhancer: Model
  let row: Evaluation
  let pool: ThreadPool

  /// Four images that the enhancer fixed, one that it broke and one that was right and stays so, as
  /// far as there are any; else some that stay wrong.
  private var chosen: [Int] {
    let after = row.combined?.classes ?? row.alone.classes
    /// The first of each class, as classes follow one another in most data sets.
    func first(_ count: Int, _ wasRight: Bool, _ isRight: Bool) -> [Int] {
      var seen: Set<Int> = []
      let images = row.alone.labels.indices.filter { index in
        let label = row.alone.labels[index]
        return (row.alone.classes[index] == label) == wasRight && (after[index] == label) == isRight
          && seen.insert(label).inserted
      }
      return Array(images.prefix(count))
    }
    let images = first(4, false, true) + first(1, true, false) + first(1, true, true)
    return images.isEmpty ? first(6, false, false) : images
  }

  func image() throws -> Image {
    let subset = dataset.subset(chosen)
    let evaluator = try Evaluator(enhancer, pool, batch: max(1, subset.count))
    var enhanced: [Image] = []
    try evaluator.images(for: subset) { _, floats in
      guard let base = floats.baseAddress else { return }
      enhanced.append(Image(width: dataset.width, height: dataset.height, floats: base))
    }
    let originals = (0..<subset.count).map { subset.image(at: $0) }
    let maps = zip(originals, enhanced).map { HeatMap.difference($0, $1) }
    let range = HeatMap(
      width: 1, height: maps.reduce(0) { $0 + $1.values.count }, values: maps.flatMap(\.values)
    ).stretchedRange()
    let side = max(96, dataset.width)
    var panel = Panel(
      cellWidth: side * 2, cellHeight: side * 2 * dataset.height / dataset.width,
      title: "What the enhancer changed", headings: ["original", "enhanced", "difference"])
    for (position, index) in chosen.enumerated() {
      panel.append(row: [
        cell(originals[position], row.alone, index),
        cell(enhanced[position], row.combined ?? row.alone, index),
        .init(
          maps[position].image(.viridis, range: range),
          caption: "true: \(row.labels[row.alone.labels[index]])"),
      ])
    }
    panel.footer = ColorMap.viridis.bar(
      width: side * 2, minimum: "0", maximum: "\(Int((range.upperBound * 255).rounded())) of 255")
    return panel.image()
  }

  /// A picture under what the classifier takes it for.
  private func cell(_ image: Image, _ predictions: Predictions, _ index: Int) -> Panel.Cell {
    let isRight = predictions.classes[index] == predictions.labels[index]
    return .init(
      image, caption: row.labels[predictions.classes[index]], verdict: isRight ? .right : .wrong)
  }
}
