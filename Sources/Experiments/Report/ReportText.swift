// SPDX-License-Identifier: Apache-2.0
import Foundation

/// Figures as a report writes them.
enum ReportText {
  /// What a row's interval allows to say.
  static func verdict(
    of row: ExperimentResults.Row, _ variant: ExperimentResults.VariantSummary
  ) -> String {
    let start = "Row \(row.name): "
    if row.isContaminated { return start + "contaminated; its figures say nothing." }
    guard let gain = variant.gainEstimate else { return start + "nothing was compared." }
    let interval = String(format: "%+.1f to %+.1f points", 100 * gain.lower, 100 * gain.upper)
    let rivals = row.summary.filter {
      Control(rawValue: $0.id)?.needsNoEnhancer == true
        && ($0.gainEstimate?.value ?? -1) >= gain.value
    }
    let reached =
      rivals.isEmpty || gain.lower <= 0
      ? "" : "; reached without it by \(rivals.map(\.id).joined(separator: ", "))"
    if gain.lower > 0 { return start + "the enhancer helps by \(interval)\(reached)." }
    if gain.upper < 0 { return start + "the enhancer does harm: \(interval)." }
    return start + "no difference was shown: \(interval)."
  }
}
