// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Foundation
import Interchange
import Kernels
import Network
import Ocelli
import Training

struct ModelCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "model", abstract: "Look into models.",
    discussion: "  ocelli model info classifier/best.safetensors", subcommands: [ModelInfo.self])
}

struct ModelInfo: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "info", abstract: "Show a model's layers, parameters, work and memory.",
    usage: "ocelli model info [<file>] [<options>]",
    discussion: """
      Either of a file, or of an architecture that has not been trained:

        ocelli model info classifier/best.safetensors
        ocelli model info --architecture vgg16 --size 96 --classes 10
        ocelli model info --enhancer unet --enhancer-width 64 --size 96
      """)

  @Argument(help: "A model file.") var file: String?

  @OptionGroup(title: "Architecture") var options: ClassifierOptions
  @Option(help: ArgumentHelp("Show an enhancer instead: unet or own(4-4).", valueName: "name"))
  var enhancer: String?
  @Option(help: ArgumentHelp("Its channels at full resolution.", valueName: "n"))
  var enhancerWidth = 16
  @Option(help: ArgumentHelp("Levels of a U-Net.", valueName: "n")) var enhancerDepth = 3
  @Option(help: ArgumentHelp("Images of n × n pixels.", valueName: "n")) var size = 32
  @Option(help: ArgumentHelp("Classes.", valueName: "n")) var classes = 10
  @Option(help: ArgumentHelp("Images a step, for the memory figures.", valueName: "n"))
  var batch = 1
  @Flag(help: "Print JSON.") var json = false

  func validate() throws {
    if file != nil && (enhancer != nil || options.architecture != nil) {
      throw ValidationError("give a file or an architecture, not both")
    }
    for (name, value, range) in [
      ("size", size, 1...4096), ("classes", classes, 1...100_000), ("batch", batch, 1...65536),
      ("enhancer-width", enhancerWidth, 1...512), ("enhancer-depth", enhancerDepth, 1...6),
    ] {
      try checkRange(name, value, range)
    }
  }

  func run() throws {
    let model = try file.map { try Model(contentsOf: $0) }
    let graph = try model?.graph ?? graph()
    let inference = Plan(graph, PlanRequest(batch: batch, threadCount: 1))
    var request = PlanRequest(batch: batch, threadCount: 1)
    request.lossNodes = [graph.output]
    let isFloat = graph.formats.allSatisfy { $0 == .float32 }
    var summary = Summary(graph, inference, isFloat ? Plan(graph, request) : nil)
    // Of a .tflite file without labels nobody knows what it is for.
    if let model, model.role == .enhancer || !model.labels.isEmpty {
      summary.role = model.role == .classifier ? "classifier" : "enhancer"
      summary.labels = model.labels
    }
    print(json ? try summary.json() : summary.table(batch: batch))
  }

  private func graph() throws -> Graph {
    if let enhancer {
      var options = EnhancerOptions()
      options.architecture = enhancer
      options.width = enhancerWidth
      options.depth = enhancerDepth
      options.head = "sigmoid"
      options.upsampling = .transposed
      return try options.graph(height: size, width: size)
    }
    return try options.graph(height: size, width: size, classCount: classes)
  }

  private struct Summary: Encodable {
    struct Layer: Encodable {
      var name: String
      var operation: String
      var output: String
      /// `float32`, `int8` or `uint8`; of integers, what they stand for: (q − zeroPoint) · scale.
      var format: String
      var scale: Float?
      var zeroPoint: Int32?
      var parameters: Int
      var multiplyAccumulates: Int64
    }
    /// Of a file.
    var role: String?
    var labels: [String]?
    var layers: [Layer]
    var parameters: Int
    var weightBytes: Int
    var multiplyAccumulates: Int64
    var inferenceArenaBytes: Int
    var inferenceArenaLowerBound: Int
    /// Quantised models are not trained.
    var trainingArenaBytes: Int?
    var trainingArenaLowerBound: Int?

    init(_ graph: Graph, _ inference: Plan, _ training: Plan?) {
      layers = graph.nodes.indices.map { node in
        let quantization = graph.formats[node].quantization
        return Layer(
          name: graph.nodes[node].name, operation: graph.nodes[node].operation.name,
          output: graph.shapes[node].text, format: graph.formats[node].text,
          scale: quantization?.scale, zeroPoint: quantization?.zeroPoint,
          parameters: graph.parameters(of: node).reduce(0) { $0 + $1.count },
          multiplyAccumulates: graph.multiplyAccumulates(of: node))
      }
      parameters = graph.learntParameterCount
      weightBytes = graph.nodes.indices.reduce(0) { sum, node in
        sum + graph.parameters(of: node).reduce(0) { $0 + $1.byteCount }
      }
      multiplyAccumulates = graph.multiplyAccumulates
      inferenceArenaBytes = inference.arenaByteCount
      inferenceArenaLowerBound = inference.arenaLowerBound
      trainingArenaBytes = training?.arenaByteCount
      trainingArenaLowerBound = training?.arenaLowerBound
    }

    func table(batch: Int) -> String {
      let isQuantized = layers.contains { $0.scale != nil }
      var table = TextTable(
        ["layer", "operation", "output"] + (isQuantized ? ["scale", "zero"] : [])
          + ["parameters", "MACs"])
      for layer in layers {
        let numbers = [layer.parameters.formatted(), layer.multiplyAccumulates.formatted()]
        let quantization = [
          layer.scale.map { String(format: "%.6g", $0) } ?? layer.format,
          layer.zeroPoint.map { "\($0)" } ?? "",
        ]
        table.add(
          [String(layer.name.suffix(40)), layer.operation, layer.output]
            + (isQuantized ? quantization : []) + numbers)
      }
      var lines = ["\(table)", ""]
      if let role { lines.append("role        \(role)") }
      if let labels, !labels.isEmpty {
        lines.append("classes     \(labels.joined(separator: ", "))")
      }
      lines += [
        "parameters  \(parameters.formatted()), \(megabytes(weightBytes)) MB",
        "work        \(multiplyAccumulates.formatted()) multiply-accumulates an image",
      ]
      let images = "in steps of \(batch) \(batch == 1 ? "image" : "images")"
      if let trainingArenaBytes, let trainingArenaLowerBound {
        lines += [
          "arena       \(megabytes(inferenceArenaBytes)) MB for inference, "
            + "\(megabytes(trainingArenaBytes)) MB for training, \(images)",
          "            (not less than \(megabytes(inferenceArenaLowerBound)) MB and "
            + "\(megabytes(trainingArenaLowerBound)) MB in any arrangement)",
        ]
      } else {
        lines += [
          "arena       \(megabytes(inferenceArenaBytes)) MB, \(images)",
          "            (not less than \(megabytes(inferenceArenaLowerBound)) MB "
            + "in any arrangement)",
        ]
      }
      return lines.joined(separator: "\n")
    }

    private func megabytes(_ bytes: Int) -> String { String(format: "%.2f", Double(bytes) / 1e6) }

    func json() throws -> String {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
      return String(decoding: try encoder.encode(self), as: UTF8.self)
    }
  }
}
