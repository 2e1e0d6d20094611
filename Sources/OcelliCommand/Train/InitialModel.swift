// SPDX-License-Identifier: Apache-2.0
import Datasets
import Kernels
import Network
import Ocelli
import Quantization
import SharedCommands

/// Reads the model that training starts from.
struct InitialModel {
  let path: String
  let role: Model.Role
  /// Whether training is to round as integers will.
  let isFakeQuantized: Bool

  /// The model in memory of its own, with floats at its ends.
  /// - Parameter images: what the model will be trained on; some of them choose the ranges of its
  ///   integers.
  func load(trainedOn images: Dataset, from data: String, _ pool: ThreadPool) throws -> Model {
    let model = try Model.withFloatEnds(contentsOf: path, as: role)
    try model.check(images, from: data, path: path, needsLabels: role == .classifier)
    do throws(QuantizationError) {
      let isFloat = model.graph.formats.allSatisfy { $0 == .float32 }
      if !isFloat && !isFakeQuantized { throw .alreadyQuantized }
      guard isFloat && isFakeQuantized && !model.isFakeQuantized else {
        return try model.fakeQuantized()
      }
      let lowered = try model.lowered(forIntegers: true)
      let calibrator = try Calibrator.calibrated(lowered, on: CalibrationFeed(images), pool)
      var quantizer = PostTrainingQuantizer(lowered, calibrator)
      quantizer.method = .meanSquaredError
      return try quantizer.fakeQuantized()
    } catch .alreadyQuantized {
      throw CommandError("\(path): computes with integers; train it with --quantization-aware")
    } catch { throw CommandError("\(path): \(error.message)") }
  }
}

extension Calibrator {
  /// Shows the images to a lowered float model, twice.
  static func calibrated(
    _ float: Model, on feed: CalibrationFeed, _ pool: ThreadPool
  ) throws(QuantizationError) -> Calibrator {
    let calibrator = try Calibrator(float, batch: feed.batch, pool)
    try feed.forEachBatch(into: calibrator.session) { count throws(QuantizationError) in
      calibrator.session.forward()
      try calibrator.observeRanges(count: count)
    }
    try feed.forEachBatch(into: calibrator.session) { count throws(QuantizationError) in
      calibrator.session.forward()
      calibrator.observeDistributions(count: count)
    }
    return calibrator
  }
}
