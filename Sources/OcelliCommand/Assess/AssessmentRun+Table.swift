// SPDX-License-Identifier: Apache-2.0
import Experiments
import Foundation
import Text

extension AssessmentRun {
  /// What a section found, for people.
  func table(_ section: AssessmentSection) -> String {
    let text: String? =
      switch section {
      case .accuracy: assessment.accuracy?.table
      case .calibration: assessment.calibration?.table
      case .faithfulness: assessment.faithfulness?.table
      case .sanity: assessment.sanity?.table
      case .attention: assessment.attention?.map(\.table).joined(separator: "\n\n")
      case .background: assessment.background?.table
      case .perturbation: assessment.perturbation?.table
      case .adversarial: assessment.adversarial?.table
      case .transfer: assessment.transfer?.table
      case .corruption: assessment.corruption?.table
      }
    return text ?? ""
  }
}

extension IntervalEstimate {
  /// As percentages: `81.5 (80.1 to 82.9)`; with signs where it is a difference.
  func percentages(signed: Bool = false) -> String {
    let format = signed ? "%+.1f (%+.1f to %+.1f)" : "%.1f (%.1f to %.1f)"
    return String(format: format, value * 100, lower * 100, upper * 100)
  }

  /// As they are, to three decimals.
  func decimals(signed: Bool = false) -> String {
    let format = signed ? "%+.3f (%+.3f to %+.3f)" : "%.3f (%.3f to %.3f)"
    return String(format: format, value, lower, upper)
  }
}

extension PairedGain {
  /// The gain, fixed, broken and p, as cells.
  var cells: [String] {
    [difference.percentages(signed: true), "\(fixed)", "\(broken)", pText(pValue)]
  }

  static let headings = ["gain (95 %)", "fixed", "broken", "p"]
}
