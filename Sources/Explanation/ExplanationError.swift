// SPDX-License-Identifier: Apache-2.0

/// Why there is no explanation.
public enum ExplanationError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The model computes with integers: explain its `fakeQuantized` form.
  case integers
  /// The model's output is no row of class scores: give a classifier.
  case noClassifier
  /// There is no such node: names are those that `ocelli model info` lists.
  case unknownLayer(String)
  /// The node is no map of the image between the input and the scores: name another.
  case unusableLayer(String)
  /// No layer has a map of at least `side` pixels a side: name one.
  case noLayer(side: Int)
  /// The class is not one of the model's.
  case unknownClass(Int, classCount: Int)
  case outOfMemory(byteCount: Int)

  /// One line; follows the file's name.
  public var description: String {
    switch self {
    case .integers: "computes with integers"
    case .noClassifier: "is no classifier: its output is an image"
    case .unknownLayer(let name): "has no layer '\(name)'; `ocelli model info` lists them"
    case .unusableLayer(let name):
      "layer '\(name)' is no map between the image and the classes; name a convolution"
    case .noLayer(let side):
      "no layer has a map of at least \(side)×\(side) pixels; name one with --layer"
    case .unknownClass(let index, let classCount):
      "has no class \(index): it knows \(classCount), counted from 0"
    case .outOfMemory(let byteCount): "no memory for \(byteCount / 1_000_000) MB"
    }
  }
}
