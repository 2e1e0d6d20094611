// SPDX-License-Identifier: Apache-2.0

extension DatasetInfo {
  /// The text that people read: facts, then a line for each class.
  public var table: String {
    var rows: [(String, String)] = [
      ("data set", name),
      ("images", "\(imageCount) of \(width)x\(height) pixels in \(classes.count) classes"),
      ("mean", mean.map(Self.decimal).joined(separator: " ") + "  (red, green, blue)"),
      ("deviation", standardDeviation.map(Self.decimal).joined(separator: " ")),
      ("hash", hash),
      ("copies", Self.summary(duplicates, of: "equal images")),
      ("look-alikes", Self.summary(nearDuplicates, of: "images that look alike")),
    ]
    let largest = classes.map(\.count).max() ?? 0
    for entry in classes {
      let bar = largest == 0 ? 0 : 30 * entry.count / largest
      let count = String(entry.count)
      rows.append(
        (
          entry.name,
          String(repeating: " ", count: max(0, 7 - count.count)) + count + " "
            + String(repeating: "█", count: bar)
        ))
    }
    let width = rows.map(\.0.count).max() ?? 0
    return rows.map { name, value in
      name + String(repeating: " ", count: width - name.count + 2) + value + "\n"
    }.joined()
  }

  private static func summary(_ groups: [[String]], of what: String) -> String {
    guard let first = groups.first else { return "none" }
    let example = first.prefix(3).joined(separator: ", ")
    return "\(groups.count) groups of \(what), such as \(example)"
  }

  /// Four decimals, as means of data sets are usually quoted.
  private static func decimal(_ value: Double) -> String {
    let scaled = String(Int((value * 10_000).rounded()))
    let digits = String(repeating: "0", count: max(0, 5 - scaled.count)) + scaled
    return digits.dropLast(4) + "." + digits.suffix(4)
  }
}
