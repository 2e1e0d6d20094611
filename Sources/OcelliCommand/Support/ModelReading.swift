// SPDX-License-Identifier: Apache-2.0
import Assessments
import Datasets
import Experiments
import Foundation
import Interchange
import Kernels
import Network
import Ocelli
import Quantization
import SharedCommands
import Training

extension Model {
  /// Reads a model in any format that must have this role; it takes and gives floats.
  static func withFloatEnds(contentsOf path: String, as role: Role) throws -> Model {
    try Model(contentsOf: path).withFloatEnds(as: role, from: path)
  }

  /// The same in floats throughout.
  static func inFloats(contentsOf path: String, as role: Role) throws -> Model {
    try Model(contentsOf: path).inFloats(as: role, from: path)
  }

  /// The model, read from `path`, with floats at its ends; it must have this role.
  func withFloatEnds(as role: Role, from path: String) throws -> Model {
    guard let model = try withFloatEnds() else {
      throw CommandError("\(path): no memory to run it")
    }
    try model.require(role, path)
    return model
  }

  /// The same in floats throughout, of memory of its own, whatever the file computes with:
  /// gradients pass.
  func inFloats(as role: Role, from path: String) throws -> Model {
    let model = try withFloatEnds(as: role, from: path)
    do throws(QuantizationError) { return try model.fakeQuantized() } catch {
      throw CommandError("\(path): \(error.message)")
    }
  }

  /// Refuses a model, read from `path`, of another role.
  func require(_ role: Role, _ path: String) throws(CommandError) {
    guard self.role != role else { return }
    throw CommandError(
      role == .classifier
        ? "\(path): is an enhancer, expected a classifier"
        : "\(path): is a classifier, expected an enhancer")
  }

  /// Refuses images and classes, read from `data`, that are not those that the model, read from
  /// `path`, was made for.
  func check(_ dataset: Dataset, from data: String, path: String, needsLabels: Bool) throws {
    let shape = Shape(height: dataset.height, width: dataset.width, channels: 3)
    let input = graph.inputShape
    guard input == shape else {
      let advice = input.height == input.width ? "; use --size \(input.height)" : ""
      throw CommandError("\(data): images of \(shape.text), \(path) takes \(input.text)\(advice)")
    }
    guard needsLabels else { return }
    // A file that names no classes is taken at its number of outputs.
    if labels.isEmpty && graph.outputShape.channels == dataset.classCount { return }
    guard labels.count == dataset.classCount else {
      throw CommandError("\(data): \(dataset.classCount) classes, \(path) knows \(labels.count)")
    }
    guard labels == dataset.classNames else {
      throw CommandError(
        "\(data): its classes (\(dataset.classNames.joined(separator: ", "))) are not those of "
          + "\(path) (\(labels.joined(separator: ", ")))")
    }
  }
}

extension AssessedModel.Part {
  /// Reads a model in any format that must have this role.
  init(contentsOf path: String, as role: Model.Role) throws {
    let file = try Model(contentsOf: path)
    self.init(
      model: try file.withFloatEnds(as: role, from: path),
      inFloats: try file.inFloats(as: role, from: path))
  }
}

/// Reads the model that training starts from.
struct InitialModel {
  let path: String
  let role: Model.Role
  /// Whether training is to round as integers will.
  let isFakeQuantized: Bool

  /// The model in memory of its own, with floats at its ends.
  /// - Parameter images: what the model will be trained on; some of them choose the ranges of its
  ///   integers.
  func load(trainedOn images: Dataset, from data: String, _ pool: ThreadPool) throws -> Model {
    let model = try Model.withFloatEnds(contentsOf: path, as: role)
    try model.check(images, from: data, path: path, needsLabels: role == .classifier)
    do throws(QuantizationError) {
      let isFloat = model.graph.formats.allSatisfy { $0 == .float32 }
      if !isFloat && !isFakeQuantized { throw .alreadyQuantized }
      guard isFloat && isFakeQuantized && !model.isFakeQuantized else {
        return try model.fakeQuantized()
      }
      return try model.fakeQuantized(on: images, pool)
    } catch .alreadyQuantized {
      throw CommandError("\(path): computes with integers; train it with --quantization-aware")
    } catch { throw CommandError("\(path): \(error.message)") }
  }
}

extension ShippedModel {
  /// The path of the shipped classifier: also beside the executable, or in `share/ocelli/weights`
  /// next to the executable's folder.
  static func installed(option: String) throws(CommandError) -> String {
    let folder = URL(filePath: Bundle.main.executablePath ?? "").resolvingSymlinksInPath()
      .deletingLastPathComponent()
    let folders = [
      folder.appending(path: "weights/"),
      folder.deletingLastPathComponent().appending(path: "share/ocelli/weights/"),
    ]
    return try path(orIn: folders.map { $0.path(percentEncoded: false) }, option: option)
  }
}
