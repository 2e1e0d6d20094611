// SPDX-License-Identifier: Apache-2.0
import Kernels
import Network
import Quantization
import TestSupport
import Testing

struct CalibrationTests {
  /// Layers whose outputs have outliers: one pixel of 800 images is far too bright.
  private func outliers() throws -> (model: Model, images: [[Float]]) {
    var graph = Graph()
    let image = try graph.input(height: 32, width: 32, channels: 3)
    let first = try graph.convolution("first", image, channels: 8, kernel: 1, activation: .relu)
    _ = try graph.convolution("second", first, channels: 4, kernel: 1)
    let parameters = try #require(ParameterStore(graph))
    parameters.fillFromNames()
    let model = Model(role: .classifier, graph: graph, parameters: parameters)
    let images = NetworkRun.drawn("images", count: QuantizationCase.batch * 3072, 0..<1)
    var batches = [[Float]](repeating: images, count: 200)
    for channel in 0..<3 { batches[7][channel] = 150 }
    return (try model.lowered(forIntegers: true), batches)
  }

  /// The signal-to-noise ratio of the layer before the probabilities, on ordinary images.
  private func decibels(_ method: CalibrationMethod) throws -> Double {
    let (model, batches) = try outliers()
    let calibrator = try QuantizationCase.calibrator(model, batches)
    var quantizer = PostTrainingQuantizer(model, calibrator)
    quantizer.method = method
    let pool = try #require(ThreadPool(threadCount: 1))
    let comparison = try QuantizationComparison(
      model, try quantizer.quantized(), calibrator, batch: QuantizationCase.batch, pool)
    comparison.session.input.fill(batches[0])
    comparison.compare(count: QuantizationCase.batch)
    return try #require(comparison.report().first { $0.name == "second" }).signalToNoise
  }

  @Test(arguments: [CalibrationMethod.percentile(99.99), .meanSquaredError, .entropy])
  func `a method that leaves out outliers rescues what min-max lets collapse`(
    _ method: CalibrationMethod
  ) throws {
    let minMax = try decibels(.minMax)
    #expect(minMax < 10)
    #expect(try decibels(method) > minMax + 10)
  }

  @Test func `bad images are warned about`() throws {
    let (model, batches) = try outliers()
    let all = try QuantizationCase.calibrator(model, batches)
    #expect(all.exampleCount == 800)
    guard case .inputOutOfRange(let minimum, let maximum) = all.warnings.first else {
      Issue.record("expected a warning of the range, got \(all.warnings)")
      return
    }
    #expect(minimum >= 0 && maximum == 150)
    let grey = try QuantizationCase.calibrator(
      model, [[Float](repeating: 0.5, count: QuantizationCase.batch * 3072)])
    #expect(grey.warnings == [.fewExamples(4), .constantInput])
  }

  @Test func `numbers that are none are named`() throws {
    let (model, batches) = try outliers()
    var images = batches[0]
    images[5] = .nan
    #expect(throws: QuantizationError.notFinite(node: "input")) {
      _ = try QuantizationCase.calibrator(model, [images])
    }
  }
}
