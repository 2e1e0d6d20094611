// SPDX-License-Identifier: Apache-2.0
import Datasets
import Foundation
import Interchange
import Network
import Text

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
    return names.map { "\($0) \(saved[$0] ?? "none"), not \(own[$0] ?? "none")" }
      .joined(separator: "; ")
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
