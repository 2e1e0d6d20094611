// SPDX-License-Identifier: Apache-2.0
import Foundation

extension ModelSummary {
  private static let width = 100
  private static let labelCount = 8

  /// A table of the layers, and below it what holds for the whole model.
  func text(batch: Int) -> String {
    ([table, ""] + descriptionLines + memoryLines(batch: batch)).joined(separator: "\n")
  }

  /// The layers in at most 100 columns: names give way, at their beginnings.
  private var table: String {
    let isQuantized = layers.contains { $0.scale != nil }
    let header =
      ["operation", "output"] + (isQuantized ? ["scale", "zero"] : []) + ["parameters", "MACs"]
    let rows = layers.map { layer in
      let quantization = [
        layer.scale.map { String(format: "%.6g", $0) } ?? layer.format,
        layer.zeroPoint.map { "\($0)" } ?? "",
      ]
      return [layer.operation, layer.output] + (isQuantized ? quantization : [])
        + [layer.parameters.formatted(), layer.multiplyAccumulates.formatted()]
    }
    let used = header.indices.reduce(0) { sum, column in
      sum + 2 + (([header] + rows).map { $0[column].count }.max() ?? 0)
    }
    let space = max(16, min(40, Self.width - used))
    var table = TextTable(["layer"] + header)
    for (layer, row) in zip(layers, rows) {
      let isLong = layer.name.count > space
      table.add([isLong ? "…" + layer.name.suffix(space - 1) : layer.name] + row)
    }
    return "\(table)"
  }

  private var descriptionLines: [String] {
    var lines: [String] = []
    if let metadata {
      let name = [metadata.name, metadata.version].compactMap { $0 }.joined(separator: ", ")
      lines += entry("name", name)
      lines += entry("about", metadata.description)
      lines += entry("author", metadata.author)
      lines += entry("license", metadata.license)
      lines += entry("made", metadata.provenance)
    }
    lines += entry("role", role)
    if let labels, !labels.isEmpty {
      let rest = labels.count - Self.labelCount
      let first = labels.prefix(Self.labelCount).joined(separator: ", ")
      lines += entry("classes", "\(labels.count): \(first)" + (rest > 0 ? " and \(rest) more" : ""))
    }
    if let preprocessing {
      let whole = preprocessing.crop == "center" ? "cropped in the middle" : "stretched"
      lines += entry(
        "pictures",
        "\(preprocessing.height)×\(preprocessing.width), \(preprocessing.colors), \(whole); "
          + "(level − \(list(preprocessing.mean))) / \(list(preprocessing.deviation))")
    }
    return lines
  }

  private func memoryLines(batch: Int) -> [String] {
    var lines = entry(
      "parameters",
      parameters.formatted()
        + (trainedParameters == parameters
          ? ", " : ", \(trainedParameters.formatted()) of them trained; ")
        + size(weightBytes) + (fileBytes.map { " of a file of \(size($0))" } ?? ""))
    lines += entry("packed for", packedFor?.joined(separator: ", "))
    lines += entry("work", "\(multiplyAccumulates.formatted()) multiply-accumulates an image")
    let images = "in steps of \(batch) \(batch == 1 ? "image" : "images")"
    if let trainingArenaBytes, let trainingArenaLowerBound {
      lines += entry(
        "arena",
        "\(size(inferenceArenaBytes)) for inference, \(size(trainingArenaBytes)) for training, "
          + images)
      lines += entry(
        "",
        "(not less than \(size(inferenceArenaLowerBound)) and \(size(trainingArenaLowerBound)) "
          + "in any arrangement)")
    } else {
      lines += entry("arena", "\(size(inferenceArenaBytes)), \(images)")
      lines += entry("", "(not less than \(size(inferenceArenaLowerBound)) in any arrangement)")
    }
    return lines
  }

  /// A name, and beside it a text that is broken between words.
  private func entry(_ name: String, _ text: String?) -> [String] {
    guard let text, !text.isEmpty else { return [] }
    var lines = [""]
    for word in text.split(whereSeparator: { $0.isWhitespace }) {
      if lines[lines.count - 1].isEmpty {
        lines[lines.count - 1] = String(word)
      } else if lines[lines.count - 1].count + 1 + word.count <= Self.width - 12 {
        lines[lines.count - 1] += " " + word
      } else {
        lines.append(String(word))
      }
    }
    return lines.enumerated().map { index, line in
      (index == 0 ? name : "").padding(toLength: 12, withPad: " ", startingAt: 0) + line
    }
  }

  /// One number, or one a channel in brackets.
  private func list(_ numbers: [Float]) -> String {
    let texts = numbers.map { String(format: "%g", $0) }
    return texts.count == 1 ? texts[0] : "[\(texts.joined(separator: ", "))]"
  }

  private func size(_ bytes: Int) -> String {
    bytes < 1_000_000
      ? String(format: "%.1f kB", Double(bytes) / 1e3)
      : String(format: "%.2f MB", Double(bytes) / 1e6)
  }
}
