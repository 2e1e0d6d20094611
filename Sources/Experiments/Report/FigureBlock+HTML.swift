// SPDX-License-Identifier: Apache-2.0
import Text

extension [FigureBlock] {
  /// For a page.
  func html(label: String) -> [HTML] {
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
    return Report.scrolling(.element("table", [:], parts), label: label)
  }
}
