// SPDX-License-Identifier: Apache-2.0
package import Text

/// A piece of what figures are shown as, in a terminal or on a page.
package enum FigureBlock {
  case table(TextTable)
  /// A line below a table.
  case note(String)
}

extension [FigureBlock] {
  /// For a terminal.
  package var text: String {
    enumerated().map { index, block in
      switch block {
      case .table(let table): (index == 0 ? "" : "\n") + table.description
      case .note(let note): note
      }
    }.joined(separator: "\n")
  }
}
