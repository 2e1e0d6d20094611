// SPDX-License-Identifier: Apache-2.0
import Kernels

/// How a picture becomes the input of a model, channel by channel:
///
///     x = (level − mean) / deviation,   level in 0...255
///
/// after the picture was brought to the input's size. A model of three channels takes red, green
/// and blue, a model of one the luma of ITU-R BT.601.
public struct Preprocessing: Equatable, Sendable {
  /// What of a picture is resized to the input's size, where its sides are in another proportion.
  public enum Crop: Equatable, Sendable {
    /// All of it: the picture is stretched.
    case stretch
    /// The largest part in the middle that has the input's proportion.
    case center
  }

  /// One for all channels, or one a channel.
  public var mean: [Float]
  /// One for all channels, or one a channel; not 0.
  public var deviation: [Float]
  /// What of a picture is taken.
  public var crop: Crop

  /// (level − mean) / deviation.
  public init(mean: [Float], deviation: [Float], crop: Crop = .stretch) {
    self.mean = mean
    self.deviation = deviation
    self.crop = crop
  }

  /// Levels in [0, 1]: what the models that Ocelli trains take.
  public static let unitRange = Preprocessing(mean: [0], deviation: [255])

  /// What a model takes whose file does not say it: floats in [0, 1]; of integers the whole range,
  /// so that each level is an integer of its own.
  public init(impliedBy format: ValueFormat) {
    switch format {
    case .float32: self = .unitRange
    case .int8(let quantization):
      self.init(mean: [Float(quantization.zeroPoint + 128)], deviation: [1 / quantization.scale])
    case .uint8(let quantization):
      self.init(mean: [Float(quantization.zeroPoint)], deviation: [1 / quantization.scale])
    }
  }

  /// Whether the numbers can be used for this many channels.
  public func fits(channels: Int) -> Bool {
    func fits(_ numbers: [Float]) -> Bool {
      (numbers.count == 1 || numbers.count == channels) && numbers.allSatisfy { $0.isFinite }
    }
    return fits(mean) && fits(deviation) && !deviation.contains(0)
  }

  /// The number that stands for `level`, which need not be whole, in a channel.
  public func value(ofLevel level: Float, channel: Int) -> Float {
    (level - mean[mean.count == 1 ? 0 : channel]) / deviation[deviation.count == 1 ? 0 : channel]
  }

  /// The level, not rounded and not limited, that a number of a channel stands for.
  public func level(ofValue value: Float, channel: Int) -> Float {
    value * deviation[deviation.count == 1 ? 0 : channel] + mean[mean.count == 1 ? 0 : channel]
  }
}
