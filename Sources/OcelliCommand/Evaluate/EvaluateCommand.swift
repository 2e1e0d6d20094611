// SPDX-License-Identifier: Apache-2.0
import Assessments
import ArgumentParser
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

  @Option(help: ArgumentHelp("The classifier.", valueName: "file"))
  var classifier: String

  @Option(help: ArgumentHelp("An enhancer to put in front of it.", valueName: "file"))
  var enhancer: String?

  @Option(help: "Which images.")
  var part = Part.test

  @Option(help: ArgumentHelp("Images per step.", valueName: "n"))
  var batch = 64

  @Flag(help: "Average over each image and its mirror image.")
  var flipAveraging = false

  @Flag(help: "Show the confusion matrix and per-class figures.")
  var perClass = false

  @Option(
    help: ArgumentHelp(
      "Write a picture of some images, enhanced, with their differences.", valueName: "png"))
  var picture: String?

  @Flag(help: "Print JSON.")
  var json = false

  func validate() throws {
    try checkRange("batch", batch, 1...65536)
    if picture != nil && enhancer == nil {
      throw ValidationError("--picture needs --enhancer")
    }
    if let picture, ImageFormat(path: picture) == nil {
      throw ValidationError("--picture \(picture): expected a name that ends in .png, .jpg or .ppm")
    }
  }

  func run() throws {
    let pool = try threads.pool()
    let model = try Model.withFloatEnds(contentsOf: classifier, as: .classifier)
    let enhancerModel = try enhancer.map { try Model.withFloatEnds(contentsOf: $0, as: .enhancer) }
    let parts = try data.load()
    try model.check(parts.test, from: data.data, path: classifier, needsLabels: true)
    if let enhancer, let enhancerModel {
      try enhancerModel.check(
        parts.test, from: data.data, path: enhancer, needsLabels: false)
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
    if perClass && !json {
      for row in rows { print("\n" + row.perClassTable()) }
    }
    if let picture, let enhancerModel, let (_, dataset) = chosen.last, let row = rows.last {
      let panel = EnhancementPanel(dataset, enhancerModel, row, pool)
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
