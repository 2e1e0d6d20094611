// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Assessments
import Datasets
import Experiments
import Foundation
import Interchange
import Kernels
import Network
import Platform
import SharedCommands
import Training

struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report", abstract: "Show an experiment's results as one HTML page.",
    usage: "ocelli report <folder> [<options>]",
    discussion: """
      The page needs no other file and no network: the table, gains with intervals, pictures that \
      were fixed and broken with what the classifier looked at, accuracies of classes, confusion \
      matrices, training curves, and what to trust. Pictures are of each row's first seed. What \
      `ocelli assess` found is shown, too, where the folder has an assessment.json.

        ocelli experiment scenes --output scenes-results
        ocelli report scenes-results
        ocelli report scenes-results --assessment assessed/assessment.json
      """)

  @Argument(help: "The folder of an experiment that has run.") var folder: String

  @Option(
    name: [.short, .long],
    help: .value("file", "The page to write (default: report.html in the folder).")) var output:
    String?

  @Option(help: .value("n", "Fixed and broken pictures to show for each row; 0 for none."))
  var pictures: Int = 12

  @Option(
    parsing: .upToNextOption,
    help: .value(
      "file", "Files of `ocelli assess` to show (default: assessment.json in the folder)."))
  var assessment: [String] = []

  @OptionGroup var threads: ThreadOptions

  func validate() throws { try checkRange("pictures", pictures, 0...1000) }

  func run() throws {
    let results = try ExperimentResults(folder: folder)
    let own = folder + "/" + Assessment.fileName
    let paths =
      assessment.isEmpty && FileManager.default.fileExists(atPath: own) ? [own] : assessment
    let assessments = try paths.map { try Assessment(contentsOf: $0) }
    let pool = try threads.pool()
    let status = StatusLine()
    let images = try load(results, status)
    var details: [String: Report.Details] = [:]
    for row in results.rows {
      status.show("row \(row.name)")
      let data = results.experiment.rows.first { $0.name == row.name }?.data
      details[row.name] = try self.details(row, data.flatMap { images[$0] }, pool, status)
    }
    status.clear()
    let path = output ?? folder + "/report.html"
    let page = try Report(
      results, ExperimentTimes(folder: folder), details: details, assessments: assessments
    ).html()
    try AtomicFile.write(Array(page.utf8), to: path)
    print("\(path): \(results.rows.count) rows, \((page.utf8.count + 512) / 1024) KB")
  }

  /// The data sets that pictures are shown of; the rest of the page needs none.
  private func load(_ results: ExperimentResults, _ status: StatusLine) throws -> [String:
    DataSpecification.Parts]
  {
    var images: [String: DataSpecification.Parts] = [:]
    for name in Set(results.experiment.rows.map(\.data)).sorted() where pictures > 0 {
      guard let specification = results.experiment.data[name] else { continue }
      if let path = specification.path, !FileManager.default.fileExists(atPath: path) {
        status.note("\(path): no such data; its rows are shown without pictures")
        continue
      }
      images[name] = try specification.load(
        threads, showing: status, as: specification.path ?? name)
    }
    return images
  }

  private func details(
    _ row: ExperimentResults.Row, _ images: DataSpecification.Parts?, _ pool: ThreadPool,
    _ status: StatusLine
  ) throws -> Report.Details? {
    guard let variants = row.runs.first?.variants,
      let alone = variants.first(where: { $0.id == .alone }),
      let enhanced = variants.first(where: { $0.id == .enhanced })
    else { return nil }
    let before = try predictions(of: alone, row)
    let after = try predictions(of: enhanced, row)
    let curves = [("classifier", enhanced.classifier), ("enhancer", enhanced.enhancer)].compactMap {
      name, path in
      path.flatMap {
        TrainingCurves(
          name: name,
          path: folder + "/" + ($0 as NSString).deletingLastPathComponent + "/metrics.jsonl")
      }
    }
    return Report.Details(
      before: before, after: after,
      gallery: try gallery(row, enhanced, images, (before, after), pool, status), curves: curves)
  }

  private func predictions(
    of variant: ExperimentResults.Variant, _ row: ExperimentResults.Row
  ) throws -> Predictions {
    let path = folder + "/" + variant.predictions
    let predictions = try PredictionsFile.read(path)
    guard predictions.labels.count == row.data.test,
      (predictions.labels + predictions.classes).allSatisfy({ $0 < row.data.classes.count })
    else { throw CommandError("\(path): are not the predictions of row \(row.name)") }
    return predictions
  }

  private func gallery(
    _ row: ExperimentResults.Row, _ variant: ExperimentResults.Variant,
    _ images: DataSpecification.Parts?, _ predictions: (before: Predictions, after: Predictions),
    _ pool: ThreadPool, _ status: StatusLine
  ) throws -> Gallery? {
    guard let images, let enhancer = variant.enhancer, let classifier = variant.classifier else {
      return nil
    }
    guard DataFacts(images) == row.data else {
      status.note("row \(row.name): its data have changed; it is shown without pictures")
      return nil
    }
    func part(_ path: String, _ role: Model.Role) throws -> AssessedModel.Part {
      try .init(contentsOf: path.hasPrefix("cells/") ? folder + "/" + path : path, as: role)
    }
    let model = try AssessedModel(
      classifier: part(classifier, .classifier), enhancer: part(enhancer, .enhancer), batch: 16,
      seed: 1, pool)
    return try Gallery(
      model, images.test, before: predictions.before, after: predictions.after, limit: pictures)
  }
}
