// SPDX-License-Identifier: Apache-2.0
import Network

/// How a classifier normalises pixels in [0, 1] before its first layer: (x − mean) / deviation,
/// channel by channel.
public struct InputNormalization: Equatable, Sendable {
  /// What is subtracted, one number a channel.
  public var mean: [Float]
  /// What is divided by then, one number a channel.
  public var deviation: [Float]

  /// (x − mean) / deviation.
  public init(mean: [Float], deviation: [Float]) {
    self.mean = mean
    self.deviation = deviation
  }

  /// The statistics of ImageNet, as torchvision has them.
  public static let imageNet = InputNormalization(
    mean: [0.485, 0.456, 0.406], deviation: [0.229, 0.224, 0.225])
  /// The statistics of CIFAR-10.
  public static let cifar10 = InputNormalization(
    mean: [0.4914, 0.4822, 0.4465], deviation: [0.2470, 0.2435, 0.2616])
}

extension Graph {
  /// The normalisation as the classifier's own first node: gradients of the image pass through it.
  mutating func normalizedInput(
    _ input: Int, _ normalization: InputNormalization
  ) throws(GraphError) -> Int {
    try add(
      "normalization",
      .channelAffine(
        ChannelAffineLayer(mean: normalization.mean, deviation: normalization.deviation)), [input])
  }
}

/// `channels · factor`, rounded to a multiple of 8 where that is large enough, and at least 4.
func scaled(_ channels: Int, by factor: Float) -> Int {
  let exact = Float(channels) * factor
  return exact >= 16 ? Int((exact / 8).rounded()) * 8 : max(4, Int((exact / 4).rounded()) * 4)
}

/// A small number in names of nodes; string interpolation is too large for boards.
func decimal(_ number: Int) -> String { String(number) }
