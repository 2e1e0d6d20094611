// SPDX-License-Identifier: Apache-2.0
import Assessments
import Datasets
import Experiments
import Foundation
import Interchange
import Kernels
import Network
import Reporting
import Scenes
import Statistics
import Testing
import Training

/// A tiny experiment on 80 scenes of 16×16, with every control.
struct ExperimentRunnerTests {
  private let folder = NSTemporaryDirectory() + "experiment-\(UUID())"

  private static let experiment: Experiment = {
    var scenes = DataSpecification()
    scenes.scenes = .init(training: 80, test: 40)
    scenes.size = 16
    var dull = scenes
    dull.degrade = "dull=0.5"
    var epoch = TrainingOverrides()
    epoch.epochs = 1
    epoch.batchSize = 8
    let small = Experiment.ClassifierRecipe(
      model: ClassifierSpecification(.smallCNN, width: 0.25), training: epoch)
    var wide = small
    wide.model?.width = 0.5
    var row = Experiment.Row("1", data: "dull", classifier: "small", enhancer: "unet")
    row.classifierData = "scenes"
    row.controls = Control.allCases
    row.transfer = ["wide"]
    row.suites = .init(background: true, corruption: [2, 5], images: 20)
    var full = Experiment.Row("2", data: "dull", classifier: "small", enhancer: "unet")
    full.classifierData = "scenes"
    full.isContaminated = true
    return Experiment(
      name: "tiny", title: "Tiny", seeds: 2, data: ["scenes": scenes, "dull": dull],
      classifiers: ["small": small, "wide": wide],
      enhancers: [
        "unet": Experiment.EnhancerRecipe(
          EnhancerSpecification(width: 2, depth: 1), reconstruct: epoch, enhance: epoch)
      ], rows: [row, full])
  }()

  private func runner(_ experiment: Experiment, folder: String) throws -> ExperimentRunner {
    let pool = try #require(ThreadPool(threadCount: 2))
    return try ExperimentRunner(
      experiment, images: try experiment.data.mapValues { try $0.load() },
      models: ModelFiles { try ModelFile.load($0) }, pool: pool, folder: folder)
  }

  @Test func `every variant is measured, and its figures follow from its predictions`() throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let runner = try runner(Self.experiment, folder: folder)
    let before = try runner.estimate()
    #expect(before.doneCells == 0 && before.multiplyAccumulates > 0 && before.samples > 0)
    let results = try runner.run()
    #expect(try runner.estimate().doneCells == before.cells)
    #expect(try ExperimentResults(folder: folder) == results)
    let row = results.rows[0]
    #expect(row.runs.count == 2 && row.data.test == 40 && !row.isContaminated)
    let ids = row.summary.map(\.id)
    #expect(Set(ids).count == ids.count && ids.count == 2 + 12 + 2)
    for run in row.runs {
      for variant in run.variants { try check(variant, of: run) }
      let identity = try #require(run.variants.first { $0.id == .control(.identity) })
      #expect(identity.comparison?.fixed == 0 && identity.comparison?.broken == 0)
      let wider = try #require(run.variants.first { $0.id == .control(.wider) }?.budget)
      let enhanced = try #require(run.variants.first { $0.id == .enhanced }?.budget)
      #expect(Double(wider.parameters) > 0.9 * Double(enhanced.parameters))
    }
    try checkSuites(of: results)
    // Contaminated rows are told apart, and take part in no adjustment.
    #expect(results.rows[1].isContaminated)
    #expect(results.rows[1].summary.allSatisfy { $0.adjustedP == nil })
    #expect(row.summary.allSatisfy { ($0.adjustedP == nil) == ($0.against == nil) })
    #expect(
      results.rows[1].runs[0].variants[0].predictions == row.runs[0].variants[0].predictions,
      "rows share the cells that they have in common")
  }

  private func checkSuites(of results: ExperimentResults) throws {
    for run in results.rows[0].runs {
      let background = try #require(run.background)
      let corruption = try #require(run.corruption)
      #expect(background.images == 20 && corruption.images == 20)
      #expect(background.variants.map(\.name) == BackgroundVariant.allCases.map(\.rawValue))
      #expect(background.enhancedGap != nil && corruption.cleanEnhanced != nil)
      #expect(corruption.rows.map(\.corruption) == Corruption.allCases)
      #expect(corruption.rows.allSatisfy { $0.severities.map(\.severity) == [2, 5] })
    }
    // Pictures are the same for all seeds; classifiers are not.
    let text = results.rows[0].suiteBlocks.text
    #expect(text.contains("only foreground") && text.contains("BG-gap") && text.contains("jpeg"))
    #expect(results.rows[1].suiteBlocks.isEmpty && results.rows[1].runs[0].background == nil)
  }

  @Test func `backgrounds are asked about of scenes alone`() throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    var experiment = Self.experiment
    let pack = folder + "/scenes.safetensors"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try #require(try experiment.data["scenes"]?.load().training).pack(to: pack)
    experiment.data["dull"] = DataSpecification(path: pack)
    experiment.data["scenes"] = experiment.data["dull"]
    let error = #expect(throws: ExperimentError.self) { try runner(experiment, folder: folder) }
    #expect(error?.description.hasPrefix("row 1: the suite 'background' needs scenes") == true)
  }

  private func check(
    _ variant: ExperimentResults.Variant, of run: ExperimentResults.Run
  ) throws {
    let own = try PredictionsFile.read(folder + "/" + variant.predictions)
    #expect(own.labels.count == 40 && own.accuracy == variant.test.accuracy)
    #expect(zip(own.classes, own.labels).count { $0 == $1 } == variant.test.right)
    #expect(own.confidences.allSatisfy { $0 >= 0.1 && $0 <= 1.0001 })
    #expect(abs(own.meanLoss - variant.test.loss) < 1e-12)
    guard let comparison = variant.comparison else { return }
    let other = try #require(run.variants.first { $0.id == comparison.against })
    let before = try PredictionsFile.read(folder + "/" + other.predictions)
    let table = PairedComparison(
      before: before.classes, after: own.classes, labels: own.labels)
    #expect(table.fixed == comparison.fixed && table.broken == comparison.broken)
    #expect(table.pValue == comparison.p && comparison.lower <= comparison.gain)
    #expect(comparison.gain <= comparison.upper)
    if comparison.against == .alone { #expect(variant.budget.samples >= other.budget.samples) }
  }

  /// Asks a run to stop after so many steps, again and again.
  private final class Stopper: ExperimentObserver {
    let request = StopRequest()
    private var steps = 0

    func willStart(_ title: String, number: Int, count: Int, doneShare: Double, share: Double) {}
    func didFinish() {}
    func didEndEpoch(_ record: TrainingProgress.EpochRecord, isBest: Bool) {}
    func didStep(_ report: StepReport) {
      steps += 1
      if steps == 5 { request.isRequested = true }
    }
  }

  @Test func `a run that stops again and again ends in the same bytes`() throws {
    let other = folder + "-whole"
    defer {
      for path in [folder, other] { try? FileManager.default.removeItem(atPath: path) }
    }
    var experiment = Self.experiment
    experiment.seeds = 1
    experiment.rows[0].controls = [.reconstruction]
    experiment.rows[0].transfer = nil
    _ = try runner(experiment, folder: other).run()
    var stops = 0
    while stops < 100 {
      let stopper = Stopper()
      do {
        _ = try runner(experiment, folder: folder).run(observer: stopper, stop: stopper.request)
        break
      } catch TrainingError.interrupted { stops += 1 }
    }
    #expect(stops > 3)
    let cells = try FileManager.default.contentsOfDirectory(atPath: folder + "/cells").sorted()
    #expect(
      cells == (try FileManager.default.contentsOfDirectory(atPath: other + "/cells")).sorted())
    let names = ["cell.json", "best.safetensors", "metrics.jsonl", "predictions.safetensors"]
    for path in cells.flatMap({ cell in names.map { "cells/\(cell)/\($0)" } }) + ["results.json"] {
      let bytes = FileManager.default.contents(atPath: folder + "/" + path)
      #expect(bytes == FileManager.default.contents(atPath: other + "/" + path), "\(path)")
    }
  }
}
