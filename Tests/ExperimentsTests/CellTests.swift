// SPDX-License-Identifier: Apache-2.0
import Datasets
import Experiments
import Foundation
import Network
import TestSupport
import Testing
import Training

struct CellTests {
  private let plan: ExperimentPlan

  /// Every control of one row, a contaminated row, and one of a classifier in a file.
  init() throws {
    var scenes = DataSpecification()
    scenes.scenes = .init(training: 80, test: 40)
    scenes.size = 16
    var dull = scenes
    dull.degrade = "dull=0.5"
    var epoch = TrainingOverrides()
    (epoch.epochs, epoch.batchSize) = (1, 8)
    let small = Experiment.ClassifierRecipe(
      model: ClassifierSpecification(.smallCNN, width: 0.25), training: epoch)
    let unet = Experiment.EnhancerRecipe(
      EnhancerSpecification(width: 2, depth: 1), reconstruct: epoch, enhance: epoch)
    var clean = unet
    (clean.towardsClean, clean.objective) = (true, Objective())
    func row(_ name: String, _ classifier: String, _ enhancer: String) -> Experiment.Row {
      Experiment.Row(name, data: "dull", classifier: classifier, enhancer: enhancer)
    }
    var (all, full, file) = (
      row("1", "small", "unet"), row("2", "small", "unet"), row("3", "file", "clean")
    )
    (all.classifierData, full.classifierData) = ("scenes", "scenes")
    (all.controls, all.transfer) = (Control.allCases, ["file"])
    all.suites = .init(background: true, corruption: [2, 5], images: 20)
    full.isContaminated = true
    file.controls = [.identity]
    let folder = try TemporaryFolder()
    let experiment = Experiment(
      name: "tiny", title: "Tiny", seeds: 1, data: ["scenes": scenes, "dull": dull],
      classifiers: [
        "small": small, "file": .init(file: try folder.write(Array("model".utf8), to: "model")),
      ], enhancers: ["unet": unet, "clean": clean], rows: [all, full, file])
    plan = try ExperimentPlan(
      experiment, facts: try experiment.data.mapValues { DataFacts(try $0.load()) },
      models: ModelFiles { _ in throw ExperimentError("no model is loaded") })
  }

  /// Other names would start everybody's experiments anew.
  @Test func `cells are called as they always were`() {
    let names = [
      "classifier-08260d4eb20d", "reconstruct-ef30cb0dc698", "enhance-8c42092190bb",
      "joint-212b333e6f43", "assess-533a48e581da", "reconstruct-e4d78720c62e",
      "enhance-8f69202d0566",
    ]
    #expect(Set(names).isSubset(of: plan.order))
    let predictions = plan.rows[0].runs[0].variants.map { "\($0.id.rawValue) \($0.cell)" }
    #expect(
      predictions == [
        "C0 predict-61af846f09a3",
        "enhanced predict-4e03e5a14a65",
        "C1 predict-e321494900a2",
        "C2 predict-b44fa2a06c9e",
        "C3 predict-e55fe9eeceed",
        "C4 predict-a96a0612767c",
        "C5 predict-0ed2375300ef",
        "C6 predict-65c44b312945",
        "C7 predict-4840a4f1646b",
        "C8 predict-a2b50f2f8913",
        "C9 predict-4ead8fdb18f1",
        "C10 predict-9bb3815abbaf",
        "C11/alone predict-ad2a3eaf035f",
        "C11 predict-1e8896609346",
        "transfer/file/alone predict-9a3acb362c49",
        "transfer/file/enhanced predict-3494ad6e0346",
      ])
  }

  @Test func `variants have words`() {
    let variants = plan.rows.flatMap { $0.runs[0].variants.map(\.id) }
    for id in variants + [.transferAlone("a/b"), .transferEnhanced("alone")] {
      #expect(VariantID(rawValue: id.rawValue) == id)
    }
    #expect(VariantID(rawValue: "C12") == nil && VariantID(rawValue: "") == nil)
  }
}
