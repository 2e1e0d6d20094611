// SPDX-License-Identifier: Apache-2.0
import Datasets
import Foundation
import Interchange
import Network
import Platform
import Text

extension Trainer {
  /// Writes the whole state, as a whole or not at all.
  func save() throws(TrainingError) {
    guard let folder else { return }
    try folder.synchronize()
    if task.phase == .enhance {
      session.parameters.extractParameters(
        into: task.savedModel.parameters, prefix: Model.enhancerPrefix)
    }
    var entries = ModelFile.entries(of: task.savedModel.parameters)
    for (name, values) in optimizer.state {
      entries.append(
        SafetensorsEntry(
          name: "optimizer/" + name, elementType: .float32, shape: [values.count],
          bytes: UnsafeRawBufferPointer(values)))
    }
    if let average {
      let store = average.average
      entries += trainedEntries(of: store).map { entry in
        SafetensorsEntry(
          name: "average/" + entry.name, elementType: .float32, shape: entry.declaration.dimensions,
          bytes: UnsafeRawBufferPointer(store.values(of: entry)))
      }
    }
    do {
      var metadata = try ModelFile.metadata(of: task.savedModel)
      metadata["progress"] = try Self.json(progress)
      metadata["identity"] = try Self.json(identity)
      try SafetensorsWriter.write(entries, metadata: metadata, to: folder.checkpointPath)
    } catch let error as SafetensorsError {
      throw .model(ModelFileError(path: folder.checkpointPath, problem: error.problem.description))
    } catch { throw .mismatch("\(error)") }
  }

  /// Writes the model as it would be used: averaged, the enhancer alone.
  func saveBest() throws(TrainingError) {
    guard let folder else { return }
    var model = task.savedModel
    if task.phase == .enhance { extractEnhancer() } else { model.parameters = evaluatedParameters }
    do throws(ModelFileError) { try ModelFile.save(model, to: folder.bestPath) } catch {
      throw .model(error)
    }
  }

  /// Starts new logs, or continues from the folder's checkpoint.
  public func begin(resuming: Bool) throws(TrainingError) {
    guard let folder else { return }
    guard resuming && folder.hasCheckpoint else { return try folder.openLogs(resumingAfter: nil) }
    let path = folder.checkpointPath
    let file: SafetensorsFile
    do throws(SafetensorsError) { file = try SafetensorsFile(path) } catch {
      throw .model(ModelFileError(path: path, problem: error.problem.description))
    }
    try checkIdentity(file)
    guard let json = file.metadata["progress"],
      let saved = try? JSONDecoder().decode(TrainingProgress.self, from: Data(json.utf8)),
      (0...options.epochs).contains(saved.position.epoch),
      (0..<loader.batchesPerEpoch).contains(saved.position.batch), saved.step >= 0
    else { throw .model(ModelFileError(path: path, problem: "its progress is not readable")) }
    if let problem = restore(from: file) {
      throw .model(ModelFileError(path: path, problem: problem))
    }
    progress = saved
    optimizer.resume(stepCount: saved.step)
    if saved.position.epoch < options.epochs { loader.seek(to: saved.position) }
    try folder.openLogs(resumingAfter: saved.step)
  }

  /// Parameters, moments and averages; what is wrong when one is missing.
  private func restore(from file: SafetensorsFile) -> String? {
    if let problem = ModelFile.fill(task.savedModel.parameters, from: file) { return problem }
    if task.phase == .enhance {
      session.parameters.copyParameters(
        from: task.savedModel.parameters, prefix: Model.enhancerPrefix)
    }
    var targets = optimizer.state.map { ("optimizer/" + $0.name, $0.values) }
    if let average {
      average.average.copyParameters(from: session.parameters)
      targets += trainedEntries(of: average.average).map {
        ("average/" + $0.name, average.average.values(of: $0))
      }
    }
    for (name, values) in targets {
      guard let tensor = file.tensor(named: name), tensor.elementCount == values.count else {
        return "lacks the tensor '\(name)' of \(values.count) elements"
      }
      tensor.copyFloats(into: values)
    }
    return nil
  }

  /// What a frozen classifier's average would be is the classifier itself: only the rest is saved.
  private func trainedEntries(of store: ParameterStore) -> [ParameterStore.Entry] {
    store.entries.filter { !task.frozenNodes.contains($0.node) }
  }

  static func json(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }
}

/// What must be the same for a resumed run.
struct RunIdentity: Codable, Equatable {
  var phase: TrainingTask.Phase
  var options: TrainingOptions
  var trainingData: String
  var validationData: String?
  var frozenParameters: String
  var loss: String
  var targets: String?

  /// The first thing that differs from the checkpoint's `saved`, for people.
  func difference(from saved: RunIdentity) -> String? {
    if saved.phase != phase { return "of the phase \(saved.phase.rawValue)" }
    if saved.options != options {
      return Self.difference(Self.members(saved.options), Self.members(options))
    }
    if saved.trainingData != trainingData { return "other training images" }
    if saved.validationData != validationData { return "other validation images" }
    if saved.loss != loss { return "loss \(saved.loss), not \(loss)" }
    if saved.targets != targets { return "other targets of the reconstruction" }
    return saved.frozenParameters == frozenParameters ? nil : "another classifier"
  }

  /// Such as "epochs 10, not 20".
  private static func difference(_ saved: [String: String], _ own: [String: String]) -> String {
    let names = Set(saved.keys).union(own.keys).sorted().filter { saved[$0] != own[$0] }
    return names.map { "\($0) \(saved[$0] ?? "none"), not \(own[$0] ?? "none")" }.joined(
      separator: "; ")
  }

  /// All options by name, those of the augmentation among them.
  private static func members(_ options: TrainingOptions) -> [String: String] {
    var texts: [String: String] = [:]
    func collect(_ value: JSONValue, _ name: String) {
      guard case .object(let members) = value else {
        if case .string(let text) = value { texts[name] = text } else { texts[name] = value.text }
        return
      }
      for member in members {
        collect(
          member.value,
          name.isEmpty || name == "augmentation" ? member.key : "\(name).\(member.key)")
      }
    }
    guard let data = try? JSONEncoder().encode(options),
      let value = try? data.withUnsafeBytes({ try JSONReader.read($0) })
    else { return [:] }
    collect(value, "")
    return texts
  }
}

extension Trainer {
  var identity: RunIdentity {
    RunIdentity(
      phase: task.phase, options: options, trainingData: task.training.contentHash.description,
      validationData: task.validation?.contentHash.description,
      frozenParameters: String(frozenHash, radix: 16),
      loss: task.terms.map(\.name).joined(separator: " + "),
      targets: task.needsImages ? task.cleanTraining?.contentHash.description : nil)
  }

  /// FNV-1a over the bits of all frozen parameters.
  private var frozenHash: UInt64 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for entry in session.parameters.entries where task.frozenNodes.contains(entry.node) {
      for value in session.parameters.values(of: entry) {
        hash = (hash ^ UInt64(value.bitPattern)) &* 0x0000_0100_0000_01B3
      }
    }
    return hash
  }

  /// Refuses a checkpoint of another run, and says what differs.
  func checkIdentity(_ file: SafetensorsFile) throws(TrainingError) {
    guard let json = file.metadata["identity"],
      let saved = try? JSONDecoder().decode(RunIdentity.self, from: Data(json.utf8))
    else {
      throw .model(
        ModelFileError(path: file.path, problem: "holds a model, not the state of a run"))
    }
    if let difference = identity.difference(from: saved) {
      throw .otherRun(path: file.path, difference: difference)
    }
    let graph = try? GraphDocument(task.savedModel.graph).json()
    if file.metadata["graph"] != graph {
      throw .otherRun(path: file.path, difference: "another architecture or image size")
    }
  }
}

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
      metrics = try MetricsWriter(path + "/metrics.jsonl", resumingAfter: step.map { Int64($0) })
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
      ("validationLoss", record.validationLoss), ("validationAccuracy", record.validationAccuracy),
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
