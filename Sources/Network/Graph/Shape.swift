// SPDX-License-Identifier: Apache-2.0

/// The extents of one example of a batch: height × width × channels. A vector of n is 1 × 1 × n.
public struct Shape: Equatable, Hashable, Sendable {
  /// Rows.
  public var height: Int
  /// Columns.
  public var width: Int
  /// Numbers of each pixel.
  public var channels: Int

  /// Images of height × width pixels.
  public init(height: Int, width: Int, channels: Int) {
    self.height = height
    self.width = width
    self.channels = channels
  }

  /// Elements of one example.
  public var elementCount: Int { height * width * channels }
}

extension Shape {
  /// `elementCount`, or `nil` when it is not positive or beyond 2³¹ − 1.
  var checkedElementCount: Int? {
    guard height > 0, width > 0, channels > 0 else { return nil }
    let (area, overflow) = height.multipliedReportingOverflow(by: width)
    let (count, overflow2) = area.multipliedReportingOverflow(by: channels)
    return overflow || overflow2 || count > Int(Int32.max) ? nil : count
  }
}

extension Shape {
  /// `height×width×channels`.
  public var text: String { "\(height)×\(width)×\(channels)" }
}
