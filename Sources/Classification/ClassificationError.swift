// SPDX-License-Identifier: Apache-2.0
public import Network

/// Why a model cannot be used on pictures.
public enum ClassificationError: Error, Equatable, Sendable {
  /// The input is no picture of one or three channels, or there are several inputs.
  case noPictureInput(Shape, inputCount: Int)
  /// The output is no list of classes: the model is an enhancer, or for something else.
  case noClasses(Shape)
  /// The output is no picture: the model is no enhancer.
  case noPictureOutput(Shape)
}

extension ClassificationError: CustomStringConvertible {
  /// One line; follows the model's name.
  public var description: String {
    func text(_ shape: Shape) -> String { "\(shape.height)x\(shape.width)x\(shape.channels)" }
    switch self {
    case .noPictureInput(let shape, let count):
      return count == 1
        ? "takes \(text(shape)) numbers, expected a picture of 1 or 3 channels"
        : "takes \(count) inputs, expected one picture"
    case .noClasses(let shape):
      return "gives \(text(shape)) numbers, expected a number for each class"
    case .noPictureOutput(let shape):
      return "gives \(text(shape)) numbers, expected a picture of 1 or 3 channels"
    }
  }
}
