// SPDX-License-Identifier: Apache-2.0
import Architectures
import Datasets
import Foundation
import Kernels
import Network
import Testing
import Training

/// Objectives of an enhancer in front of frozen classifiers, on dull copies of the scenes.
struct ObjectiveTests {
  private static let clean = TrainingFixture.dataset
  private static let dull: Dataset? = try? clean.degraded(by: Degradation(dullness: 0.5), seed: 1)

  private static func objective(_ change: (inout Objective) -> Void) -> Objective {
    var objective = Objective()
    change(&objective)
    return objective
  }

  private static let objectives: [String: Objective] = [
    "cross-entropy": Objective(),
    "reconstruction": objective { $0.reconstruction = 3 },
    "total variation": objective { $0.totalVariation = 0.5 },
    "both": objective {
      $0.reconstruction = 3
      $0.totalVariation = 0.5
    },
    "without labels": objective { $0.isUnsupervised = true },
  ]

  private func task(
    _ objective: Objective, classifiers: Int = 1, enhancer: Model? = nil
  ) throws -> TrainingTask {
    let models = try (0..<classifiers).map { index in
      let model = try TrainingFixture.classifier()
      model.parameters.initialize(seed: UInt64(7 + index))
      return model
    }
    let dull = try #require(Self.dull)
    return try #require(
      try TrainingTask.enhance(
        try enhancer ?? TrainingFixture.enhancer(), classifiers: models, objective,
        labelSmoothing: 0, training: dull, cleanTraining: Self.clean, validation: dull))
  }

  private func trained(
    _ task: TrainingTask, _ options: TrainingOptions, threadCount: Int = 2
  ) throws -> Trainer {
    let pool = try #require(ThreadPool(threadCount: threadCount))
    let trainer = try Trainer(task, options, pool, folder: nil)
    try trainer.run()
    return trainer
  }

  /// One step of plain descent over all images: the parameters move by −rate · gradient.
  private func step(_ objective: Objective, classifiers: Int = 1) throws -> [Float] {
    var options = TrainingOptions()
    options.epochs = 1
    options.batchSize = 64
    options.optimizer = .sgd
    options.momentum = 0
    options.schedule = .constant
    options.learningRate = 1
    let task = try task(objective, classifiers: classifiers)
    let before = TrainingFixture.values(task.savedModel.parameters)
    let trainer = try trained(task, options)
    return zip(TrainingFixture.values(trainer.task.savedModel.parameters), before).map { $0 - $1 }
  }

  @Test func `the gradient of a sum of losses is the sum of their gradients`() throws {
    let plain = try step(Objective())
    let image = try step(Self.objectives["reconstruction"] ?? Objective())
    let smooth = try step(Self.objectives["total variation"] ?? Objective())
    let both = try step(Self.objectives["both"] ?? Objective())
    #expect(plain != image && plain != smooth)
    for index in plain.indices {
      let sum = image[index] + smooth[index] - plain[index]
      #expect(abs(both[index] - sum) <= 1e-4 * max(1e-2, abs(sum)), "\(index)")
    }
  }

  @Test func `two classifiers count by half each`() throws {
    let (first, both) = (try step(Objective()), try step(Objective(), classifiers: 2))
    #expect(first != both)
    #expect(both.contains { $0 != 0 })
  }

  /// L with all parameters moved along the gradient that descent takes: dL/dt = |∇L|².
  @Test(arguments: objectives.keys.sorted())
  func `each objective's gradient is its slope`(name: String) throws {
    let objective = try #require(Self.objectives[name])
    let gradient = try step(objective).map { -$0 }
    let square = gradient.reduce(0.0) { $0 + Double($1) * Double($1) }
    func loss(movedBy distance: Double) throws -> Double {
      let enhancer = try TrainingFixture.enhancer()
      var place = 0
      for entry in enhancer.parameters.entries {
        let values = enhancer.parameters.values(of: entry)
        for index in values.indices {
          values[index] += Float(distance) * gradient[place + index]
        }
        place += values.count
      }
      var options = TrainingOptions()
      options.epochs = 1
      options.batchSize = 64
      options.learningRate = 0
      let trainer = try trained(try task(objective, enhancer: enhancer), options)
      return try #require(trainer.progress.history.first).trainingLoss
    }
    // Further away kinks of ReLUs bend L; nearer, the rounding of the losses is seen.
    let distance = 3e-4 / square.squareRoot()
    let slope = (try loss(movedBy: distance) - loss(movedBy: -distance)) / (2 * distance)
    #expect(abs(slope - square) < 0.08 * square, "\(slope), not \(square)")
  }

  @Test(arguments: objectives.keys.sorted())
  func `a resumed run ends in the same bytes`(name: String) throws {
    let objective = try #require(Self.objectives[name])
    let scratch = try TemporaryFolder()
    let pool = try #require(ThreadPool(threadCount: 2))
    func trainer(_ folder: String, resuming: Bool) throws -> Trainer {
      let trainer = try Trainer(
        try task(objective, classifiers: 2), TrainingFixture.options, pool,
        folder: try RunFolder("\(scratch.path)/\(folder)"))
      try trainer.begin(resuming: resuming)
      return trainer
    }
    try trainer("whole", resuming: false).run()
    do {
      let stop = StopRequest()
      stop.isRequested = true
      let trainer = try trainer("parts", resuming: false)
      #expect(throws: TrainingError.self) { try trainer.run(stop: stop) }
    }
    try trainer("parts", resuming: true).run()
    for file in ["last.safetensors", "best.safetensors", "metrics.jsonl"] {
      let bytes = ["whole", "parts"].map {
        FileManager.default.contents(atPath: "\(scratch.path)/\($0)/\(file)")
      }
      #expect(bytes[0] != nil && bytes[0] == bytes[1], "\(file) differs")
    }
    let other = try Trainer(
      try task(Self.objective { $0.reconstruction = 4 }, classifiers: 2), TrainingFixture.options,
      pool, folder: try RunFolder("\(scratch.path)/parts"))
    let error = #expect(throws: TrainingError.self) { try other.begin(resuming: true) }
    #expect(error?.message.contains("4.0 × squared error") == true, "\(String(describing: error))")
  }

  @Test func `without labels the classifier's answer to the clean image is learnt`() throws {
    var options = TrainingFixture.options
    options.epochs = 12
    options.augmentation.mixup = 0
    let trainer = try trained(
      try task(try #require(Self.objectives["without labels"])), options)
    let losses = trainer.progress.history.map(\.trainingLoss)
    #expect(losses.allSatisfy { $0 >= 0 })
    #expect(losses[11] < losses[0])
    // No label chose the epoch.
    #expect(trainer.progress.best?.epoch == 11)
  }

  @Test func `a processor in front of a transformer stays as it is`() throws {
    let processor = try TrainingFixture.enhancer()
    let transformer = try TrainingFixture.enhancer()
    let frozen = TrainingFixture.values(processor.parameters)
    let chain = try #require(
      try Model.chained(processor: processor, intermediateTransformer: transformer))
    let trainer = try trained(
      try task(Objective(), enhancer: chain), TrainingFixture.options)
    let store = trainer.task.savedModel.parameters
    func values(_ prefix: String) -> [Float] {
      store.entries.filter { $0.name.hasPrefix(prefix) }.flatMap { Array(store.values(of: $0)) }
    }
    #expect(values("processor/") == frozen)
    #expect(values("transformer/") != frozen && values("transformer/").count == frozen.count)
  }
}
