// SPDX-License-Identifier: Apache-2.0
import Foundation
import Interchange
import Platform

/// The folder of a run: `last.safetensors` (the whole state), `best.safetensors` (the model),
/// `metrics.jsonl`, and a TensorBoard log.
///
/// The metrics hold nothing that depends on the time of day, so that they too end in the same bytes
/// after a resume.
public final class RunFolder {
  /// Seconds between two checkpoints inside an epoch; at 0 every step is followed by one.
  public var saveInterval = 60.0
  /// Steps between two lines of metrics inside an epoch.
  private static let logInterval = 50

  /// The folder.
  public let path: String
  private var metrics: MetricsWriter?
  private var events: EventFileWriter?

  private let lock: FolderLock

  /// Creates the folder where it does not exist, and keeps other runs out of it.
  public init(_ path: String) throws(TrainingError) {
    self.path = path
    do throws(FileError) { try Folder.create(path) } catch { throw .file(error) }
    lock = try FolderLock(path)
    removeLeftovers()
  }

  /// Removes what killed runs left half-written: no other run is in this folder.
  private func removeLeftovers() {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    for name in names where Self.isLeftover(name) {
      try? FileManager.default.removeItem(atPath: path + "/" + name)
    }
  }

  /// Whether `name` is that of a file that `AtomicFile` was writing.
  private static func isLeftover(_ name: String) -> Bool {
    name.hasSuffix(".tmp")
      && ["last.safetensors.", "best.safetensors."].contains { name.hasPrefix($0) }
  }

  /// The whole state.
  public var checkpointPath: String { path + "/last.safetensors" }
  /// The model of the best epoch.
  public var bestPath: String { path + "/best.safetensors" }
  /// Whether there is a state to go on from.
  public var hasCheckpoint: Bool { FileManager.default.fileExists(atPath: checkpointPath) }

  /// Whether the folder at `path` holds results of a run, which another must not overwrite.
  public static func holdsRun(_ path: String) -> Bool {
    ["last.safetensors", "best.safetensors"].contains {
      FileManager.default.fileExists(atPath: path + "/" + $0)
    }
  }

  /// Opens the logs, without the lines behind `step`.
  func openLogs(resumingAfter step: Int?) throws(TrainingError) {
    do throws(FileError) {
      metrics = try MetricsWriter(
        path + "/metrics.jsonl", resumingAfter: step.map { Int64($0) })
      events = try EventFileWriter(
        path + "/" + EventFileWriter.fileName, resumingAfter: step.map { Int64($0) },
        now: { Date().timeIntervalSince1970 })
    } catch { throw .file(error) }
  }

  func log(_ report: StepReport, loss: Double) throws(TrainingError) {
    guard report.step % Self.logInterval == 0 else { return }
    try write(
      [("loss", loss), ("learningRate", Double(report.learningRate))], prefix: "step/",
      step: report.step)
  }

  func log(_ record: TrainingProgress.EpochRecord) throws(TrainingError) {
    let values: [(String, Double?)] = [
      ("trainingLoss", record.trainingLoss), ("trainingAccuracy", record.trainingAccuracy),
      ("validationLoss", record.validationLoss),
      ("validationAccuracy", record.validationAccuracy),
    ]
    try write(
      values.compactMap { name, value in value.map { (name, $0) } }, prefix: "epoch/",
      step: record.step, epoch: record.epoch + 1)
  }

  private func write(
    _ values: [(String, Double)], prefix: String, step: Int, epoch: Int? = nil
  ) throws(TrainingError) {
    do throws(FileError) {
      var members = values.map { (key: $0, value: MetricsWriter.Value.number($1)) }
      if let epoch { members.insert((key: "epoch", value: .integer(epoch)), at: 0) }
      try metrics?.write(members, step: Int64(step))
      try events?.write(values.map { (tag: prefix + $0, value: Float($1)) }, step: Int64(step))
    } catch { throw .file(error) }
  }

  /// Puts the logs on disk before a checkpoint that counts on them.
  func synchronize() throws(TrainingError) {
    do throws(FileError) {
      try metrics?.synchronize()
      try events?.synchronize()
    } catch { throw .file(error) }
  }
}

/// Reserves a folder for one process; the system releases it when the process ends, however it
/// does.
private final class FolderLock {
  private let descriptor: Int32

  /// - Throws: `TrainingError.busy` when another run holds the folder. Where the file system knows
  ///   no locks, there is none.
  init(_ path: String) throws(TrainingError) {
    descriptor = open(path, O_RDONLY | O_CLOEXEC)
    if descriptor >= 0, flock(descriptor, LOCK_EX | LOCK_NB) != 0, errno == EWOULDBLOCK {
      close(descriptor)
      throw .busy(path: path)
    }
  }

  deinit { if descriptor >= 0 { close(descriptor) } }
}
