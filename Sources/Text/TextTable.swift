// SPDX-License-Identifier: Apache-2.0

/// Rows of text in columns: the first is aligned to the left, the others to the right.
package struct TextTable: CustomStringConvertible {
  /// The header first.
  package private(set) var rows: [[String]]

  package init(_ header: [String]) { rows = [header] }

  package mutating func add(_ row: [String]) { rows.append(row) }

  package var description: String {
    let widths = rows[0].indices.map { column in rows.map { $0[column].columns }.max() ?? 0 }
    let lines = rows.map { row in
      row.indices.map { column in
        let padding = String(repeating: " ", count: widths[column] - row[column].columns)
        return column == 0 ? row[column] + padding : padding + row[column]
      }.joined(separator: "  ")
    }
    let rule = String(repeating: "─", count: lines[0].columns)
    return ([lines[0], rule] + lines.dropFirst()).joined(separator: "\n")
  }
}

extension String {
  /// Whether both have the same bytes. Embedded Swift's `==` needs tables of Unicode, 50 KB of
  /// them.
  package func isSame(_ other: String) -> Bool { utf8.elementsEqual(other.utf8) }

  /// The columns of a terminal that the text takes: one a scalar, which is so for all that is
  /// printed here.
  package var columns: Int { unicodeScalars.count }

  /// The text, or its end behind a mark that something is left out.
  package func ending(columns: Int) -> String {
    guard self.columns > columns else { return self }
    var end = String.UnicodeScalarView("…".unicodeScalars)
    end.append(contentsOf: unicodeScalars.suffix(columns - 1))
    return String(end)
  }
}
