// SPDX-License-Identifier: Apache-2.0

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
