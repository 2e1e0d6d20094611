// SPDX-License-Identifier: Apache-2.0
package import Assessments
import Datasets
import Foundation
package import Reporting
import Statistics
import Text

/// The results of an experiment: `results.json` in its folder.
///
/// The same experiment and data give the same bytes; how long things took is in `times.json`
/// (`ExperimentTimes`). Accuracies, gains and their intervals are shares; paths are relative to the
/// folder.
package struct ExperimentResults: Codable, Equatable, Sendable {
  package static let fileName = "results.json"
  package static let formatName = "ocelli experiment results"

  /// `formatName`, and the version of what follows.
  package var format = Self.formatName
  package var version = 1
  /// What was run, after scaling.
  package var experiment: Experiment
  package var rows: [Row]

  package struct Row: Codable, Equatable, Sendable {
    /// As in `experiment.rows`, where data, models and published figures are.
    package var name: String
    package var title: String
    package var isContaminated: Bool
    package var data: DataFacts
    /// One for each seed.
    package var runs: [Run]
    /// The runs summarised: one entry for each variant, in the same order.
    package var summary: [VariantSummary]
  }

  package struct Run: Codable, Equatable, Sendable {
    package var seed: UInt64
    package var variants: [Variant]
    /// What the row's suites found.
    package var background: BackgroundAssessment?
    package var corruption: CorruptionAssessment?
  }

  /// The predictions of one variant, and what they cost.
  package struct Variant: Codable, Equatable, Sendable {
    package var id: VariantID
    package var title: String
    package var test: Accuracy
    /// On the training images, but for those held out.
    package var training: Accuracy?
    /// With `against`, on the test images.
    package var comparison: Comparison?
    package var budget: Budget
    /// See `PredictionsFile`.
    package var predictions: String
    /// The model files, where the variant has such: safetensors files of Ocelli's, or the file that
    /// the experiment names.
    package var classifier: String?
    package var enhancer: String?
    /// The filter that C3 chose.
    package var filter: String?
  }

  package struct Accuracy: Codable, Equatable, Sendable {
    package var images: Int
    package var right: Int
    package var accuracy: Double
    /// Wilson's interval of 95 %.
    package var lower: Double
    package var upper: Double
    /// The mean cross-entropy, in nats.
    package var loss: Double
  }

  /// A paired comparison on the same images.
  package struct Comparison: Codable, Equatable, Sendable {
    /// The variant that is compared with.
    package var against: VariantID
    /// Images that only this variant gets right.
    package var fixed: Int
    /// Images that only the other gets right.
    package var broken: Int
    package var gain: Double
    /// The bootstrap's interval of 95 %, images drawn 10,000 times.
    package var lower: Double
    package var upper: Double
    /// McNemar's exact test.
    package var p: Double
  }

  /// The cost of a variant, which shows unequal budgets.
  package struct Budget: Codable, Equatable, Sendable {
    /// Images trained on, in all epochs of all its models.
    package var samples: Int
    /// Multiply-accumulates of that training; of models in files nothing is known.
    package var trainingMultiplyAccumulates: Double
    /// Of the model that predicts.
    package var parameters: Int
    /// Multiply-accumulates of one prediction.
    package var multiplyAccumulates: Int64
  }

  /// A variant over all seeds.
  package struct VariantSummary: Codable, Equatable, Sendable {
    package var id: VariantID
    package var title: String
    package var against: VariantID?
    package var accuracy: Spread
    package var training: Spread?
    package var gain: Spread?
    /// The interval of 95 % of the mean gain over the seeds, by a bootstrap over the images.
    package var lower: Double?
    package var upper: Double?
    /// Means over the seeds.
    package var fixed: Double?
    package var broken: Double?
    /// McNemar's p-values of the seeds as one (`CombinedPValue`).
    package var p: Double?
    /// That, adjusted for the rows that are not contaminated (Holm).
    package var adjustedP: Double?
  }

  /// A mean over the seeds, and the standard deviation of the sample where there are several.
  package struct Spread: Codable, Equatable, Sendable {
    package var mean: Double
    package var deviation: Double?
  }
}

extension ExperimentResults {
  /// Reads the results in a folder.
  /// - Throws: `ExperimentError` when there are none, or of another format.
  package init(folder: String) throws(ExperimentError) {
    let path = folder + "/" + Self.fileName
    guard let data = FileManager.default.contents(atPath: path) else {
      throw ExperimentError("\(path): cannot be read: expected the results of an experiment")
    }
    guard let results = try? JSONDecoder().decode(Self.self, from: data),
      results.format == Self.formatName, results.version == 1
    else { throw ExperimentError("\(path): is not '\(Self.formatName)', version 1") }
    self = results
  }
}

/// How long the cells of each variant have taken: `times.json`.
package struct ExperimentTimes: Codable, Equatable, Sendable {
  package static let fileName = "times.json"

  package var variants: [Variant]

  package struct Variant: Codable, Equatable, Sendable {
    package var row: String
    package var seed: UInt64
    package var id: VariantID
    /// Of training all models of the variant: elapsed, and CPU time.
    package var seconds: Double
    package var cpuSeconds: Double
  }
}

extension ExperimentTimes {
  /// Reads the times in a folder; `nil` where there are none.
  package init?(folder: String) {
    guard let times: Self = CellFolder.read(folder + "/" + Self.fileName) else { return nil }
    self = times
  }
}

/// Figures for tables and reports; empty where nothing was measured.
extension ExperimentResults.VariantSummary {
  package var name: String { id == .enhanced ? id.rawValue : "\(id.rawValue) \(title)" }
  package var trainingText: String { training?.text ?? "" }
  package var fixedText: String { Self.text(of: fixed) }
  package var brokenText: String { Self.text(of: broken) }

  /// The mean gain with its interval, in points.
  package var gainText: String { gainEstimate?.percentages(signed: true) ?? "" }

  var gainEstimate: IntervalEstimate? {
    guard let gain, let lower, let upper else { return nil }
    return IntervalEstimate(gain.mean, Interval(lower: lower, upper: upper))
  }

  private static func text(of count: Double?) -> String {
    count.map { $0 == $0.rounded() ? "\(Int($0))" : $0.text(digits: 1) } ?? ""
  }
}

extension ExperimentResults.Spread {
  /// The mean, in per cent, with the deviation where there is one.
  package var text: String { percentages() + " %" }

  /// The same without a unit; with a sign where it is a difference.
  func percentages(signed: Bool = false) -> String {
    let text = String(format: signed ? "%+.1f" : "%.1f", mean * 100)
    return text + (deviation.map { String(format: " ± %.1f", $0 * 100) } ?? "")
  }
}

extension ExperimentResults.Row {
  package var label: String { isContaminated ? "\(name) (contaminated)" : name }
}

extension ExperimentTimes {
  /// CPU time of a variant, the mean over the seeds; `nil` where there is none.
  package func cpuSeconds(row: String, variant: VariantID) -> Double? {
    let seconds = variants.filter { $0.row == row && $0.id == variant }.map(\.cpuSeconds)
    return seconds.isEmpty ? nil : seconds.reduce(0, +) / Double(seconds.count)
  }
}

extension ExperimentResults.Row {
  /// Figures of the row's suites: means of the seeds ± the deviation, or with intervals for one
  /// seed.
  package var suiteBlocks: [FigureBlock] { backgroundBlocks + corruptionBlocks }

  var backgroundBlocks: [FigureBlock] {
    let found = runs.compactMap(\.background)
    guard let first = found.first else { return [] }
    var table = TextTable([
      "backgrounds, %, of \(first.images) images", "accuracy alone", "enhanced",
      "taken for the background's class alone", "enhanced",
    ])
    for (index, variant) in first.variants.enumerated() {
      let variants = found.map { $0.variants[index] }
      table.add([
        variant.name, Self.figure(variants.map(\.plain.accuracy)),
        Self.figure(variants.compactMap { $0.enhanced?.accuracy }),
        Self.figure(variants.compactMap(\.plain.followsBackground)),
        Self.figure(variants.compactMap { $0.enhanced?.followsBackground }),
      ])
    }
    let gaps =
      "BG-gap, same class − random, in points: alone "
      + "\(Self.figure(found.compactMap(\.gap), signed: true)); enhanced "
      + "\(Self.figure(found.compactMap(\.enhancedGap), signed: true)); change "
      + Self.figure(found.compactMap(\.gapChange), signed: true)
    return [.table(table), .note(gaps)]
  }

  var corruptionBlocks: [FigureBlock] {
    let found = runs.compactMap(\.corruption)
    guard let first = found.first else { return [] }
    let severities = (first.rows.first?.severities ?? []).map { "\($0.severity)" }
    var table = TextTable([
      "errors, %, of \(first.images) images", "alone", "enhanced", "change, points",
    ])
    func add(
      _ name: String, _ plain: [IntervalEstimate?], _ enhanced: [IntervalEstimate?],
      _ change: [IntervalEstimate?]
    ) {
      table.add([
        name, Self.figure(plain.compactMap(\.self)), Self.figure(enhanced.compactMap(\.self)),
        Self.figure(change.compactMap(\.self), signed: true),
      ])
    }
    for (index, row) in first.rows.enumerated() {
      let rows = found.map { $0.rows[index] }
      add(
        row.corruption.rawValue, rows.map(\.plainError), rows.map(\.enhancedError),
        rows.map(\.change))
    }
    add("all", found.map(\.plainError), found.map(\.enhancedError), found.map(\.change))
    let clean =
      "Errors are means of the severities \(severities.joined(separator: ", ")). Accuracy "
      + "of the clean images: alone \(Self.figure(found.map(\.clean))) %; enhanced "
      + "\(Self.figure(found.compactMap(\.cleanEnhanced))) %"
    return [.table(table), .note(clean)]
  }

  /// Percentages: one with its interval, several as mean and deviation.
  private static func figure(_ estimates: [IntervalEstimate], signed: Bool = false) -> String {
    guard estimates.count > 1 else { return estimates.first?.percentages(signed: signed) ?? "" }
    return ExperimentResults.Spread(estimates.map(\.value)).percentages(signed: signed)
  }
}
