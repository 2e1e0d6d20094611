// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Datasets
import Foundation
import Interchange
import Kernels
import ModelFormats
import Network
import Ocelli
import Platform
import Quantization
import SharedCommands
import Text
import Training

struct QuantizeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "quantize", abstract: "Make a compact .tflite model from a trained one.",
    discussion: """
      In int8, activations get ranges from images of the training part, and the test part shows \
      what it cost; a model of quantisation-aware training has its ranges already. In float16 or \
      float32 no images are needed; with --data they measure.

        ocelli quantize best.safetensors --data scenes --output model.tflite
        ocelli quantize best.safetensors --type float16 --output half.tflite
      """)

  enum ElementType: String, CaseIterable, ExpressibleByArgument { case int8, float16, float32 }
  enum Method: String, CaseIterable, ExpressibleByArgument { case minmax, percentile, mse, entropy }

  @Argument(help: "A float model, .safetensors or .tflite.") var model: String
  @Option(name: .shortAndLong, help: .value("tflite", "The compact model.")) var output: String
  @Option(help: "The type of weights and, for int8, of activations.") var type = ElementType.int8
  @Option(help: DataOptions.dataHelp) var data: String?
  @OptionGroup(title: "Data") var images: ImageOptions
  @Option(help: "How the ranges of activations are chosen.") var calibration = Method.mse
  @Option(help: ArgumentHelp("Per cent of values that --calibration percentile keeps."))
  var percentile = 99.99
  @Option(help: .value("n", "Images to calibrate on.")) var calibrationImages = 500
  @Flag(help: "Equalise the ranges of weights across layers first.") var equalize = false
  @Flag(
    inversion: .prefixedNo, help: "Correct the biases for the change of means by rounding weights.")
  var biasCorrection = true
  @Option(parsing: .upToNextOption, help: .value("name", "Layers to keep in floats, by name."))
  var keepFloat: [String] = []
  @Option(help: .value("n", "Keep this many more layers in floats: those that gain most from it."))
  var floatLayers = 0
  @Option(help: .value("file", "Write the per-layer report as JSON.")) var report: String?
  @OptionGroup(title: "Preprocessing of the model") var preprocessing: PreprocessingOptions
  @Flag(help: "Print JSON.") var json = false
  @OptionGroup var threads: ThreadOptions

  func validate() throws {
    try checkRange("calibration-images", calibrationImages, 1...1_000_000)
    try checkRange("float-layers", floatLayers, 0...1000)
    try checkRange("percentile", percentile, 50...100)
  }

  private var method: CalibrationMethod {
    switch calibration {
    case .minmax: .minMax
    case .percentile: .percentile(percentile)
    case .mse: .meanSquaredError
    case .entropy: .entropy
    }
  }

  func run() throws {
    let pool = try threads.pool()
    var file = try Model(contentsOf: model)
    try preprocessing.choice().apply(to: &file, model)
    guard let original = try file.withFloatEnds() else {
      throw CommandError("\(model): no memory for the parameters")
    }
    if type == .int8 && data == nil && !original.isFakeQuantized {
      throw ValidationError("--type int8 needs --data: images to calibrate on")
    }
    let parts = try data.map { try images.load($0, threads) }
    if let parts, let data {
      try original.check(
        parts.test, from: data, path: model, needsLabels: original.role == .classifier)
    }
    let result: IntegerQuantization.Result
    do throws(QuantizationError) { result = try compact(original, parts?.training, pool) } catch {
      throw CommandError("\(model): \(error.message)")
    }
    let bytes: [UInt8]
    do throws(TFLiteExportError) {
      let export = try TFLiteExport(result.model, weights: type == .float16 ? .float16 : .float32)
      bytes = export.serialized(describedBy: description(of: original))
    } catch { throw CommandError("\(model): \(error)") }
    try AtomicFile.write(bytes, to: output)
    var costs = QuantizationReport(result: result)
    costs.bytesBefore = try fileSize(model)
    costs.bytesAfter = bytes.count
    if let parts { try measure(&costs, original, parts.test, pool) }
    if let report { try AtomicFile.write(Array(try costs.json().utf8), to: report) }
    for warning in result.warnings { StatusLine().note("warning: \(warning.message)") }
    print(json ? try costs.json() : costs.text(output: output))
  }

  /// What the file says about the model.
  private func description(of original: Model) -> ModelDescription {
    var description = ModelDescription(original)
    description.name = URL(filePath: output).deletingPathExtension().lastPathComponent
    let settings = original.isFakeQuantized ? "int8, quantisation-aware training" : settings
    description.provenance = "Made by ocelli \(Build.version): \(settings)."
    return description
  }

  private var settings: String {
    guard type == .int8 else { return "\(type.rawValue) weights" }
    return "\(type.rawValue), calibrated by \(calibration.rawValue) on \(calibrationImages) images"
  }

  private func compact(
    _ original: Model, _ images: Dataset?, _ pool: ThreadPool
  ) throws(QuantizationError) -> IntegerQuantization.Result {
    guard type == .int8 else { return .init(try original.lowered(forIntegers: false)) }
    guard let images, !original.isFakeQuantized else { return .init(try original.converted()) }
    var quantization = IntegerQuantization()
    quantization.method = method
    quantization.imageCount = calibrationImages
    quantization.equalizesLayers = equalize
    quantization.correctsBias = biasCorrection
    quantization.floatLayers = keepFloat
    quantization.floatLayerCount = floatLayers
    return try quantization.quantized(original, on: images, pool)
  }

  /// Accuracies of a classifier; of an enhancer, how near the images are.
  private func measure(
    _ costs: inout QuantizationReport, _ original: Model, _ images: Dataset, _ pool: ThreadPool
  ) throws {
    guard let compact = try Model(contentsOf: output).withFloatEnds() else {
      throw CommandError("\(output): no memory for the parameters")
    }
    let batch = min(64, images.count)
    guard original.role == .classifier else {
      costs.imageDistance = try Evaluator.peakSignalToNoise(
        of: compact, against: original, on: images, pool)
      return
    }
    costs.accuracyBefore = try Evaluator(original, pool, batch: batch).predictions(for: images)
      .accuracy
    costs.accuracyAfter = try Evaluator(compact, pool, batch: batch).predictions(for: images)
      .accuracy
  }

  private func fileSize(_ path: String) throws -> Int {
    let attributes = try FileManager.default.attributesOfItem(atPath: path)
    return (attributes[.size] as? Int) ?? 0
  }
}

/// What quantising a model brought and what it cost.
struct QuantizationReport {
  let result: IntegerQuantization.Result
  var bytesBefore = 0
  var bytesAfter = 0
  var accuracyBefore: Double?
  var accuracyAfter: Double?
  /// Of an enhancer's images, in decibels.
  var imageDistance: Double?

  private struct Document: Encodable {
    struct Layer: Encodable {
      var name: String
      var operation: String
      var scale: Float?
      var zeroPoint: Int32?
      var minimum: Float
      var maximum: Float
      var saturation: Double
      /// `nil` where there is no noise.
      var signalToNoise: Double?
    }
    var bytesBefore: Int
    var bytesAfter: Int
    var accuracyBefore: Double?
    var accuracyAfter: Double?
    var imageDistance: Double?
    var warnings: [String]
    var layers: [Layer]
  }

  func json() throws -> String {
    let document = Document(
      bytesBefore: bytesBefore, bytesAfter: bytesAfter, accuracyBefore: accuracyBefore,
      accuracyAfter: accuracyAfter, imageDistance: imageDistance.flatMap { $0.isFinite ? $0 : nil },
      warnings: result.warnings.map(\.message),
      layers: result.layers.map {
        Document.Layer(
          name: $0.name, operation: $0.operation, scale: $0.quantization?.scale,
          zeroPoint: $0.quantization?.zeroPoint, minimum: $0.observed.lowerBound,
          maximum: $0.observed.upperBound, saturation: $0.saturation,
          signalToNoise: $0.signalToNoise.isFinite ? $0.signalToNoise : nil)
      })
    return try document.json()
  }

  func text(output: String) -> String {
    var lines: [String] = []
    if !result.layers.isEmpty {
      var table = TextTable([
        "layer", "kind", "least", "greatest", "step", "zero", "cut off", "SQNR",
      ])
      for layer in result.layers {
        table.add([
          String(layer.name.suffix(40)), layer.operation,
          String(format: "%.4g", layer.observed.lowerBound),
          String(format: "%.4g", layer.observed.upperBound),
          layer.quantization.map { String(format: "%.4g", $0.scale) } ?? "float",
          layer.quantization.map { "\($0.zeroPoint)" } ?? "",
          String(format: "%.3f %%", layer.saturation * 100),
          layer.signalToNoise.isFinite ? String(format: "%.1f dB", layer.signalToNoise) : "exact",
        ])
      }
      lines += ["\(table)", ""]
    }
    let change = bytesBefore > 0 ? Double(bytesAfter) / Double(bytesBefore) * 100 : 0
    lines.append(
      "\(output): \(bytesAfter) bytes, \(String(format: "%.0f", change)) % of \(bytesBefore)")
    if let accuracyBefore, let accuracyAfter {
      lines.append(
        String(
          format: "test accuracy %.2f %% before, %.2f %% after", accuracyBefore * 100,
          accuracyAfter * 100))
    }
    if let imageDistance {
      lines.append(String(format: "images are within %.1f dB (PSNR) of the model's", imageDistance))
    }
    return lines.joined(separator: "\n")
  }
}
