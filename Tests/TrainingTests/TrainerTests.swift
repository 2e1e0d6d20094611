// SPDX-License-Identifier: Apache-2.0
import Architectures
import Datasets
import Foundation
import Kernels
import Network
import Quantization
import Testing
import Training

struct TrainerTests {
  /// Stops a run after a number of steps.
  private final class Stopper: TrainingObserver {
    let stop = StopRequest()
    private let step: Int
    init(after step: Int) { self.step = step }
    func didStep(_ report: StepReport) { stop.isRequested = report.step >= step }
    func didEndEpoch(_ record: TrainingProgress.EpochRecord, isBest: Bool) {}
  }

  @Test(arguments: [TrainingOptions.Averaging.none, .exponential, .lookahead], [false, true])
  func `a resumed run ends in the same bytes`(
    averaging: TrainingOptions.Averaging, isFakeQuantized: Bool
  ) throws {
    let scratch = try TemporaryFolder()
    var options = TrainingFixture.options
    options.averaging = averaging
    func trainer(_ folder: String) throws -> Trainer {
      try TrainingFixture.trainer(
        options, folder: "\(scratch.path)/\(folder)", isFakeQuantized: isFakeQuantized)
    }
    let whole = try trainer("whole")
    try whole.begin(resuming: false)
    try whole.run()
    // Stops inside of an epoch, at its end, and right after the start.
    for (round, steps) in [5, 8, 9].enumerated() {
      let trainer = try trainer("parts")
      try trainer.begin(resuming: round > 0)
      let stopper = Stopper(after: steps)
      #expect(throws: TrainingError.self) {
        try trainer.run(observer: stopper, stop: stopper.stop)
      }
    }
    let last = try trainer("parts")
    try last.begin(resuming: true)
    try last.run()
    #expect(last.progress == whole.progress)
    for file in ["last.safetensors", "best.safetensors", "metrics.jsonl"] {
      let bytes = try ["whole", "parts"].map {
        try Data(contentsOf: URL(fileURLWithPath: "\(scratch.path)/\($0)/\(file)"))
      }
      #expect(bytes[0] == bytes[1], "\(file) differs")
    }
  }

  @Test func `the best model of quantisation-aware training has the weights of its integers`()
    throws
  {
    let scratch = try TemporaryFolder()
    let trainer = try TrainingFixture.trainer(
      TrainingFixture.options, folder: scratch.path + "/run", isFakeQuantized: true)
    try trainer.begin(resuming: false)
    try trainer.run()
    let best = try ModelFile.load(scratch.path + "/run/best.safetensors")
    let last = try ModelFile.load(scratch.path + "/run/last.safetensors")
    #expect(best.graph == trainer.task.model.graph)
    let asIntegers = try best.converted().fakeQuantized()
    for entry in best.parameters.entries where entry.declaration.role == .weights {
      let values = Array(best.parameters.values(of: entry))
      let again = try #require(asIntegers.parameters.entry(named: entry.name))
      for (a, b) in zip(values, asIntegers.parameters.values(of: again)) {
        #expect(abs(a - b) <= 1e-6 * abs(a))
      }
      let floats = try #require(last.parameters.entry(named: entry.name))
      #expect(values != Array(last.parameters.values(of: floats)))
    }
  }

  @Test(arguments: [false, true])
  func `the result does not depend on the number of threads`(isFakeQuantized: Bool) throws {
    let results = try [1, 2, 5].map { threadCount in
      let trainer = try TrainingFixture.trainer(
        TrainingFixture.options, folder: nil, threadCount: threadCount,
        isFakeQuantized: isFakeQuantized)
      try trainer.run()
      return TrainingFixture.values(trainer.task.model.parameters)
    }
    #expect(results[0] == results[1])
    #expect(results[0] == results[2])
    #expect(results[0] != TrainingFixture.values(try TrainingFixture.classifier().parameters))
  }

  @Test func `divergence stops the run and names the culprit`() throws {
    var options = TrainingFixture.options
    options.optimizer = .sgd
    options.schedule = .constant
    options.learningRate = 1e30
    let trainer = try TrainingFixture.trainer(options, folder: nil)
    do {
      try trainer.run()
      Issue.record("a rate of 1e30 did not diverge")
    } catch {
      guard case .notFinite(_, _, let culprit) = error else {
        Issue.record("\(error)")
        return
      }
      #expect(culprit.contains("'"), "\(culprit) names nothing")
    }
  }

  @Test func `a checkpoint of other options is refused`() throws {
    let scratch = try TemporaryFolder()
    do {
      let trainer = try TrainingFixture.trainer(TrainingFixture.options, folder: scratch.path)
      try trainer.begin(resuming: false)
      try trainer.run()
      // The folder belongs to one run at a time.
      let error = #expect(throws: TrainingError.self) { try RunFolder(scratch.path) }
      #expect(error?.message.contains("another run") == true)
      withExtendedLifetime(trainer) {}
    }
    var options = TrainingFixture.options
    options.seed += 1
    let other = try TrainingFixture.trainer(options, folder: scratch.path)
    let error = #expect(throws: TrainingError.self) { try other.begin(resuming: true) }
    #expect(error?.message.contains("(seed 1, not 2)") == true, "\(String(describing: error))")
  }

  @Test func `patience ends a run that does not improve`() throws {
    var options = TrainingFixture.options
    options.epochs = 50
    options.learningRate = 0
    options.patience = 2
    let trainer = try TrainingFixture.trainer(options, folder: nil)
    try trainer.run()
    // At a rate of 0 only the running statistics still move.
    let best = try #require(trainer.progress.best)
    #expect(trainer.progress.history.count == best.epoch + 1 + 2)
    #expect(trainer.progress.history.count < 50)
  }

  @Test func `enhancing leaves the classifier as it is and learns`() throws {
    let classifier = try TrainingFixture.classifier()
    let frozen = TrainingFixture.values(classifier.parameters)
    let enhancer = try TrainingFixture.enhancer()
    let before = TrainingFixture.values(enhancer.parameters)
    let data = TrainingFixture.dataset
    let task = try #require(
      try TrainingTask.enhance(
        enhancer, classifiers: [classifier], labelSmoothing: 0, training: data,
        validation: data))
    let pool = try #require(ThreadPool(threadCount: 2))
    var options = TrainingFixture.options
    options.epochs = 6
    let trainer = try Trainer(task, options, pool, folder: nil)
    try trainer.run()
    let after = try #require(
      try Model.composed(enhancer: enhancer, classifier: classifier)?.parameters)
    for entry in task.model.parameters.entries where entry.name.hasPrefix("classifier/") {
      let own = try #require(after.entry(named: entry.name))
      #expect(Array(task.model.parameters.values(of: entry)) == Array(after.values(of: own)))
    }
    #expect(TrainingFixture.values(classifier.parameters) == frozen)
    #expect(TrainingFixture.values(enhancer.parameters) != before)
    let losses = trainer.progress.history.map(\.trainingLoss)
    #expect(losses[5] < losses[0])
  }

  @Test func `reconstruction comes closer to the image`() throws {
    let enhancer = try TrainingFixture.enhancer()
    let data = TrainingFixture.dataset
    let pool = try #require(ThreadPool(threadCount: 2))
    var options = TrainingFixture.options
    options.epochs = 15
    options.learningRate = 1e-2
    let error = try Evaluator(enhancer, pool, batch: 16).meanSquaredError(on: data)
    let trainer = try Trainer(
      .reconstruct(enhancer, training: data, validation: nil), options, pool, folder: nil)
    try trainer.run()
    let trained = try Evaluator(enhancer, pool, batch: 16).meanSquaredError(on: data)
    #expect(trained < error * 0.75)
  }
}
