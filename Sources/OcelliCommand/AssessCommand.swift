// SPDX-License-Identifier: Apache-2.0
public import ArgumentParser
public import Assessments
import Datasets
import Explanation
import Foundation
import Imaging
import Interchange
import Kernels
import Network
import Platform
import Reporting
import SharedCommands
import Training

struct AssessCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "assess",
    abstract: "Check whether explanations are faithful and gains are real, and what they cost.",
    usage: "ocelli assess --classifier <file> --data <path> [<options>]",
    discussion: """
      accuracy and calibration are of all test images, the other sections of a sample. Every \
      figure has its interval of 95 %; what is compared is compared image by image.

        ocelli assess --classifier classifier/best.safetensors --data scenes
        ocelli assess --classifier classifier/best.safetensors --data scenes \\
          --enhancer enhancer/enhance/best.safetensors --only attention --output assessed

      The sections:

      accuracy       in all and class by class, enhancer against none
      calibration    whether the classifier is right as often as it says
      faithfulness   deletion, insertion, average drop, ROAD of an explanation
      sanity         whether the explanation changes when the classifier forgets
      attention      how much of the explanation lies on the object; needs masks
      background     how much the classifier leans on it; needs scenes or masks
      perturbation   size and spectrum of the change; a budget for it, 8 bits, JPEG
      adversarial    other changes of its size; FGSM and PGD
      transfer       the gain of other classifiers, given by --transfer
      corruption     fifteen C-style corruptions in five severities

      Without --only, all that apply are answered.
      """)

  @OptionGroup(title: "Data") var data: DataOptions
  @OptionGroup var threads: ThreadOptions
  @Option(help: .value("file", "The classifier.")) var classifier: String
  @Option(help: .value("file", "An enhancer to put in front of it.")) var enhancer: String?
  @Option(
    parsing: .upToNextOption,
    help: .value("section", "The sections to report (default: all that apply).")) var only:
    [AssessmentSection] = []
  @Option(
    parsing: .upToNextOption,
    help: .value("file", "Classifiers that the enhancer was not trained with.")) var transfer:
    [String] = []
  @Option(
    help: .value(
      "folder",
      "Masks of the objects, in the same folders as the pictures (default: those of scenes)."))
  var masks: String?
  @Option(parsing: .upToNextOption, help: .value("method", "The explanations to assess."))
  var method: [ExplanationMethod] = [.activation(.gradCAM)]
  @Option(
    help: .value(
      "name",
      "The layer of class activation maps (default: the deepest of at least "
        + "\(Graph.smallestExplainedSide) pixels a side).")) var layer: String?
  @Option(help: .value("n", "Images in the sample.")) var images = 1000
  @Option(help: .value("n", "Images in the sample whose explanations are tested.")) var explained =
    100
  @Option(help: .value("n", "Images per step.")) var batch = 64
  @Option(help: .value("n", "Seed of all random choices.")) var seed: UInt64 = 1
  @Option(name: .shortAndLong, help: .value("folder", "Folder for assessment.json and pictures."))
  var output: String?
  @Flag(help: "Print JSON.") var json = false

  func validate() throws {
    try checkRange("images", images, 1...10_000_000)
    try checkRange("explained", explained, 1...10_000_000)
    try checkRange("batch", batch, 1...65536)
    if method.isEmpty { throw ValidationError("--method: expected at least one") }
  }

  func run() throws {
    for section in only where enhancer == nil && [.perturbation, .transfer].contains(section) {
      throw ValidationError("--only \(section) needs --enhancer")
    }
    if only.contains(.transfer) && transfer.isEmpty {
      throw ValidationError("--only transfer needs other classifiers: give them with --transfer")
    }
    let pool = try threads.pool()
    let parts = try data.load(threads)
    let subject = try subject(parts.test, pool)
    var options = AssessmentRun.Options()
    (options.methods, options.layer, options.maskFolder) = (method, layer, masks)
    (options.imageCount, options.explainedCount) = (images, explained)
    if only.isEmpty ? enhancer != nil : only.contains(.transfer) {
      options.otherClassifiers = try transfer.map { path in
        let model = try Model.withFloatEnds(contentsOf: path, as: .classifier)
        try model.check(parts.test, from: data.data, path: path, needsLabels: true)
        return (name: path, model: model)
      }
    }
    var run = try AssessmentRun(
      subject, try data.specification(), parts, names: (classifier, enhancer), options)
    let sections = only.isEmpty ? AssessmentSection.allCases.filter(run.applies) : only
    for section in sections {
      try answer(section, &run)
      if !json { print(run.assessment.blocks(section).text + "\n") }
    }
    let text = try run.assessment.json()
    if json { print(text) }
    if let output { try write(text, &run, to: output) }
  }

  private func answer(_ section: AssessmentSection, _ run: inout AssessmentRun) throws {
    let status = StatusLine()
    defer { status.clear() }
    // Counts from the first report: before it comes what is done only once.
    var first: (done: Int, seconds: Double)?
    try run.answer(section) { done, total in
      guard let first else {
        first = (done, MonotonicClock.seconds)
        return status.show("\(section): \(done) of \(total)")
      }
      let speed = Double(done - first.done) / max(MonotonicClock.seconds - first.seconds, 1e-9)
      let left = Double(total - done) / speed
      status.show("\(section): \(done) of \(total), \(Duration.text(left)) left")
    }
  }

  private func subject(_ dataset: Dataset, _ pool: ThreadPool) throws -> AssessedModel {
    func part(_ path: String, _ role: Model.Role) throws -> AssessedModel.Part {
      let part = try AssessedModel.Part(contentsOf: path, as: role)
      try part.model.check(dataset, from: data.data, path: path, needsLabels: role == .classifier)
      return part
    }
    return try AssessedModel(
      classifier: try part(classifier, .classifier),
      enhancer: try enhancer.map { try part($0, .enhancer) }, batch: min(batch, dataset.count),
      seed: seed, pool)
  }

  private func write(_ text: String, _ run: inout AssessmentRun, to folder: String) throws {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try AtomicFile.write(Array((text + "\n").utf8), to: folder + "/" + Assessment.fileName)
    let charts = run.assessment.charts
    for chart in charts {
      try AtomicFile.write(Array(chart.svg.utf8), to: folder + "/" + chart.name)
    }
    let panels = try run.panels()
    for panel in panels {
      let path = folder + "/" + panel.name
      do throws(ImageError) { try panel.image.write(to: path) } catch {
        throw CommandError("\(path): \(error)")
      }
    }
    let names = [Assessment.fileName] + charts.map(\.name) + panels.map(\.name)
    if !json { print("\(folder): \(names.joined(separator: ", "))") }
  }
}

extension AssessmentSection: ExpressibleByArgument {}
