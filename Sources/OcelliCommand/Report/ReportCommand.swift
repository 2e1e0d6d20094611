// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Datasets
import Experiments
import Foundation
import Interchange
import Kernels
import Network
import Training

struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Show an experiment's results as one HTML page.",
    discussion: """
      The page needs no other file and no network: the table, gains with intervals, pictures that \
      were fixed and broken with what the classifier looked at, accuracies of classes, confusion \
      matrices, training curves, and what to trust. Pictures are of each row's first seed.

        ocelli experiment scenes --output scenes-results
        ocelli report scenes-results
      """)

  @Argument(help: "The folder of an experiment that has run.")
  var folder: String

  @Option(
    name: [.short, .long],
    help: ArgumentHelp(
      "The page to write (default: report.html in the folder).", valueName: "file"))
  var output: String?

  @Option(
    help: ArgumentHelp("Pictures of either kind in each row; 0 for none.", valueName: "n"))
  var pictures: Int = 12

  @OptionGroup var threads: ThreadOptions

  func validate() throws { try checkRange("pictures", pictures, 0...1000) }

  func run() throws {
    let results = try ExperimentResults(folder: folder)
    let pool = try threads.pool()
    let status = StatusLine()
    var details: [String: Report.Details] = [:]
    for row in results.rows {
      status.show("row \(row.name)")
      details[row.name] = try self.details(row, results.experiment, pool, status)
    }
    status.clear()
    let path = output ?? folder + "/report.html"
    let page = try Report(results, ExperimentTimes(folder: folder), details: details).html()
    let file = try AtomicFile(path)
    try file.write(Array(page.utf8))
    try file.commit()
    print("\(path): \(results.rows.count) rows, \((page.utf8.count + 512) / 1024) KB")
  }

  private func details(
    _ row: ExperimentResults.Row, _ experiment: Experiment, _ pool: ThreadPool,
    _ status: StatusLine
  ) throws -> Report.Details? {
    guard let variants = row.runs.first?.variants,
      let alone = variants.first(where: { $0.id == "C0" }),
      let enhanced = variants.first(where: { $0.id == "enhanced" })
    else { return nil }
    let before = try PredictionsFile.read(folder + "/" + alone.predictions)
    let after = try PredictionsFile.read(folder + "/" + enhanced.predictions)
    let curves = [("classifier", enhanced.classifier), ("enhancer", enhanced.enhancer)]
      .compactMap { name, path in
        path.flatMap {
          TrainingCurves(
            name: name,
            path: folder + "/" + ($0 as NSString).deletingLastPathComponent
              + "/metrics.jsonl")
        }
      }
    return Report.Details(
      before: before, after: after,
      gallery: try gallery(row, enhanced, experiment, (before, after), pool, status),
      curves: curves)
  }

  /// `nil` where the images are not at hand: the rest of the page needs none.
  private func gallery(
    _ row: ExperimentResults.Row, _ variant: ExperimentResults.Variant, _ experiment: Experiment,
    _ predictions: (before: Predictions, after: Predictions), _ pool: ThreadPool,
    _ status: StatusLine
  ) throws -> Gallery? {
    guard pictures > 0, let enhancer = variant.enhancer, let classifier = variant.classifier,
      let name = experiment.rows.first(where: { $0.name == row.name })?.data,
      let specification = experiment.data[name]
    else { return nil }
    if let path = specification.path, !FileManager.default.fileExists(atPath: path) {
      status.note("\(path): no such data; row \(row.name) is shown without pictures")
      return nil
    }
    let parts = try specification.load(showing: status, as: specification.path ?? name)
    guard DataFacts(parts) == row.data else {
      status.note("row \(row.name): its data have changed; it is shown without pictures")
      return nil
    }
    let model = try AssessedModel(
      classifier: part(classifier, as: .classifier), enhancer: part(enhancer, as: .enhancer),
      batch: 16, seed: 1, pool)
    return try Gallery(
      model, parts.test, before: predictions.before, after: predictions.after, limit: pictures)
  }

  private func part(_ path: String, as role: Model.Role) throws -> AssessedModel.Part {
    let path = path.hasPrefix("cells/") ? folder + "/" + path : path
    return .init(
      model: try Model.withFloatEnds(contentsOf: path, as: role),
      inFloats: try Model.inFloats(contentsOf: path, as: role))
  }
}
