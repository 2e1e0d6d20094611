// SPDX-License-Identifier: Apache-2.0
import Foundation

extension PairedGain {
  /// The gain, fixed, broken and p, as cells.
  package var cells: [String] {
    [difference.percentages(signed: true), "\(fixed)", "\(broken)", pText(pValue)]
  }

  package static let headings = ["gain (95 %)", "fixed", "broken", "p"]
}

/// A p-value in few characters; nothing for none.
package func pText(_ p: Double?) -> String {
  guard let p else { return "" }
  return p < 1e-99 ? "< 1e-99" : p < 1e-4 ? String(format: "%.0e", p) : String(format: "%.4f", p)
}
