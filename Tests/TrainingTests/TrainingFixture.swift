// SPDX-License-Identifier: Apache-2.0
import Architectures
import Datasets
import Foundation
import Kernels
import Network
import Scenes
import Quantization
import Testing
import Training

/// A tiny run: 64 scenes of 16×16, four batches an epoch.
enum TrainingFixture {
  static let dataset: Dataset = {
    var parameters = SceneParameters()
    parameters.size = 16
    guard let generator = try? SceneGenerator(parameters), let pool = ThreadPool(threadCount: 1)
    else { preconditionFailure("the default scenes can be drawn") }
    return generator.dataset(count: 64, on: pool)
  }()

  static var options: TrainingOptions {
    var options = TrainingOptions()
    options.epochs = 3
    options.batchSize = 16
    options.learningRate = 3e-3
    options.augmentation.flip = .random
    options.augmentation.shift = 1
    options.augmentation.mixup = 0.2
    return options
  }

  static func classifier() throws -> Model {
    var builder = SmallCNN(imageHeight: 16, imageWidth: 16, classCount: 10)
    builder.width = 4
    builder.stageCount = 2
    return try model(.classifier, try builder.graph(), labels: dataset.classNames)
  }

  /// The classifier as quantisation-aware training starts with it.
  static func roundedClassifier() throws -> Model {
    let float = try classifier().lowered(forIntegers: true)
    let pool = try #require(ThreadPool(threadCount: 1))
    let calibrator = try Calibrator(float, batch: 16, pool)
    for observe in [calibrator.observeRanges, calibrator.observeDistributions] {
      let loader = try BatchLoader(dataset, .evaluation(batchSize: 16))
      while let batch = loader.next(into: BatchMemory(images: calibrator.session.input.base)) {
        calibrator.session.forward()
        try observe(batch.count)
      }
    }
    return try PostTrainingQuantizer(float, calibrator).fakeQuantized()
  }

  static func enhancer() throws -> Model {
    var builder = UNet(imageHeight: 16, imageWidth: 16)
    builder.width = 4
    builder.depth = 1
    return try model(.enhancer, try builder.graph(), labels: [])
  }

  private static func model(_ role: Model.Role, _ graph: Graph, labels: [String]) throws -> Model {
    let parameters = try #require(ParameterStore(graph))
    parameters.initialize(seed: 1)
    return Model(role: role, graph: graph, parameters: parameters, labels: labels)
  }

  static func trainer(
    _ options: TrainingOptions, folder: String?, threadCount: Int = 2,
    isFakeQuantized: Bool = false
  ) throws -> Trainer {
    let task = TrainingTask.classifier(
      isFakeQuantized ? try roundedClassifier() : try classifier(), labelSmoothing: 0.1,
      training: dataset, validation: dataset)
    let pool = try #require(ThreadPool(threadCount: threadCount))
    return try Trainer(task, options, pool, folder: try folder.map { try RunFolder($0) })
  }

  static func values(_ store: ParameterStore) -> [Float] {
    store.entries.flatMap { Array(store.values(of: $0)) }
  }
}

/// A folder that goes away with its owner.
final class TemporaryFolder {
  let path: String

  init() throws {
    path = NSTemporaryDirectory() + "ocelli-tests-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }
}
