// SPDX-License-Identifier: Apache-2.0
public import Imaging
import Network

/// The differences between two images at each pixel, in the numbers' own unit.
public struct DifferenceMaps: Equatable, Sendable {
  /// The mean over the channels of |b − a|.
  public let absolute: HeatMap
  /// The mean over the channels of b − a.
  public let signed: HeatMap
  /// b − a of each number.
  public let differences: [Float]

  /// - Parameters:
  ///   - before: a, height × width × channels numbers.
  ///   - after: b, of the same size.
  public init(from before: [Float], to after: [Float], height: Int, width: Int) {
    precondition(before.count == after.count, "images of one size are compared")
    let channels = before.count / max(1, height * width)
    let differences = zip(before, after).map { $1 - $0 }
    func means(_ term: (Float) -> Float) -> HeatMap {
      HeatMap(
        width: width, height: height,
        values: (0..<height * width).map { pixel in
          differences[pixel * channels..<(pixel + 1) * channels].reduce(0) { $0 + term($1) }
            / Float(channels)
        })
    }
    absolute = means { $0.magnitude }
    signed = means { $0 }
    self.differences = differences
  }

  /// The magnitudes as a picture, each channel by itself: 0 is black and `limit` full.
  public func picture(limit: Float) -> Image {
    let channels = differences.count / max(1, absolute.values.count)
    return Image(
      differences.map { $0.magnitude / limit },
      Shape(height: absolute.height, width: absolute.width, channels: channels))
  }
}
