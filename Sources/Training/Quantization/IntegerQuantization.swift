// SPDX-License-Identifier: Apache-2.0
public import Datasets
public import Kernels
public import Network
public import Quantization

/// Makes a model of integers from a trained float model, and measures what that costs each layer.
public struct IntegerQuantization {
  /// How ranges of activations are chosen.
  public var method = CalibrationMethod.meanSquaredError
  /// Images to calibrate on.
  public var imageCount = 500
  /// Whether the ranges of weights are first evened out between layers.
  public var equalizesLayers = false
  /// Whether the change of means by rounding weights is undone in the biases.
  public var correctsBias = true
  /// Layers that stay in floats, by name.
  public var floatLayers: [String] = []
  /// So many more layers stay in floats: those whose rounding costs most, each measured alone.
  public var floatLayerCount = 0

  /// The least squared error on 500 images, all layers in integers.
  public init() {}

  /// The model of integers, and what its making showed.
  public struct Result {
    /// The model.
    public var model: Model
    /// A report for each layer, in the order of the graph.
    public var layers: [LayerReport] = []
    /// What is wrong with the images.
    public var warnings: [CalibrationWarning] = []

    package init(_ model: Model) { self.model = model }
  }

  /// - Parameters:
  ///   - model: A float model.
  ///   - images: Some of them, evenly from all, choose the ranges of activations.
  public func quantized(
    _ model: Model, on images: Dataset, _ pool: ThreadPool
  ) throws(QuantizationError) -> Result {
    let float = try model.lowered(forIntegers: true)
    if equalizesLayers { float.equalizeLayers() }
    let feed = CalibrationFeed(images, count: imageCount)
    let calibrator = try Calibrator.calibrated(float, on: feed, pool)
    var quantizer = PostTrainingQuantizer(float, calibrator)
    quantizer.method = method
    quantizer.correctsBias = correctsBias
    quantizer.floatNodes = floatLayers
    if floatLayerCount > 0 {
      let sensitivity = LayerSensitivity(
        float: float, calibrator: calibrator,
        feed: CalibrationFeed(images, count: min(imageCount, 64)), pool: pool)
      quantizer.floatNodes += try sensitivity.mostSensitive(floatLayerCount, quantizer)
    }
    var result = Result(try quantizer.quantized())
    let comparison = try QuantizationComparison(float, result.model, calibrator, on: feed, pool)
    result.layers = comparison.report()
    result.warnings = calibrator.warnings
    return result
  }
}

extension Model {
  /// A float model prepared for quantisation-aware training: the images choose the ranges of its
  /// integers.
  package func fakeQuantized(on images: Dataset, _ pool: ThreadPool) throws(QuantizationError)
    -> Model
  {
    let lowered = try lowered(forIntegers: true)
    let calibrator = try Calibrator.calibrated(lowered, on: CalibrationFeed(images), pool)
    var quantizer = PostTrainingQuantizer(lowered, calibrator)
    quantizer.method = .meanSquaredError
    return try quantizer.fakeQuantized()
  }
}

/// Ranks layers by what the quantised model's output gains when one of them stays in floats.
private struct LayerSensitivity {
  /// The model that `calibrator` ran.
  let float: Model
  let calibrator: Calibrator
  let feed: CalibrationFeed
  let pool: ThreadPool

  /// The names of the `count` layers with weights that gain most, each alone.
  func mostSensitive(_ count: Int, _ quantizer: PostTrainingQuantizer) throws(QuantizationError)
    -> [String]
  {
    var gains: [(name: String, decibels: Double)] = []
    for node in float.graph.nodes.indices
    where float.graph.parameters(of: node).contains(where: { $0.role == .weights }) {
      let name = float.graph.nodes[node].name
      var candidate = quantizer
      candidate.floatNodes.append(name)
      let comparison = try QuantizationComparison(
        float, try candidate.quantized(), calibrator, on: feed, pool)
      gains.append((name, comparison.report().last?.signalToNoise ?? 0))
    }
    // The sort is stable: of equals the first comes first.
    return gains.sorted { $0.decibels > $1.decibels }.prefix(count).map { $0.name }
  }
}

extension QuantizationComparison {
  /// Compares the models on all images of `feed`.
  fileprivate convenience init(
    _ float: Model, _ quantized: Model, _ calibrator: Calibrator, on feed: CalibrationFeed,
    _ pool: ThreadPool
  ) throws(QuantizationError) {
    try self.init(float, quantized, calibrator, batch: feed.batch, pool)
    try feed.forEachBatch(into: session) { count throws(QuantizationError) in compare(count: count)
    }
  }
}

/// Images of a data set, evenly from all of it, batch by batch.
package struct CalibrationFeed {
  private let images: Dataset
  package var batch: Int { min(16, images.count) }

  package init(_ dataset: Dataset, count: Int = 500) {
    let count = min(count, dataset.count)
    images = dataset.subset((0..<count).map { $0 * dataset.count / count })
  }

  /// Fills the session's input and calls `body` with the number of images.
  package func forEachBatch(
    into session: Session, _ body: (Int) throws(QuantizationError) -> Void
  ) throws(QuantizationError) {
    guard let loader = try? BatchLoader(images, .evaluation(batchSize: batch)) else { return }
    while let next = loader.next(into: BatchMemory(images: session.input.base)) {
      try body(next.count)
    }
  }
}

extension Calibrator {
  /// Shows the images to a lowered float model, twice.
  package static func calibrated(
    _ float: Model, on feed: CalibrationFeed, _ pool: ThreadPool
  ) throws(QuantizationError) -> Calibrator {
    let calibrator = try Calibrator(float, batch: feed.batch, pool)
    try feed.forEachBatch(into: calibrator.session) { count throws(QuantizationError) in
      calibrator.session.run()
      try calibrator.observeRanges(count: count)
    }
    try feed.forEachBatch(into: calibrator.session) { count throws(QuantizationError) in
      calibrator.session.run()
      calibrator.observeDistributions(count: count)
    }
    return calibrator
  }
}
