// SPDX-License-Identifier: Apache-2.0
package import Text

/// A table, or a line of text below it, for a terminal or a page.
package enum FigureBlock {
  case table(TextTable)
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

  /// For a page.
  package func html(label: String) -> [HTML] {
    map { block in
      switch block {
      case .table(let table): Self.html(table, label)
      case .note(let note): .element("p", ["class": "note"], note)
      }
    }
  }

  private static func html(_ table: TextTable, _ label: String) -> HTML {
    let head = HTML.element(
      "tr", [:], (table.rows.first ?? []).map { .element("th", ["scope": "col"], $0) })
    let body = table.rows.dropFirst().map { row in
      HTML.element("tr", [:], row.map { .element("td", [:], $0) })
    }
    let parts = [HTML.element("thead", [:], [head]), .element("tbody", [:], body)]
    return HTML.scrolling(.element("table", [:], parts), label: label)
  }
}
