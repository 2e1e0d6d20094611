// SPDX-License-Identifier: Apache-2.0
import Statistics
public import Assessments
import Foundation
import Text

/// What an experiment has found: the file `results.json` of its folder.
///
/// The same experiment and data give the same bytes; how long things took is in `times.json`
/// (`ExperimentTimes`). Accuracies, gains and their intervals are shares; paths are relative to the
/// folder.
public struct ExperimentResults: Codable, Equatable, Sendable {
  public static let fileName = "results.json"
  public static let formatName = "ocelli experiment results"

  /// `formatName`, and the version of what follows.
  public var format = Self.formatName
  public var version = 1
  /// What was run: scaled and thinned out as the run was told.
  public var experiment: Experiment
  public var rows: [Row]

  public struct Row: Codable, Equatable, Sendable {
    /// As in `experiment.rows`, where data, models and published figures are.
    public var name: String
    public var title: String
    public var isContaminated: Bool
    public var data: DataFacts
    /// One for each seed.
    public var runs: [Run]
    /// What the runs say together: one for each variant, in the same order.
    public var summary: [VariantSummary]
  }

  public struct Run: Codable, Equatable, Sendable {
    public var seed: UInt64
    public var variants: [Variant]
    /// What the row's suites found.
    public var background: BackgroundAssessment?
    public var corruption: CorruptionAssessment?
  }

  /// The predictions of one variant, and what they cost.
  public struct Variant: Codable, Equatable, Sendable {
    public var id: VariantID
    public var title: String
    public var test: Accuracy
    /// On the training images, but for those held out.
    public var training: Accuracy?
    /// With `against`, on the test images.
    public var comparison: Comparison?
    public var budget: Budget
    /// See `PredictionsFile`.
    public var predictions: String
    /// The model files, where the variant has such: safetensors files of Ocelli's, or the file that
    /// the experiment names.
    public var classifier: String?
    public var enhancer: String?
    /// The filter that C3 chose.
    public var filter: String?
  }

  public struct Accuracy: Codable, Equatable, Sendable {
    public var images: Int
    public var right: Int
    public var accuracy: Double
    /// Wilson's interval of 95 %.
    public var lower: Double
    public var upper: Double
    /// The mean cross-entropy, in nats.
    public var loss: Double
  }

  /// Paired: the same images, once without and once with what is tested.
  public struct Comparison: Codable, Equatable, Sendable {
    /// The variant that is compared with.
    public var against: VariantID
    /// Images that only this variant gets right.
    public var fixed: Int
    /// Images that only the other gets right.
    public var broken: Int
    public var gain: Double
    /// The bootstrap's interval of 95 %, images drawn 10,000 times.
    public var lower: Double
    public var upper: Double
    /// McNemar's exact test.
    public var p: Double
  }

  /// What a variant costs, so that unequal budgets are seen.
  public struct Budget: Codable, Equatable, Sendable {
    /// Images trained on, in all epochs of all its models.
    public var samples: Int
    /// Multiply-accumulates of that training; of models in files nothing is known.
    public var trainingMultiplyAccumulates: Double
    /// Of the model that predicts.
    public var parameters: Int
    /// Multiply-accumulates of one prediction.
    public var multiplyAccumulates: Int64
  }

  /// A variant over all seeds.
  public struct VariantSummary: Codable, Equatable, Sendable {
    public var id: VariantID
    public var title: String
    public var against: VariantID?
    public var accuracy: Spread
    public var training: Spread?
    public var gain: Spread?
    /// The interval of 95 % of the mean gain over the seeds, by a bootstrap over the images.
    public var lower: Double?
    public var upper: Double?
    /// Means over the seeds.
    public var fixed: Double?
    public var broken: Double?
    /// McNemar's p-values of the seeds as one (`CombinedPValue`).
    public var p: Double?
    /// That, adjusted for the rows that are not contaminated (Holm).
    public var adjustedP: Double?
  }

  /// A mean over the seeds, and the standard deviation of the sample where there are several.
  public struct Spread: Codable, Equatable, Sendable {
    public var mean: Double
    public var deviation: Double?
  }
}

extension ExperimentResults {
  /// Reads the results in a folder.
  ///
  /// - Throws: `ExperimentError` when there are none, or of another format.
  public init(folder: String) throws(ExperimentError) {
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

/// How long the cells behind each variant have taken: the file `times.json`.
public struct ExperimentTimes: Codable, Equatable, Sendable {
  public static let fileName = "times.json"

  public var variants: [Variant]

  public struct Variant: Codable, Equatable, Sendable {
    public var row: String
    public var seed: UInt64
    public var id: VariantID
    /// Of training all models of the variant: on the clock, and of all threads together.
    public var seconds: Double
    public var cpuSeconds: Double
  }
}

extension ExperimentTimes {
  /// Reads the times in a folder; `nil` where there are none.
  public init?(folder: String) {
    guard let times: Self = CellFolder.read(folder + "/" + Self.fileName) else { return nil }
    self = times
  }
}

/// Figures as tables and reports write them; nothing for what was not measured.
extension ExperimentResults.VariantSummary {
  public var name: String { id == .enhanced ? id.rawValue : "\(id.rawValue) \(title)" }
  public var trainingText: String { training?.text ?? "" }
  public var fixedText: String { Self.text(of: fixed) }
  public var brokenText: String { Self.text(of: broken) }

  /// The mean gain with its interval, in points.
  public var gainText: String { gainEstimate?.percentages(signed: true) ?? "" }

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
  public var text: String { percentages() + " %" }

  /// The same without a unit; with a sign where it is a difference.
  func percentages(signed: Bool = false) -> String {
    let text = String(format: signed ? "%+.1f" : "%.1f", mean * 100)
    return text + (deviation.map { String(format: " ± %.1f", $0 * 100) } ?? "")
  }
}

extension ExperimentResults.Row {
  public var label: String { isContaminated ? "\(name) (contaminated)" : name }
}

extension ExperimentTimes {
  /// CPU time of a variant, the mean over the seeds; `nil` where there is none.
  public func cpuSeconds(row: String, variant: VariantID) -> Double? {
    let seconds = variants.filter { $0.row == row && $0.id == variant }.map(\.cpuSeconds)
    return seconds.isEmpty ? nil : seconds.reduce(0, +) / Double(seconds.count)
  }
}
