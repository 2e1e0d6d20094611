// SPDX-License-Identifier: Apache-2.0
import Foundation
import Interchange
public import Network

/// Models as safetensors files: every parameter under its name; graph, role and labels in the
/// metadata.
public enum ModelFile {
  /// Reads a model, or the model in a checkpoint.
  public static func load(_ path: String) throws(ModelFileError) -> Model {
    let file: SafetensorsFile
    do throws(SafetensorsError) { file = try SafetensorsFile(path) } catch {
      throw ModelFileError(path: path, problem: error.problem.description)
    }
    return try model(in: file)
  }

  /// Writes a model, as a whole or not at all.
  public static func save(
    _ model: Model, notes: [String: String] = [:], to path: String
  ) throws(ModelFileError) {
    do {
      try SafetensorsWriter.write(
        entries(of: model.parameters), metadata: try metadata(of: model).merging(notes) { $1 },
        to: path)
    } catch let error as SafetensorsError {
      throw ModelFileError(path: path, problem: error.problem.description)
    } catch { throw ModelFileError(path: path, problem: "\(error)") }
  }

  static func metadata(of model: Model) throws -> [String: String] {
    [
      "format": "ocelli", "graph": try GraphDocument(model.graph).json(),
      "role": model.role == .classifier ? "classifier" : "enhancer",
      "labels": String(decoding: try JSONEncoder().encode(model.labels), as: UTF8.self),
    ]
  }

  /// The parameters as tensors to be written. They must outlive the writing.
  static func entries(of store: ParameterStore) -> [SafetensorsEntry] {
    store.entries.map { entry in
      SafetensorsEntry(
        name: entry.name, elementType: .float32, shape: entry.declaration.dimensions,
        bytes: UnsafeRawBufferPointer(store.values(of: entry)))
    }
  }

  static func model(in file: SafetensorsFile) throws(ModelFileError) -> Model {
    func fail(_ problem: String) -> ModelFileError {
      ModelFileError(path: file.path, problem: problem)
    }
    guard let json = file.metadata["graph"] else {
      throw fail("holds no graph in its metadata; it was not written by ocelli")
    }
    let graph: Graph
    do { graph = try GraphDocument(json: json).graph() } catch let error as GraphError {
      throw fail(error.message)
    } catch let error as GraphDocumentError { throw fail(error.message) } catch {
      throw fail("the graph in its metadata is not what this version writes")
    }
    let labels = file.metadata["labels"].flatMap {
      try? JSONDecoder().decode([String].self, from: Data($0.utf8))
    }
    let role: Model.Role = file.metadata["role"] == "enhancer" ? .enhancer : .classifier
    if role == .classifier, labels?.count != graph.outputShape.channels {
      throw fail(
        "has \(labels?.count ?? 0) labels, its graph \(graph.outputShape.channels) outputs")
    }
    guard let parameters = ParameterStore(graph) else { throw fail("does not fit into memory") }
    if let problem = fill(parameters, from: file) { throw fail(problem) }
    return Model(role: role, graph: graph, parameters: parameters, labels: labels ?? [])
  }

  /// Reads every parameter of `store`; what is wrong when one is missing or has another shape.
  static func fill(_ store: ParameterStore, from file: SafetensorsFile) -> String? {
    for entry in store.entries {
      let name = entry.name
      guard let tensor = file.tensor(named: name) else { return "lacks the tensor '\(name)'" }
      guard tensor.shape == entry.declaration.dimensions else {
        return
          "tensor '\(name)' has shape \(tensor.shape), expected \(entry.declaration.dimensions)"
      }
      tensor.copyFloats(into: store.values(of: entry))
      guard store.values(of: entry).allSatisfy(\.isFinite) else {
        return "tensor '\(name)' holds numbers that are not finite"
      }
    }
    return nil
  }
}

/// What is wrong with a model file.
public struct ModelFileError: Error, Equatable, CustomStringConvertible {
  /// The file.
  public var path: String
  /// What is wrong with it.
  public var problem: String

  /// An error of the file at `path`.
  public init(path: String, problem: String) { (self.path, self.problem) = (path, problem) }

  /// One line for people.
  public var description: String { message }

  /// One line for people.
  public var message: String { problem.hasPrefix(path) ? problem : "\(path): \(problem)" }
}
