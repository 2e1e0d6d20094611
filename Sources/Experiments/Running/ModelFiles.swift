// SPDX-License-Identifier: Apache-2.0
import Datasets
import Foundation
public import Network

/// Reads the model files that an experiment names.
public final class ModelFiles {
  /// A model with floats at its ends, from a file of any format.
  public let load: (_ path: String) throws -> Model
  private var graphs: [String: Graph] = [:]
  private var contents: [String: String] = [:]

  public init(load: @escaping (_ path: String) throws -> Model) { self.load = load }

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
