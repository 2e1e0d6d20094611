// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Datasets
import Foundation
import Interchange
import Kernels
import ModelFormats
import Network
import Ocelli
import Quantization
import SharedCommands
import Text
import Training
import Platform

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
  @Option(name: .shortAndLong, help: ArgumentHelp("The compact model.", valueName: "tflite"))
  var output: String
  @Option(help: "The type of weights and, for int8, of activations.") var type = ElementType.int8
  @Option(help: DataOptions.dataHelp) var data: String?
  @OptionGroup(title: "Data") var images: ImageOptions
  @Option(help: "How the ranges of activations are chosen.") var calibration = Method.mse
  @Option(help: ArgumentHelp("Per cent of values that --calibration percentile keeps."))
  var percentile = 99.99
  @Option(help: ArgumentHelp("Images to calibrate on.", valueName: "n"))
  var calibrationImages = 500
  @Flag(help: "Equalise the ranges of weights across layers first.") var equalize = false
  @Flag(
    inversion: .prefixedNo, help: "Correct the biases for the change of means by rounding weights.")
  var biasCorrection = true
  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp("Layers to keep in floats, by name.", valueName: "name"))
  var keepFloat: [String] = []
  @Option(
    help: ArgumentHelp(
      "Keep this many more layers in floats: those that gain most from it.", valueName: "n"))
  var floatLayers = 0
  @Option(help: ArgumentHelp("Write the per-layer report as JSON.", valueName: "file"))
  var report: String?
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
    let parts = try data.map { try images.load($0) }
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
    costs.accuracyBefore = try Evaluator(original, pool, batch: batch)
      .predictions(for: images).accuracy
    costs.accuracyAfter = try Evaluator(compact, pool, batch: batch)
      .predictions(for: images).accuracy
  }

  private func fileSize(_ path: String) throws -> Int {
    let attributes = try FileManager.default.attributesOfItem(atPath: path)
    return (attributes[.size] as? Int) ?? 0
  }
}
