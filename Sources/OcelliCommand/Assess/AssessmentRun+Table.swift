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

extension PairedGain {
  /// The gain, fixed, broken and p, as cells.
  var cells: [String] {
    [difference.percentages(signed: true), "\(fixed)", "\(broken)", pText(pValue)]
  }

  static let headings = ["gain (95 %)", "fixed", "broken", "p"]
}
