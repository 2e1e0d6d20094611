// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Datasets
import Dispatch
import Foundation
import Kernels
import Network
import SharedCommands
import Training

/// Runs one task with progress, an estimate before it and a saved state on Ctrl-C.
enum TrainingRun {
  static func run(
    _ task: TrainingTask, _ options: TrainingOptions, _ pool: ThreadPool, folder: String,
    flags: TrainingFlags
  ) throws {
    let created = [folder, flags.output].filter { !FileManager.default.fileExists(atPath: $0) }
    let runFolder = try RunFolder(folder)
    runFolder.saveInterval = flags.saveInterval
    let trainer: Trainer
    do {
      trainer = try Trainer(task, options, pool, folder: runFolder)
      try trainer.begin(resuming: flags.resume)
    } catch {
      // A run that never began leaves no folder; one that is not empty stays.
      for path in created { rmdir(path) }
      throw error
    }
    if !flags.json { print(Estimate(trainer, pool).description) }
    let printer = ProgressPrinter(
      phase: task.phase.rawValue, resumedAt: trainer.progress.step, printsJSON: flags.json)
    let signals = StopSignals()
    defer { withExtendedLifetime(signals) {} }
    try trainer.run(observer: printer, stop: signals.request)
    if !flags.json, let patience = options.patience, trainer.shouldStopEarly {
      print("stopped early: \(patience) epochs without a better one")
    }
    if !flags.json, let best = trainer.progress.best {
      let basis = task.validation == nil ? "the last epoch" : "epoch \(best.epoch + 1), the best"
      print("\(runFolder.bestPath): the model of \(basis)")
    }
  }

  /// Refuses a folder that cannot be created, or that holds a run which is not resumed: before the
  /// data are read.
  static func requireFree(_ folder: String, _ flags: TrainingFlags) throws {
    if RunFolder.holdsRun(folder) && !flags.resume {
      throw CommandError(
        "\(folder): holds a run already; go on with --resume or choose another folder")
    }
    var isFolder: ObjCBool = false
    if FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder), !isFolder.boolValue {
      throw CommandError("\(folder): is a file, expected a folder")
    }
  }

  /// What to do next with the result.
  static func advise(_ flags: TrainingFlags, _ arguments: [String]) {
    if flags.json { return }
    let words = arguments.map { word in
      let isPlain = word.allSatisfy { $0.isLetter || $0.isNumber || "-_./=,:".contains($0) }
      return isPlain ? word : "'" + word.replacingOccurrences(of: "'", with: "'\\''") + "'"
    }
    print("next: ocelli \(words.joined(separator: " "))")
  }
}

/// Turns the first Ctrl-C (or SIGTERM) into a request to stop; a second one ends the process.
final class StopSignals {
  let request = StopRequest()
  private var sources: [any DispatchSourceSignal] = []

  init() {
    let request = request
    sources = [SIGINT, SIGTERM].map { signal in
      Foundation.signal(signal, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: signal, queue: .global())
      source.setEventHandler {
        // Checkpoints are whole at any moment.
        if request.isRequested { _exit(128 + signal) }
        request.isRequested = true
      }
      source.resume()
      return source
    }
  }

  deinit {
    sources.forEach { $0.cancel() }
    for signal in [SIGINT, SIGTERM] { Foundation.signal(signal, SIG_DFL) }
  }
}

/// What a run will take, before it starts.
struct Estimate: CustomStringConvertible {
  private let images: Int
  private let epochs: Int
  private let multiplyAccumulates: Double
  private let byteCount: Int
  private let seconds: Double
  private let parameterCount: Int

  init(_ trainer: Trainer, _ pool: ThreadPool) {
    let task = trainer.task
    let graph = task.model.graph
    let perImage = Double(graph.trainingMultiplyAccumulates(frozen: task.frozenNodes))
    images = trainer.loader.batchesPerEpoch * trainer.loader.configuration.batchSize
    epochs = trainer.options.epochs
    multiplyAccumulates = perImage * Double(images) * Double(epochs)
    byteCount = trainer.byteCount
    parameterCount = graph.learntParameterCount(frozen: task.frozenNodes)
    seconds = WorkEstimate.seconds(
      multiplyAccumulates: multiplyAccumulates, peak: MachinePeak.measure(pool))
  }

  var description: String {
    "\(parameterCount.formatted()) parameters to train, \(images) images × \(epochs) "
      + "\(epochs == 1 ? "epoch" : "epochs"), "
      + "\(Self.text(multiplyAccumulates: multiplyAccumulates)), \(byteCount / 1_000_000) MB, "
      + "about \(Duration.text(seconds))"
  }

  /// Such as `26.2 TMAC`.
  static func text(multiplyAccumulates count: Double) -> String {
    count < 1e12
      ? String(format: "%.1f GMAC", count / 1e9) : String(format: "%.1f TMAC", count / 1e12)
  }
}
