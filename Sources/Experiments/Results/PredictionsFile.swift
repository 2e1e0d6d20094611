// SPDX-License-Identifier: Apache-2.0
import Interchange
import Kernels
package import Training

/// A model's predictions for every image as a safetensors file, from which statistics can be
/// computed again.
///
/// For each part `test` and, where it was measured, `training`: `PART/labels` and `PART/classes`
/// (I32), `PART/confidences` (F32, the probability of the predicted class) and `PART/losses` (F32,
/// −log of the probability of the true class), in the order of the data set's images.
package enum PredictionsFile {
  static func write(
    _ parts: [(name: String, predictions: Predictions)], to path: String
  ) throws(SafetensorsError) {
    try SafetensorsWriter.write(
      parts.flatMap { name, predictions in
        let shape = [predictions.labels.count]
        return [
          SafetensorsEntry(
            name: name + "/labels", shape: shape, integers: predictions.labels.map { Int32($0) }),
          SafetensorsEntry(
            name: name + "/classes", shape: shape, integers: predictions.classes.map { Int32($0) }),
          SafetensorsEntry(
            name: name + "/confidences", shape: shape, floats: predictions.confidences),
          SafetensorsEntry(name: name + "/losses", shape: shape, floats: predictions.losses),
        ]
      }, to: path)
  }

  /// Reads one part of a file.
  ///
  /// - Throws: `ExperimentError` when the file lacks the part or is damaged.
  package static func read(
    _ path: String, part: String = "test"
  ) throws(ExperimentError) -> Predictions {
    let file: SafetensorsFile
    do throws(SafetensorsError) { file = try SafetensorsFile(path) } catch {
      throw ExperimentError("\(path): \(error.problem.description)")
    }
    func values(_ name: String) throws(ExperimentError) -> [Float] {
      guard let tensor = file.tensor(named: "\(part)/\(name)") else {
        throw ExperimentError("\(path): lacks the tensor '\(part)/\(name)'")
      }
      return tensor.floats()
    }
    let (labels, classes) = (try values("labels"), try values("classes"))
    let (confidences, losses) = (try values("confidences"), try values("losses"))
    guard Set([labels.count, classes.count, confidences.count, losses.count]).count == 1,
      (labels + classes).allSatisfy({ $0 >= 0 && $0 < 1e6 }),
      (confidences + losses).allSatisfy(\.isFinite)
    else { throw ExperimentError("\(path): its tensors of '\(part)' do not fit together") }
    var predictions = Predictions()
    predictions.labels = labels.map { Int($0) }
    predictions.classes = classes.map { Int($0) }
    predictions.confidences = confidences
    predictions.losses = losses
    predictions.trueProbabilities = losses.map { ElementaryFunctions.exp(-$0) }
    return predictions
  }
}
