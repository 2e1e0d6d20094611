// SPDX-License-Identifier: Apache-2.0
import Datasets
import Foundation
public import Network

/// Reads the model files that an experiment names.
public struct ModelFiles {
  /// A model with floats at its ends, from a file of any format.
  public var load: (_ path: String) throws -> Model

  public init(load: @escaping (_ path: String) throws -> Model) { self.load = load }

  /// A hash of the file's bytes.
  func content(of path: String) throws -> String {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw ExperimentError("\(path): cannot be read: expected a classifier")
    }
    return ContentHash(of: Array(data)).description
  }
}
