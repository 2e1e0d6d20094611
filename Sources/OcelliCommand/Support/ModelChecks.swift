// SPDX-License-Identifier: Apache-2.0
import Assessments
import Datasets
import Experiments
import Interchange
import Network
import Ocelli
import Quantization
import SharedCommands

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
    return try model.requiring(role, path)
  }

  /// The same in floats throughout, of memory of its own, whatever the file computes with:
  /// gradients pass.
  func inFloats(as role: Role, from path: String) throws -> Model {
    let model = try withFloatEnds(as: role, from: path)
    do throws(QuantizationError) { return try model.fakeQuantized() } catch {
      throw CommandError("\(path): \(error.message)")
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

extension Model {
  fileprivate func requiring(_ role: Role, _ path: String) throws -> Model {
    guard self.role == role else {
      throw CommandError(
        role == .classifier
          ? "\(path): is an enhancer, expected a classifier"
          : "\(path): is a classifier, expected an enhancer")
    }
    return self
  }

  /// Refuses images and classes, read from `data`, that are not those that the model, read from
  /// `path`, was made for.
  func check(
    _ dataset: Dataset, from data: String, path: String, needsLabels: Bool
  ) throws {
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
      throw CommandError(
        "\(data): \(dataset.classCount) classes, \(path) knows \(labels.count)")
    }
    guard labels == dataset.classNames else {
      throw CommandError(
        "\(data): its classes (\(dataset.classNames.joined(separator: ", "))) are not those of "
          + "\(path) (\(labels.joined(separator: ", ")))")
    }
  }
}
