// SPDX-License-Identifier: Apache-2.0
import Datasets
import Foundation
import Interchange
import Network

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
          name: "average/" + entry.name, elementType: .float32,
          shape: entry.declaration.dimensions,
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

  /// Starts the run's logs anew, or goes on from the folder's checkpoint.
  public func begin(resuming: Bool) throws(TrainingError) {
    guard let folder else { return }
    guard resuming && folder.hasCheckpoint else {
      try folder.openLogs(resumingAfter: nil)
      return
    }
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
    else {
      throw .model(ModelFileError(path: path, problem: "its progress is not readable"))
    }
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
