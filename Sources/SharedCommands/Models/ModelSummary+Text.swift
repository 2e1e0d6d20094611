// SPDX-License-Identifier: Apache-2.0
import Kernels
import ModelFormats
import Text

extension ModelSummary {
  private static let width = 100
  private static let labelCount = 8

  /// A table of the layers, and below it what holds for the whole model.
  package var text: String {
    ([table, ""] + descriptionLines + memoryLines).joined(separator: "\n")
  }

  /// The layers in at most 100 columns: names give way, at their beginnings.
  private var table: String {
    let isQuantized = layers.contains { $0.quantization != nil }
    let header =
      ["operation", "output"] + (isQuantized ? ["scale", "zero"] : []) + ["parameters", "MACs"]
    let rows = layers.map { layer in
      let quantization = [
        layer.quantization.map { Double($0.scale).text(significantDigits: 6) } ?? layer.format,
        layer.quantization.map { String($0.zeroPoint) } ?? "",
      ]
      return [layer.operation, layer.output] + (isQuantized ? quantization : [])
        + [layer.parameters.grouped, layer.multiplyAccumulates.grouped]
    }
    let used = header.indices.reduce(0) { sum, column in
      sum + 2 + (([header] + rows).map { $0[column].columns }.max() ?? 0)
    }
    let space = max(16, min(40, Self.width - used))
    var table = TextTable(["layer"] + header)
    for (layer, row) in zip(layers, rows) {
      table.add([layer.name.ending(columns: space)] + row)
    }
    return "\(table)"
  }

  private var descriptionLines: [String] {
    var lines: [String] = []
    if let description {
      let name = [description.name, description.version].filter { !$0.utf8.isEmpty }
      lines += entry("name", name.joined(separator: ", "))
      lines += entry("about", description.summary)
      lines += entry("author", description.author)
      lines += entry("license", description.license)
      lines += entry("made", description.provenance)
    }
    lines += entry("role", role)
    if !labels.isEmpty {
      let rest = labels.count - Self.labelCount
      let first = labels.prefix(Self.labelCount).joined(separator: ", ")
      lines += entry("classes", "\(labels.count): \(first)" + (rest > 0 ? " and \(rest) more" : ""))
    }
    if let preprocessing {
      let whole = preprocessing.isCentered ? "cropped in the middle" : "stretched"
      lines += entry(
        "pictures",
        "\(preprocessing.height)×\(preprocessing.width), \(preprocessing.colors), \(whole); "
          + "(level − \(list(preprocessing.mean))) / \(list(preprocessing.deviation))")
    }
    return lines
  }

  private var memoryLines: [String] {
    var lines = entry(
      "parameters",
      parameters.grouped
        + (trainedParameters == parameters
          ? ", " : ", \(trainedParameters.grouped) of them trained; ")
        + size(weightBytes) + (fileBytes.map { " of a file of \(size($0))" } ?? ""))
    lines += entry("packed for", packedFor.joined(separator: ", "))
    lines += entry("work", "\(multiplyAccumulates.grouped) multiply-accumulates an image")
    let images = "in steps of \(batch) \(batch == 1 ? "image" : "images")"
    guard let trainingArena else {
      lines += entry("arena", "\(size(inferenceArena.bytes)), \(images)")
      lines += entry("", "(not less than \(size(inferenceArena.lowerBound)) in any arrangement)")
      return lines
    }
    lines += entry(
      "arena",
      "\(size(inferenceArena.bytes)) for inference, \(size(trainingArena.bytes)) for training, "
        + images)
    lines += entry(
      "",
      "(not less than \(size(inferenceArena.lowerBound)) and \(size(trainingArena.lowerBound)) "
        + "in any arrangement)")
    return lines
  }

  /// A name, and beside it a text that is broken between words.
  private func entry(_ name: String, _ text: String?) -> [String] {
    text.map { HelpText.entry(name, $0, indent: 12, width: Self.width) } ?? []
  }

  /// One number, or one a channel in brackets.
  private func list(_ numbers: [Float]) -> String {
    let texts = numbers.map { Double($0).text(significantDigits: 6) }
    return texts.count == 1 ? texts[0] : "[\(texts.joined(separator: ", "))]"
  }

  private func size(_ bytes: Int) -> String {
    bytes < 1_000_000
      ? (Double(bytes) / 1e3).text(digits: 1) + " kB"
      : (Double(bytes) / 1e6).text(digits: 2) + " MB"
  }
}
