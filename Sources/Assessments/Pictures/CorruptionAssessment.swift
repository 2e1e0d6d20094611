// SPDX-License-Identifier: Apache-2.0
public import Datasets
import Foundation
import Kernels
package import Reporting
public import Statistics
import Text
import Training

/// The accuracy under C-style corruptions, of fifteen types and five severities. See `Corruption`.
public struct CorruptionAssessment: Codable, Equatable, Sendable {
  /// Accuracies in one severity.
  public struct Severity: Codable, Equatable, Sendable {
    /// From 1 to 5.
    public let severity: Int
    /// Of plain pictures.
    public let plain: IntervalEstimate
    /// Of enhanced pictures.
    public let enhanced: IntervalEstimate?
  }

  /// One type of corruption.
  public struct Row: Codable, Equatable, Sendable {
    /// The type.
    public let corruption: Corruption
    /// The severities that were asked for.
    public let severities: [Severity]
    /// The mean error over the severities.
    public let plainError: IntervalEstimate?
    /// The same of enhanced pictures.
    public let enhancedError: IntervalEstimate?
    /// Enhanced error − plain error, picture by picture.
    public let change: IntervalEstimate?
  }

  /// The number of pictures.
  public let images: Int
  /// The accuracy on the same pictures as they are.
  public let clean: IntervalEstimate
  /// The same of enhanced pictures.
  public let cleanEnhanced: IntervalEstimate?
  /// Every type.
  public let rows: [Row]
  /// The mean error over all types and severities.
  public let plainError: IntervalEstimate?
  /// The same of enhanced pictures.
  public let enhancedError: IntervalEstimate?
  /// Enhanced error − plain error, picture by picture.
  public let change: IntervalEstimate?
  /// mCE, the mean corruption error of Hendrycks & Dietterich, with the plain classifier instead of
  /// AlexNet: the mean over types of the ratio of the summed errors. Below 1, the enhancer helps.
  public let meanCorruptionError: IntervalEstimate?

  /// - Parameters:
  ///   - clean: `pictures` as they are.
  ///   - severities: of `Corruption.severities`, at least one.
  public init(
    _ model: AssessedModel, _ pictures: Dataset, clean: AssessedImages,
    severities: [Int] = Array(Corruption.severities), progress: AssessmentProgress
  ) throws {
    images = pictures.count
    self.clean = Self.accuracy(clean.predictions)
    cleanEnhanced = clean.enhancedPredictions.map(Self.accuracy)
    var tables: [CorruptionErrors] = []
    let total = Corruption.allCases.count * severities.count
    for corruption in Corruption.allCases {
      var errors = CorruptionErrors(corruption, images: pictures.count)
      for (index, severity) in severities.enumerated() {
        let corrupted = AssessedImages(
          try pictures.corrupted(
            by: corruption, severity: severity, seed: model.seed, threads: model.pool.threadCount),
          model)
        errors.add(
          corrupted,
          Severity(
            severity: severity, plain: Self.accuracy(corrupted.predictions),
            enhanced: corrupted.enhancedPredictions.map(Self.accuracy)))
        progress(tables.count * severities.count + index + 1, total)
      }
      tables.append(errors)
    }
    rows = tables.map { $0.row(model.seed) }
    let all = CorruptionErrors.joined(tables)
    let row = all.row(model.seed)
    (plainError, enhancedError, change) = (row.plainError, row.enhancedError, row.change)
    meanCorruptionError = CorruptionErrors.meanCorruptionError(tables, model.seed)
  }

  private static func accuracy(_ predictions: Predictions) -> IntervalEstimate {
    IntervalEstimate(accuracyOf: predictions.classes, labels: predictions.labels)
  }
}

/// In how many severities of a corruption each image is misclassified.
private struct CorruptionErrors {
  private let corruption: Corruption
  private var severities: [CorruptionAssessment.Severity] = []
  private var plain: [Double]
  private var enhanced: [Double]
  private var count = 0.0

  init(_ corruption: Corruption, images: Int) {
    self.corruption = corruption
    plain = [Double](repeating: 0, count: images)
    enhanced = plain
  }

  mutating func add(_ images: AssessedImages, _ severity: CorruptionAssessment.Severity) {
    severities.append(severity)
    count += 1
    let enhancedClasses = images.enhancedPredictions?.classes
    for (index, label) in images.labels.enumerated() {
      if images.predictions.classes[index] != label { plain[index] += 1 }
      if let enhancedClasses, enhancedClasses[index] != label { enhanced[index] += 1 }
    }
  }

  static func joined(_ tables: [CorruptionErrors]) -> CorruptionErrors {
    var result = tables[0]
    for table in tables.dropFirst() {
      for index in result.plain.indices {
        result.plain[index] += table.plain[index]
        result.enhanced[index] += table.enhanced[index]
      }
      result.count += table.count
    }
    return result
  }

  private var isPaired: Bool { severities.first?.enhanced != nil }

  func row(_ seed: UInt64) -> CorruptionAssessment.Row {
    func mean(_ values: [Double]) -> IntervalEstimate? {
      IntervalEstimate(meanOf: values.map { $0 / count }, seed: seed)
    }
    return .init(
      corruption: corruption, severities: severities, plainError: mean(plain),
      enhancedError: isPaired ? mean(enhanced) : nil,
      change: isPaired ? mean(zip(enhanced, plain).map { $0 - $1 }) : nil)
  }

  /// `nil` without an enhancer, or where a type leaves no errors to compare with.
  static func meanCorruptionError(_ tables: [CorruptionErrors], _ seed: UInt64) -> IntervalEstimate?
  {
    guard let images = tables.first?.plain.count, images > 0, tables[0].isPaired,
      tables.allSatisfy({ $0.plain.contains { $0 > 0 } })
    else { return nil }
    func ratio(_ indices: [Int]) -> Double {
      let ratios = tables.map { table in
        var (plain, enhanced) = (0.0, 0.0)
        for index in indices {
          plain += table.plain[index]
          enhanced += table.enhanced[index]
        }
        return enhanced / max(plain, 1)
      }
      return ratios.reduce(0, +) / Double(ratios.count)
    }
    var random = RandomGenerator(seed: seed)
    let interval = PairedBootstrap(drawCount: 2000).interval(count: images, random: &random, ratio)
    return IntervalEstimate(ratio(Array(0..<images)), interval)
  }
}

extension CorruptionAssessment {
  /// Accuracies over severities, plain over enhanced.
  package var blocks: [FigureBlock] {
    let severities = rows.first?.severities.map { "\($0.severity)" } ?? []
    var table = TextTable(
      ["corruption, %, of \(images) images"] + severities + ["mean error (95 %)"]
        + (change == nil ? [] : ["enhanced − plain"]))
    for row in rows {
      func cells(_ accuracy: (Severity) -> IntervalEstimate?) -> [String] {
        row.severities.map { severity in
          accuracy(severity).map { String(format: "%.1f", $0.value * 100) } ?? ""
        }
      }
      table.add(
        [row.corruption.rawValue] + cells(\.plain) + [row.plainError?.percentages() ?? ""]
          + (change == nil ? [] : [""]))
      guard let enhancedError = row.enhancedError, let change = row.change else { continue }
      table.add(
        ["  enhanced"] + cells(\.enhanced) + [
          enhancedError.percentages(), change.percentages(signed: true),
        ])
    }
    var blocks: [FigureBlock] = [
      .table(table),
      .note(
        "Accuracy of the same pictures as they are: \(clean.percentages()) %"
          + (cleanEnhanced.map { "; enhanced: \($0.percentages()) %" } ?? "")),
      .note(
        "Mean error over all: \(plainError?.percentages() ?? "none") %"
          + (enhancedError.map { "; enhanced: \($0.percentages()) %" } ?? "")
          + (change.map { "; change: \($0.percentages(signed: true)) points" } ?? "")),
    ]
    if let meanCorruptionError {
      blocks.append(.note("mCE against the plain classifier: \(meanCorruptionError.decimals())"))
    }
    return blocks
  }
}
