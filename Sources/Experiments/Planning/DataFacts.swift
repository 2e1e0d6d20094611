// SPDX-License-Identifier: Apache-2.0
package import Datasets
import Foundation
package import Network

/// Facts about the images that results were measured on.
package struct DataFacts: Codable, Equatable, Sendable {
  /// Images in the training part, including those held out.
  package var training: Int
  package var test: Int
  package var height: Int
  package var width: Int
  package var classes: [String]
  /// Test images that are training images, too, before both are reduced.
  package var overlap: Int
  /// A hash of all images and labels, 32 hexadecimal digits.
  package var content: String

  package init(_ parts: DataSpecification.Parts) {
    training = parts.training.count
    test = parts.test.count
    height = parts.training.height
    width = parts.training.width
    classes = parts.training.classNames
    overlap = parts.overlapCount
    let hashes = [parts.training, parts.test, parts.cleanTraining, parts.cleanTest].map {
      $0?.contentHash.description ?? ""
    }
    content = ContentHash(of: Array(hashes.joined(separator: " ").utf8)).description
  }
}

/// Reads the model files that an experiment names.
package final class ModelFiles {
  /// A model with floats at its ends, from a file of any format.
  package let load: (_ path: String) throws -> Model
  private var graphs: [String: Graph] = [:]
  private var contents: [String: String] = [:]

  package init(load: @escaping (_ path: String) throws -> Model) { self.load = load }

  /// The graph of a file's model, which is read once.
  func graph(of path: String) throws -> Graph {
    if let graph = graphs[path] { return graph }
    let graph = try load(path).graph
    graphs[path] = graph
    return graph
  }

  /// A hash of the file's bytes, which are read once.
  func content(of path: String) throws -> String {
    if let content = contents[path] { return content }
    guard let data = FileManager.default.contents(atPath: path) else {
      throw ExperimentError("\(path): cannot be read: expected a classifier")
    }
    let content = ContentHash(of: Array(data)).description
    contents[path] = content
    return content
  }
}
