// SPDX-License-Identifier: Apache-2.0
import Network

/// What is wrong with the examples that a model was calibrated on.
public enum CalibrationWarning: Equatable, Sendable {
  /// All inputs were the same number: those are not images.
  case constantInput
  /// The inputs were not within 0 to 1, where images are: they were scaled twice, or not at all.
  case inputOutOfRange(minimum: Float, maximum: Float)
  /// Fewer than 100 examples: ranges may be too narrow.
  case fewExamples(Int)
}

extension CalibrationWarning {
  /// One line for people.
  public var message: String {
    switch self {
    case .constantInput: "all calibration images are of one colour"
    case .inputOutOfRange(let minimum, let maximum):
      "calibration images span \(minimum) to \(maximum), expected 0 to 1"
    case .fewExamples(let count):
      "\(count) calibration images are few; expected 100 or more"
    }
  }
}

extension Calibrator {
  /// What is wrong with the examples seen.
  public var warnings: [CalibrationWarning] {
    var result: [CalibrationWarning] = []
    let input = statistics[session.plan.graph.inputs[0]]
    if exampleCount < 100 { result.append(.fewExamples(exampleCount)) }
    if input.isConstant { result.append(.constantInput) }
    if input.minimum < 0 || input.maximum > 1 || input.maximum < 1.0 / 64 {
      result.append(.inputOutOfRange(minimum: input.minimum, maximum: input.maximum))
    }
    return result
  }
}
