// SPDX-License-Identifier: Apache-2.0
import Imaging
import Kernels
import Network
import Testing

/// Models without weights, whose answers are known.
enum SmallModel {
  /// int8 numbers that are levels minus 128, of a model that takes levels in [0, 1].
  static let unitBytes = ValueFormat.int8(AffineQuantization(scale: 1 / 255, zeroPoint: -128))

  /// Classifies by colour: the mean of each channel.
  static func colors(
    height: Int = 4, width: Int = 4, channels: Int = 3, _ format: ValueFormat = .float32,
    endsInSoftmax: Bool = false, preprocessing: Preprocessing = .unitRange,
    labels: [String] = ["red", "green", "blue"]
  ) throws -> Model {
    var graph = Graph()
    try graph.add(
      "image", .input(InputLayer(Shape(height: height, width: width, channels: channels))),
      format: format)
    try graph.add("mean", .globalAverage(GlobalAverageLayer()), [0], format: format)
    if endsInSoftmax { try graph.add("softmax", .softmax(SoftmaxLayer()), [1]) }
    return Model(
      role: .classifier, graph: graph, parameters: try #require(ParameterStore(graph)),
      labels: labels, preprocessing: preprocessing)
  }

  /// Gives the picture as it was, from numbers of one format in numbers of another.
  static func identity(
    height: Int = 4, width: Int = 4, channels: Int = 3, _ input: ValueFormat, _ output: ValueFormat,
    preprocessing: Preprocessing = .unitRange
  ) throws -> Model {
    var graph = Graph()
    try graph.add(
      "image", .input(InputLayer(Shape(height: height, width: width, channels: channels))),
      format: input)
    if input == output {
      try graph.add("same", .activation(ActivationLayer(.relu)), [0], format: output)
    } else {
      try graph.add("converted", .conversion(ConversionLayer()), [0], format: output)
    }
    return Model(
      role: .enhancer, graph: graph, parameters: try #require(ParameterStore(graph)),
      preprocessing: preprocessing)
  }

  /// A picture of all levels.
  static func picture(height: Int = 4, width: Int = 4) -> Image {
    Image(
      width: width, height: height,
      pixels: (0..<3 * height * width).map { UInt8(truncatingIfNeeded: 37 &* $0 &+ 11) })
  }
}
