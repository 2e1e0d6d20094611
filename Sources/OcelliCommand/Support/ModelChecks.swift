// SPDX-License-Identifier: Apache-2.0
import Datasets
import Interchange
import Network
import Training

extension ModelFile {
  /// Reads a model that must have this role.
  static func load(_ path: String, as role: Model.Role) throws -> Model {
    let model = try load(path)
    guard model.role == role else {
      throw CommandError(
        role == .classifier
          ? "\(path): is an enhancer, expected a classifier"
          : "\(path): is a classifier, expected an enhancer")
    }
    return model
  }
}

extension DataOptions {
  /// Refuses a model, read from `path`, that was made for other images or classes than `dataset`'s.
  func check(
    _ model: Model, _ path: String, _ dataset: Dataset, needsLabels: Bool
  ) throws {
    let shape = Shape(height: dataset.height, width: dataset.width, channels: 3)
    let input = model.graph.inputShape
    guard input == shape else {
      let advice = input.height == input.width ? "; use --size \(input.height)" : ""
      throw CommandError("\(data): images of \(shape.text), \(path) takes \(input.text)\(advice)")
    }
    guard needsLabels else { return }
    guard model.labels.count == dataset.classCount else {
      throw CommandError(
        "\(data): \(dataset.classCount) classes, \(path) knows \(model.labels.count)")
    }
    guard model.labels == dataset.classNames else {
      throw CommandError(
        "\(data): its classes (\(dataset.classNames.joined(separator: ", "))) are not those of "
          + "\(path) (\(model.labels.joined(separator: ", ")))")
    }
  }
}
