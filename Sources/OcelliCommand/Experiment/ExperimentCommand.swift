// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Datasets
import Experiments
import Foundation
import Interchange
import Kernels
import Network
import Platform
import Reporting
import SharedCommands
import Statistics
import Text
import Training

struct ExperimentCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "experiment",
    abstract: "Measure a table: rows, seeds and controls, with honest statistics.",
    discussion: """
      Each row trains a classifier and an enhancer in front of it, from several seeds, and \
      compares them with controls on the same images. A run that is stopped goes on when it is \
      started again. The folder gets results.json, the predictions for every image, and all models.

      Experiments that come with ocelli: \(Experiment.shipped.map(\.name).joined(separator: ", ")).

        ocelli experiment scenes --output scenes-results
        ocelli experiment table-4.1 --rows 8,9 --scale 0.25 --output table \\
          --data cifar10=cifar10.safetensors --data intel=intel96.safetensors
        ocelli experiment table-4.1 --print > mine.json
      """)

  @Argument(help: ArgumentHelp("A JSON file, or the name of one that comes with ocelli."))
  var experiment: String

  @Option(
    name: [.short, .long],
    help: .value("folder", "Folder for results (default: the experiment's name).")) var output:
    String?

  @Option(
    help: .value(
      "name=path", "Path of the data or the classifier that the experiment calls by this name."))
  var data: [String] = []

  @Option(help: .value("names", "Only these rows, for example 8,9.")) var rows: String?

  @Option(help: .value("n", "Seeds per row.")) var seeds: Int?

  @Option(help: .value("names", "Controls of each row, for example C0,C1; or none.")) var controls:
    String?

  @Option(help: .value("factor", "Multiply the channels of all models.")) var scale: Double = 1

  @Option(help: .value("factor", "Multiply the epochs of all phases.")) var epochs: Double = 1

  @Option(help: .value("share", "Use this share of the images.")) var fraction: Double?

  @OptionGroup var threads: ThreadOptions

  @Flag(help: "Print the experiment as a file and run nothing.") var print = false

  @Flag(help: "Print the plan and run nothing.") var dryRun = false

  @Flag(help: "Print the results as JSON.") var json = false

  func validate() throws {
    try checkRange("seeds", seeds, 1...100)
    try checkRange("scale", scale, 0.01...8)
    try checkRange("epochs", epochs, 0.001...1000)
    if let fraction { try checkShare("fraction", fraction, includesOne: true) }
    for text in data where (text.firstIndex(of: "=") ?? text.startIndex) == text.startIndex {
      throw ValidationError("--data \(text): expected a name and a path, for example cifar10=cifar")
    }
    _ = try chosenControls()
  }

  func run() throws {
    let experiment = try specified()
    if print {
      Swift.print(try experiment.json())
      return
    }
    let pool = try threads.pool()
    let images = try load(experiment)
    let files = ModelFiles { try Model.withFloatEnds(contentsOf: $0, as: .classifier) }
    let folder = output ?? experiment.name
    let runner = try ExperimentRunner(
      experiment, images: images, models: files, pool: pool, folder: folder)
    let estimate = try runner.estimate()
    if !json || dryRun { describe(experiment, estimate, pool) }
    if dryRun { return }
    let signals = StopSignals()
    defer { withExtendedLifetime(signals) {} }
    let progress = ExperimentProgress(isQuiet: json)
    let results: ExperimentResults
    do { results = try runner.run(observer: progress, stop: signals.request) } catch {
      guard case TrainingError.interrupted = error else { throw error }
      throw CommandError("\(folder): stopped; the same command goes on where it was")
    }
    if json {
      Swift.print(try results.json())
    } else {
      Swift.print(ExperimentTable(results: results, times: runner.times).description)
      Swift.print("\n\(folder)/\(ExperimentResults.fileName): all figures")
    }
  }

  /// The experiment with the options of this run.
  private func specified() throws -> Experiment {
    var specified: Experiment
    if let shipped = Experiment.shipped(experiment) {
      specified = shipped
    } else if FileManager.default.fileExists(atPath: experiment) {
      specified = try Experiment(contentsOf: experiment)
    } else {
      throw CommandError(
        "\(experiment): no such file; experiments that come with ocelli: "
          + Experiment.shipped.map(\.name).joined(separator: ", "))
    }
    for text in data {
      let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
      try specified.locate(parts[0], at: parts.count > 1 ? parts[1] : "")
    }
    if let rows {
      specified = try specified.keeping(
        rows: rows.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) })
    }
    if let seeds { specified.seeds = seeds }
    if let controls = try chosenControls() {
      for index in specified.rows.indices { specified.rows[index].controls = controls }
    }
    if let fraction { specified.data = specified.data.mapValues { $0.thinned(to: fraction) } }
    specified = specified.scaled(by: scale, epochs: epochs)
    try specified.validate()
    return specified
  }

  private func chosenControls() throws -> [Control]? {
    guard let controls else { return nil }
    if controls == "none" { return [] }
    return try controls.split(separator: ",").compactMap { name in
      if name == "C0" { return nil }
      guard let control = Control(rawValue: String(name)) else {
        throw ValidationError("--controls \(name): expected C0 to C11, or none")
      }
      return control
    }
  }

  /// The images of all rows; rows whose data are not there are left out, unless they were asked
  /// for.
  private func load(_ experiment: Experiment) throws -> [String: DataSpecification.Parts] {
    var images: [String: DataSpecification.Parts] = [:]
    let names = experiment.rows.flatMap { [$0.data, $0.classifierData ?? $0.data] }
    for name in Set(names).sorted() {
      guard let specification = experiment.data[name] else { continue }
      if let path = specification.path, !FileManager.default.fileExists(atPath: path) {
        let rows = experiment.rows.filter { $0.data == name || $0.classifierData == name }.map(
          \.name
        ).joined(separator: ", ")
        let advice = "\(path): no such data; give --data \(name)=PATH for the rows \(rows)"
        if self.rows != nil { throw CommandError(advice) }
        StatusLine().note(advice)
        continue
      }
      images[name] = try specification.load(
        threads, showing: StatusLine(), as: specification.path ?? name)
    }
    if images.isEmpty { throw CommandError("\(experiment.name): the data of no row are there") }
    return images
  }

  private func describe(
    _ experiment: Experiment, _ estimate: ExperimentRunner.Estimate, _ pool: ThreadPool
  ) {
    Swift.print(experiment.title)
    for note in experiment.notes ?? [] { Swift.print("note: \(note)") }
    let done = estimate.doneCells > 0 ? " (\(estimate.doneCells) are done)" : ""
    var line = "\(estimate.cells) models and predictions\(done)"
    if estimate.multiplyAccumulates > 0 {
      let seconds = WorkEstimate.seconds(
        multiplyAccumulates: estimate.multiplyAccumulates, peak: MachinePeak.measure(pool))
      line +=
        ", \(estimate.samples.formatted()) images to train on, "
        + Estimate.text(multiplyAccumulates: estimate.multiplyAccumulates)
        + ", about \(Duration.text(seconds))"
    }
    Swift.print(line)
  }
}

/// Shows an experiment: a line for each cell that is done, and one that is written over meanwhile.
final class ExperimentProgress: ExperimentObserver {
  private let status = StatusLine()
  private let isQuiet: Bool
  private let start = MonotonicClock.seconds
  private var cellStart = MonotonicClock.seconds
  private var title = ""
  private var doneShare = 0.0
  private var shareOfCell = 0.0
  private var last = ""

  init(isQuiet: Bool) { self.isQuiet = isQuiet }

  func willStart(_ title: String, number: Int, count: Int, doneShare: Double, share: Double) {
    self.title = "[\(number) of \(count)] \(title)"
    self.doneShare = doneShare
    shareOfCell = share
    cellStart = MonotonicClock.seconds
    last = ""
    show("")
  }

  func didStep(_ report: StepReport) {
    let total = report.epochCount * report.batchesPerEpoch
    let part = Double(report.step) / Double(max(1, total))
    let share = doneShare + shareOfCell * part
    let elapsed = MonotonicClock.seconds - start
    let remaining = share > 0.001 ? Duration.text(elapsed / share * (1 - share)) + " left" : ""
    show(
      String(
        format: "epoch %d of %d  loss %.4f  ", report.epoch + 1, report.epochCount, report.meanLoss)
        + remaining)
  }

  func didEndEpoch(_ record: TrainingProgress.EpochRecord, isBest: Bool) {
    last = String(format: "loss %.4f", record.trainingLoss)
    if let accuracy = record.trainingAccuracy { last += "  accuracy \(accuracy.percent)" }
    if let accuracy = record.validationAccuracy { last += "  validation \(accuracy.percent)" }
  }

  func didFinish() {
    status.clear()
    if isQuiet { return }
    let seconds = MonotonicClock.seconds - cellStart
    print("\(title)  \(last.isEmpty ? "" : last + "  ")\(Duration.text(seconds))")
  }

  private func show(_ text: String) { if !isQuiet { status.show("\(title)  \(text)") } }
}

/// Results as text: accuracies and gains, then what they cost.
struct ExperimentTable: CustomStringConvertible {
  let results: ExperimentResults
  let times: ExperimentTimes

  var description: String {
    "\n\(accuracies)\n\n\(budgets)\n\n" + suites.map { $0 + "\n\n" }.joined() + legend
  }

  private var suites: [String] {
    results.rows.compactMap { row in
      let blocks = row.suiteBlocks
      return blocks.isEmpty ? nil : "row \(row.name): \(row.title)\n\n\(blocks.text)"
    }
  }

  private var accuracies: String {
    var table = TextTable([
      "row", "", "training", "test", "gain (95 %)", "fixed", "broken", "p", "p (Holm)",
    ])
    for row in results.rows {
      for (index, variant) in row.summary.enumerated() {
        table.add([
          index == 0 ? row.label : "", variant.name, variant.trainingText, variant.accuracy.text,
          variant.gainText, variant.fixedText, variant.brokenText, pText(variant.p),
          pText(variant.adjustedP),
        ])
      }
    }
    return table.description
  }

  private var budgets: String {
    var table = TextTable([
      "row", "", "images trained on", "training", "CPU time", "parameters", "a prediction",
    ])
    for row in results.rows {
      guard let run = row.runs.first else { continue }
      for (index, variant) in run.variants.enumerated() {
        let budget = variant.budget
        table.add([
          index == 0 ? row.name : "", variant.id.rawValue, budget.samples.formatted(),
          Estimate.text(multiplyAccumulates: budget.trainingMultiplyAccumulates),
          Duration.text(times.cpuSeconds(row: row.name, variant: variant.id) ?? 0),
          budget.parameters.formatted(),
          String(format: "%.1f MMAC", Double(budget.multiplyAccumulates) / 1e6),
        ])
      }
    }
    return table.description
  }

  private var legend: String {
    let seeds = results.experiment.seeds
    var lines = results.rows.map { row in
      "row \(row.name): \(row.title), \(row.data.test) test images" + published(row)
    }
    lines.append(
      seeds == 1
        ? "gain: over C0 on the same images, with the bootstrap's interval; p: McNemar's exact test"
        : "mean ± standard deviation of \(seeds) seeds; gain: over C0 on the same images, with the "
          + "bootstrap's interval; p: McNemar's exact test, the seeds combined")
    return lines.joined(separator: "\n")
  }

  private func published(_ row: ExperimentResults.Row) -> String {
    let rows = results.experiment.rows
    guard let figures = rows.first(where: { $0.name == row.name })?.published else { return "" }
    return "; published: \(figures.alone.percent) alone, \(figures.enhanced.percent) enhanced"
  }
}
