// SPDX-License-Identifier: Apache-2.0
public import Datasets
import Foundation
import Interchange
public import Kernels
import Network
import Platform
import Quantization

/// Runs one training task, from the start or from a checkpoint, to the end.
///
/// Everything that the result depends on is in the task, the options and the progress: so a resumed
/// run ends in the same bytes as one that was never interrupted, for any number of threads.
public final class Trainer {
  /// What is trained.
  public let task: TrainingTask
  /// How it is trained.
  public let options: TrainingOptions
  /// Where the run stands.
  public internal(set) var progress = TrainingProgress()
  let pool: ThreadPool
  let session: Session
  let optimizer: Optimizer
  let average: WeightAverage?
  /// In quantisation-aware training: weights are rounded while they are used.
  let rounding: WeightRounding?
  /// Gives the batches of training images.
  public let loader: BatchLoader
  let folder: RunFolder?
  private let schedule: LearningRateSchedule
  private let loss: LossComputation

  /// - Parameter folder: where checkpoints and logs go.
  public init(
    _ task: TrainingTask, _ options: TrainingOptions, _ pool: ThreadPool, folder: RunFolder?
  ) throws(TrainingError) {
    (self.task, self.options, self.pool, self.folder) = (task, options, pool, folder)
    try Self.check(task)
    do {
      loader = try BatchLoader(
        task.training,
        .init(
          batchSize: min(options.batchSize, task.training.count), seed: options.seed,
          augmentation: options.augmentation),
        pairedWith: task.needsImages ? task.cleanTraining : nil)
    } catch { throw .dataset(error) }
    let plan: Plan
    do throws(PlanError) {
      plan = try Plan(
        task.model.graph,
        Self.request(task, batch: loader.configuration.batchSize, pool.threadCount))
    } catch { throw .mismatch(error.message) }
    guard let session = Session(plan, task.model.parameters, pool),
      let optimizer = Optimizer(session, options.optimizerOptions)
    else { throw .outOfMemory(byteCount: plan.arenaByteCount) }
    (self.session, self.optimizer) = (session, optimizer)
    average = options.averaging == .none ? nil : WeightAverage(session)
    rounding = WeightRounding(task.model, frozenNodes: task.frozenNodes, pool)
    schedule = options.learningRateSchedule
    loss = try LossComputation(task, session, pool)
  }

  static func request(_ task: TrainingTask, batch: Int, _ threadCount: Int) -> PlanRequest {
    var request = PlanRequest(batch: batch, threadCount: threadCount)
    request.lossNodes = Array(Set(task.terms.map(\.node))).sorted()
    request.frozenNodes = task.frozenNodes
    // For the diagnosis of a divergence.
    request.keptValues = [0]
    return request
  }

  private static func check(_ task: TrainingTask) throws(TrainingError) {
    let shape = task.model.graph.inputShape
    let data = task.training
    guard shape == Shape(height: data.height, width: data.width, channels: 3) else {
      throw .mismatch(
        "\(data.name): images of \(data.height)×\(data.width)×3, the model takes \(shape.text)")
    }
    guard task.phase == .reconstruct || data.classCount > 1 else {
      throw .mismatch("\(data.name): has one class, a classifier tells two or more apart")
    }
    let output = task.model.graph.outputShape
    guard task.phase != .reconstruct || output == shape else {
      throw .mismatch("the enhancer makes images of \(output.text) of images of \(shape.text)")
    }
    for term in task.terms where term.target.isOfClasses {
      let channels = task.model.graph.shapes[term.node].channels
      guard channels == data.classCount else {
        throw .mismatch("\(data.name): \(data.classCount) classes, the model knows \(channels)")
      }
    }
  }

  /// Steps of the whole run.
  public var stepCount: Int { options.epochs * loader.batchesPerEpoch }

  /// Trains to the end.
  /// - Throws: `TrainingError.interrupted` after a request to stop, once the state is saved.
  public func run(
    observer: (any TrainingObserver)? = nil, stop: StopRequest = StopRequest()
  ) throws(TrainingError) {
    var lastSave = MonotonicClock.seconds
    while progress.position.epoch < options.epochs && !shouldStopEarly {
      let report = try step()
      observer?.didStep(report)
      if progress.position.batch == 0 {
        let (record, isBest) = try endEpoch()
        observer?.didEndEpoch(record, isBest: isBest)
        try save()
        lastSave = MonotonicClock.seconds
      } else if stop.isRequested
        || MonotonicClock.seconds - lastSave > folder?.saveInterval ?? .infinity
      {
        try save()
        lastSave = MonotonicClock.seconds
      }
      let isDone = progress.position.epoch == options.epochs || shouldStopEarly
      if stop.isRequested && !isDone { throw .interrupted(step: progress.step) }
    }
    if task.phase == .enhance { extractEnhancer() }
  }

  /// Whether the run ends, or has ended, for want of improvement.
  public var shouldStopEarly: Bool {
    guard let patience = options.patience, let best = progress.best else { return false }
    return progress.position.epoch - 1 - best.epoch >= patience
  }

  /// One batch: forward, loss, backward, update.
  private func step() throws(TrainingError) -> StepReport {
    let position = progress.position
    guard let batch = nextBatch() else { throw .mismatch("the data set has no more batches") }
    let loss = whileRounded(session.parameters) { computeGradients(batch) }
    let norm = optimizer.gradientNorm()
    guard loss.isFinite, norm.isFinite else {
      throw .notFinite(
        epoch: position.epoch, batch: position.batch, culprit: Diagnosis.culprit(of: self))
    }
    let rate = options.learningRate * schedule.multiplier(step: progress.step, of: stepCount)
    optimizer.step(learningRate: rate, gradientNorm: norm)
    progress.step += 1
    updateAverage()
    progress.epoch.loss += loss
    progress.epoch.images += batch.count
    progress.position = loader.position
    let report = StepReport(
      epoch: position.epoch, epochCount: options.epochs, batch: position.batch,
      batchesPerEpoch: loader.batchesPerEpoch, step: progress.step, images: batch.count,
      meanLoss: progress.epoch.meanLoss,
      accuracy: task.phase == .reconstruct ? nil : progress.epoch.accuracy, learningRate: rate,
      gradientNorm: norm)
    try folder?.log(report, loss: loss / Double(batch.count))
    return report
  }

  /// Runs the batch forward and backward; gives the sum of its losses.
  private func computeGradients(_ batch: Batch) -> Double {
    session.forward(seed: RandomGenerator(seed: options.seed, stream: UInt64(progress.step)).state)
    let sum = loss.compute(count: batch.count)
    if task.phase != .reconstruct {
      progress.epoch.correct += Predictions.countCorrect(
        session.value(of: task.lossNode), batch.labels)
    }
    session.backward()
    return sum
  }

  /// Runs `body` with the weights in `store` as they will be used.
  func whileRounded<Result, Failure: Error>(
    _ store: ParameterStore, _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    guard let rounding else { return try body() }
    return try rounding.whileRounded(store, body)
  }

  private func nextBatch() -> Batch? {
    let isPaired = task.needsImages && task.cleanTraining != nil
    let batch = loader.next(into: loss.memory(isPaired: isPaired))
    if task.needsImages && !isPaired { loss.takeInputAsTarget() }
    return batch
  }

  private func updateAverage() {
    guard let average else { return }
    switch options.averaging {
    case .none: break
    case .exponential:
      // A young average forgets its start as fast as an old one forgets noise.
      let young = Float(1 + progress.step) / Float(10 + progress.step)
      average.update(decay: min(options.averageDecay, young))
    case .lookahead:
      guard progress.step % 5 == 0 || progress.step == stepCount else { return }
      let part = Float(progress.step) / Float(stepCount)
      let decay = progress.step == stepCount ? 1 : 0.7738 * part * part * part
      average.update(decay: decay)
      average.apply()
    }
  }

  /// Bytes of parameters, activations, gradients and the optimiser's moments.
  public var byteCount: Int {
    let floats = session.parameters.count * (average == nil ? 1 : 2)
    let moments = optimizer.state.reduce(0) { $0 + $1.values.count }
    return session.byteCount + (floats + moments) * MemoryLayout<Float>.stride
  }

  /// Measures the validation set, keeps the model if it is the best so far, and begins the next
  /// epoch's sums.
  func endEpoch() throws(TrainingError) -> (TrainingProgress.EpochRecord, isBest: Bool) {
    let epoch = progress.position.epoch - 1
    var record = TrainingProgress.EpochRecord(
      epoch: epoch, step: progress.step, trainingLoss: progress.epoch.meanLoss,
      trainingAccuracy: task.phase == .reconstruct ? nil : progress.epoch.accuracy)
    let measurement = try whileRounded(evaluatedParameters, measureValidation)
    if let measurement, !measurement.loss.isFinite {
      throw .notFinite(
        epoch: epoch, batch: loader.batchesPerEpoch - 1,
        culprit: "the validation loss is not finite" + Diagnosis.reach(of: self))
    }
    record.validationLoss = measurement?.loss
    record.validationAccuracy = task.phase == .reconstruct ? nil : measurement?.accuracy
    let score =
      task.isUnsupervised
      ? Double(epoch)
      : measurement.map { task.phase == .reconstruct ? -$0.loss : $0.accuracy } ?? Double(epoch)
    let isBest = progress.best.map { score > $0.score } ?? true
    if isBest {
      progress.best = TrainingProgress.Best(epoch: epoch, score: score)
      try whileRounded(evaluatedParameters, saveBest)
    }
    progress.history.append(record)
    progress.epoch = TrainingProgress.Totals()
    try folder?.log(record)
    return (record, isBest)
  }

  /// The parameters that count: the average where one is kept.
  var evaluatedParameters: ParameterStore {
    if options.averaging == .exponential, let average { return average.average }
    return session.parameters
  }

  private func measureValidation() throws(TrainingError) -> (loss: Double, accuracy: Double)? {
    guard let validation = task.validation else { return nil }
    var model = task.model
    model.parameters = evaluatedParameters
    let evaluator = try Evaluator(model, pool, batch: loader.configuration.batchSize)
    if task.phase == .reconstruct {
      let clean = task.cleanValidation
      return (try evaluator.meanSquaredError(on: validation, clean: clean), 0)
    }
    let predictions = try evaluator.predictions(for: validation)
    return (predictions.meanLoss, predictions.accuracy)
  }

  /// Copies the enhancer's parameters out of the composed model.
  func extractEnhancer() {
    evaluatedParameters.extractParameters(
      into: task.savedModel.parameters, prefix: Model.enhancerPrefix)
  }
}

/// Where a run stands: with the parameters and the optimiser's moments, all that a checkpoint
/// holds.
public struct TrainingProgress: Codable, Equatable, Sendable {
  /// The next batch.
  public internal(set) var position = BatchPosition()
  /// Optimiser steps taken.
  public internal(set) var step = 0
  /// Sums over this epoch's images so far.
  public internal(set) var epoch = Totals()
  /// A record of each finished epoch.
  public internal(set) var history: [EpochRecord] = []
  /// The best epoch so far.
  public internal(set) var best: Best?

  /// Sums over the images of an epoch.
  public struct Totals: Codable, Equatable, Sendable {
    /// The sum of losses.
    public internal(set) var loss = 0.0
    /// Images whose class was right.
    public internal(set) var correct = 0
    /// Images that ran.
    public internal(set) var images = 0

    /// The mean loss; 0 without images.
    public var meanLoss: Double { images == 0 ? 0 : loss / Double(images) }
    /// The share of right classes, from 0 to 1; 0 without images.
    public var accuracy: Double { images == 0 ? 0 : Double(correct) / Double(images) }
  }

  /// What one epoch brought.
  public struct EpochRecord: Codable, Equatable, Sendable {
    /// From 0.
    public var epoch: Int
    /// Steps of the run at the end of the epoch.
    public var step: Int
    /// The mean over the training images, as they were trained on.
    public var trainingLoss: Double
    /// `nil` in the phase `reconstruct`.
    public var trainingAccuracy: Double?
    /// `nil` without validation images; in the phase `reconstruct`, the mean squared error.
    public var validationLoss: Double?
    /// From 0 to 1; `nil` without validation images and in the phase `reconstruct`.
    public var validationAccuracy: Double?
  }

  /// The best epoch so far, and how good it was.
  public struct Best: Codable, Equatable, Sendable {
    /// From 0.
    public var epoch: Int
    /// Higher is better: the accuracy, or the negative loss.
    public var score: Double
  }
}

/// What a run tells about itself while it goes on.
public protocol TrainingObserver: AnyObject {
  /// After every step.
  func didStep(_ report: StepReport)
  /// After every epoch.
  func didEndEpoch(_ record: TrainingProgress.EpochRecord, isBest: Bool)
}

/// One step, as an observer sees it.
public struct StepReport: Sendable {
  /// The epoch, from 0.
  public var epoch: Int
  /// Epochs of the run.
  public var epochCount: Int
  /// The batch in the epoch, from 0.
  public var batch: Int
  /// Batches of an epoch.
  public var batchesPerEpoch: Int
  /// Steps of the run, this one included.
  public var step: Int
  /// Images of this step.
  public var images: Int
  /// The mean loss of the epoch so far.
  public var meanLoss: Double
  /// The accuracy of the epoch so far; `nil` in the phase `reconstruct`.
  public var accuracy: Double?
  /// The rate of this step.
  public var learningRate: Float
  /// The norm of all gradients together, before clipping.
  public var gradientNorm: Float
}

/// Asks a run to stop after the present step, from any thread.
public final class StopRequest: @unchecked Sendable {
  private let lock = NSLock()
  // Behind the lock.
  private var flag = false

  /// Nothing is requested yet.
  public init() {}

  /// Whether the run is to save its state and stop. Can be set from any thread.
  public var isRequested: Bool {
    get { lock.withLock { flag } }
    set { lock.withLock { flag = newValue } }
  }
}
