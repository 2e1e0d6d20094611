// SPDX-License-Identifier: Apache-2.0
import Foundation
import Text

/// Figures as tables and reports write them; nothing for what was not measured.
extension ExperimentResults.VariantSummary {
  public var name: String { id == "enhanced" ? id : "\(id) \(title)" }
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
  public func cpuSeconds(row: String, variant: String) -> Double? {
    let seconds = variants.filter { $0.row == row && $0.id == variant }.map(\.cpuSeconds)
    return seconds.isEmpty ? nil : seconds.reduce(0, +) / Double(seconds.count)
  }
}
