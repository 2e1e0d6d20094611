// SPDX-License-Identifier: Apache-2.0
import Kernels
import ModelFormats
package import Network
import Platform
import Text

/// What `model info` shows of a model.
package struct ModelSummary {
  struct Layer {
    var name: String
    var operation: String
    var output: String
    /// `float32`, `int8` or `uint8`; of integers, what they stand for: (q − zeroPoint) · scale.
    var format: String
    var quantization: AffineQuantization?
    var parameters: Int
    var multiplyAccumulates: Int64
  }

  /// How a picture becomes the input: (level − mean) / deviation.
  struct Preparation {
    var height: Int
    var width: Int
    /// `RGB` or `grey`.
    var colors: String
    var mean: [Float]
    var deviation: [Float]
    /// Whether pictures are cropped in the middle; else they are stretched.
    var isCentered: Bool
  }

  /// Of a file.
  var role: String?
  var labels: [String] = []
  /// What the file says to people.
  var description: ModelDescription?
  var preprocessing: Preparation?
  var fileBytes: Int?
  /// The CPUs for which the file has packed weights.
  var packedFor: [String] = []
  let layers: [Layer]
  /// All, those of each layer added up.
  let parameters: Int
  /// Those that gradient descent changes; the others are statistics and scales.
  let trainedParameters: Int
  let weightBytes: Int
  let multiplyAccumulates: Int64
  /// Images per step, for which the arenas are planned.
  let batch: Int
  let inferenceArena: Arena
  /// Quantised models are not trained.
  let trainingArena: Arena?

  /// Bytes of an arena, and how many no arrangement could do without.
  struct Arena {
    let bytes: Int
    let lowerBound: Int

    init(_ plan: Plan) { (bytes, lowerBound) = (plan.arenaByteCount, plan.arenaLowerBound) }
  }

  package init(_ graph: Graph, batch: Int, packed: PackedWeights? = nil) {
    layers = graph.nodes.indices.map { node in
      Layer(
        name: graph.nodes[node].name, operation: graph.nodes[node].operation.name,
        output: graph.shapes[node].text, format: graph.formats[node].text,
        quantization: graph.formats[node].quantization,
        parameters: graph.parameters(of: node).reduce(0) { $0 + $1.count },
        multiplyAccumulates: graph.multiplyAccumulates(of: node))
    }
    parameters = layers.reduce(0) { $0 + $1.parameters }
    trainedParameters = graph.learntParameterCount()
    weightBytes = graph.nodes.indices.reduce(0) { sum, node in
      sum + graph.parameters(of: node).reduce(0) { $0 + $1.byteCount }
    }
    multiplyAccumulates = graph.multiplyAccumulates
    self.batch = batch
    inferenceArena = Arena(.inference(graph, batch: batch, threadCount: 1, packed: packed))
    var request = PlanRequest(batch: batch, threadCount: 1)
    request.lossNodes = [graph.output]
    let isFloat = graph.formats.allSatisfy { $0 == .float32 }
    trainingArena = isFloat ? (try? Plan(graph, request)).map { Arena($0) } : nil
  }

  /// Of a model that was read from the file at `path`.
  /// - Throws: What is wrong with the file, in one line with its path.
  package init(_ model: Model, path: String, batch: Int) throws(CommandError) {
    self.init(model.graph, batch: batch, packed: model.packedWeights)
    // Of a .tflite file without labels nobody knows what it is for.
    if model.role == .enhancer || !model.labels.isEmpty {
      role = model.role == .classifier ? "classifier" : "enhancer"
      labels = model.labels
    }
    preprocessing = Preparation(model)
    packedFor = model.packedWeights?.cpuNames ?? []
    let file: ReadableFile
    do throws(FileError) { file = try ReadableFile(path: path, access: .mapped) } catch {
      throw CommandError("\(path): \(error.problem)")
    }
    fileBytes = file.bytes.count
    guard TFLiteFile.hasIdentifier(file.bytes) else { return }
    do throws(TFLiteImportError) {
      description = try ModelDescription(readingTFLite: file.bytes)
    } catch { throw CommandError("\(path): \(error.description)") }
  }
}

extension ModelSummary.Preparation {
  /// `nil` of a model whose input is no picture.
  init?(_ model: Model) {
    let shape = model.graph.inputShape
    guard shape.channels == 3 || shape.channels == 1, shape.height > 1, shape.width > 1,
      model.preprocessing.fits(channels: shape.channels)
    else { return nil }
    (height, width) = (shape.height, shape.width)
    colors = shape.channels == 3 ? "RGB" : "grey"
    (mean, deviation) = (model.preprocessing.mean, model.preprocessing.deviation)
    isCentered = model.preprocessing.crop == .center
  }
}

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
      return [layer.operation, layer.output] + (isQuantized ? quantization : []) + [
        layer.parameters.grouped, layer.multiplyAccumulates.grouped,
      ]
    }
    let used = header.indices.reduce(0) { sum, column in
      sum + 2 + (([header] + rows).map { $0[column].columns }.max() ?? 0)
    }
    let space = max(16, min(40, Self.width - used))
    var table = TextTable(["layer"] + header)
    for (layer, row) in zip(layers, rows) { table.add([layer.name.ending(columns: space)] + row) }
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
          ? ", " : ", \(trainedParameters.grouped) of them trained; ") + size(weightBytes)
        + (fileBytes.map { " of a file of \(size($0))" } ?? ""))
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

  /// The summary as a JSON object in one line.
  package var json: String {
    var members = [JSONValue.Member]()
    func add(_ key: String, _ value: JSONValue?) {
      if let value { members.append(JSONValue.Member(key: key, value: value)) }
    }
    add("role", role.map { .string($0) })
    add("labels", role == nil ? nil : .array(labels.map { .string($0) }))
    add("metadata", description.flatMap { $0.json })
    add("preprocessing", preprocessing.map { $0.json })
    add("fileBytes", fileBytes.map { .integer($0) })
    add("packedFor", packedFor.isEmpty ? nil : .array(packedFor.map { .string($0) }))
    add("layers", .array(layers.map { $0.json }))
    add("parameters", .integer(parameters))
    add("trainedParameters", .integer(trainedParameters))
    add("weightBytes", .integer(weightBytes))
    add("multiplyAccumulates", .number(exactly: multiplyAccumulates))
    add("inferenceArenaBytes", .integer(inferenceArena.bytes))
    add("inferenceArenaLowerBound", .integer(inferenceArena.lowerBound))
    add("trainingArenaBytes", trainingArena.map { .integer($0.bytes) })
    add("trainingArenaLowerBound", trainingArena.map { .integer($0.lowerBound) })
    return JSONValue.object(members).text
  }
}

extension JSONValue {
  /// A count that may be larger than an `Int` of 32 bits.
  static func number(exactly count: Int64) -> JSONValue {
    Int(exactly: count).map { .integer($0) } ?? .number(Double(count))
  }
}

extension ModelSummary.Layer {
  fileprivate var json: JSONValue {
    var members: [JSONValue.Member] = [
      .init(key: "name", value: .string(name)), .init(key: "operation", value: .string(operation)),
      .init(key: "output", value: .string(output)), .init(key: "format", value: .string(format)),
    ]
    if let quantization {
      members += [
        .init(key: "scale", value: .single(quantization.scale)),
        .init(key: "zeroPoint", value: .integer(Int(quantization.zeroPoint))),
      ]
    }
    return .object(
      members + [
        .init(key: "parameters", value: .integer(parameters)),
        .init(key: "multiplyAccumulates", value: .number(exactly: multiplyAccumulates)),
      ])
  }
}

extension ModelSummary.Preparation {
  fileprivate var json: JSONValue {
    .object([
      .init(key: "height", value: .integer(height)), .init(key: "width", value: .integer(width)),
      .init(key: "colors", value: .string(colors)),
      .init(key: "mean", value: .array(mean.map { .single($0) })),
      .init(key: "deviation", value: .array(deviation.map { .single($0) })),
      .init(key: "crop", value: .string(isCentered ? "center" : "stretch")),
    ])
  }
}

extension ModelDescription {
  /// What is said to people; `nil` where nothing is.
  fileprivate var json: JSONValue? {
    let entries = [
      ("name", name), ("version", version), ("author", author), ("license", license),
      ("description", summary), ("provenance", provenance),
    ].filter { !$0.1.utf8.isEmpty }
    guard !entries.isEmpty else { return nil }
    return .object(entries.map { .init(key: $0.0, value: .string($0.1)) })
  }
}
