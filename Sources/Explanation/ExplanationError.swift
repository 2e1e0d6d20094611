// SPDX-License-Identifier: Apache-2.0
public import Network

/// Why there is no explanation.
public indirect enum ExplanationError: Error, Equatable, Sendable, CustomStringConvertible {
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
  /// No class of the model has this name or number.
  case unknownLabel(String, labels: [String])
  /// The model has no form in floats, for the reason given.
  case notInFloats(String)
  /// An enhancer's images are not what the classifier takes.
  case mismatch(output: Shape, taker: String, input: Shape)
  /// Numbers of the network, or of a method, are not finite for this picture.
  case overflow(of: String)
  /// There is no memory for so many bytes: use a smaller model.
  case outOfMemory(byteCount: Int)
  /// The error of the model that the caller calls so.
  case of(model: String, ExplanationError)

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
    case .unknownLabel(let text, let labels):
      "has no class '\(text)': it knows \(labels.joined(separator: ", "))"
    case .notInFloats(let problem): problem
    case .mismatch(let output, let taker, let input):
      "makes images of \(output.text), \(taker) takes \(input.text)"
    case .overflow(let culprit): "not explained: \(culprit) overflows on it"
    case .of(let model, let error): "\(model): \(error)"
    case .outOfMemory(let byteCount): "no memory for \(byteCount / 1_000_000) MB"
    }
  }
}
