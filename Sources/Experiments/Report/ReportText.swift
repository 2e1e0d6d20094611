// SPDX-License-Identifier: Apache-2.0
import Foundation

/// Figures as a report writes them.
enum ReportText {
  static func percent(_ share: Double) -> String { String(format: "%.1f %%", 100 * share) }

  static func spread(_ spread: ExperimentResults.Spread?) -> String {
    guard let spread else { return "" }
    guard let deviation = spread.deviation else { return percent(spread.mean) }
    return String(format: "%.1f ± %.1f %%", 100 * spread.mean, 100 * deviation)
  }

  static func gain(_ variant: ExperimentResults.VariantSummary) -> String {
    guard let gain = variant.gain, let lower = variant.lower, let upper = variant.upper else {
      return ""
    }
    return String(format: "%+.1f (%+.1f to %+.1f)", 100 * gain.mean, 100 * lower, 100 * upper)
  }

  static func count(_ value: Double?) -> String {
    value.map { $0 == $0.rounded() ? "\(Int($0))" : String(format: "%.1f", $0) } ?? ""
  }

  static func p(_ value: Double?) -> String {
    value.map { $0 < 0.001 ? "< 0.001" : String(format: "%.3f", $0) } ?? ""
  }

  /// What a row's interval allows to say.
  static func verdict(
    of row: ExperimentResults.Row, _ variant: ExperimentResults.VariantSummary
  ) -> String {
    let start = "Row \(row.name): "
    if row.isContaminated { return start + "contaminated; its figures say nothing." }
    guard let lower = variant.lower, let upper = variant.upper else {
      return start + "nothing was compared."
    }
    let interval = String(format: "%+.1f to %+.1f points", 100 * lower, 100 * upper)
    let rivals = row.summary.filter {
      $0.id.hasPrefix("C") && $0.against != nil
        && ($0.gain?.mean ?? -1) >= (variant.gain?.mean ?? 0)
    }
    let reached =
      rivals.isEmpty || lower <= 0
      ? "" : "; reached without it by \(rivals.map(\.id).joined(separator: ", "))"
    if lower > 0 { return start + "the enhancer helps by \(interval)\(reached)." }
    if upper < 0 { return start + "the enhancer does harm: \(interval)." }
    return start + "no difference was shown: \(interval)."
  }
}
