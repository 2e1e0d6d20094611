// SPDX-License-Identifier: Apache-2.0

/// One sRGB colour of 8 bits a channel.
public struct Color: Equatable, Sendable {
  public var red: UInt8
  public var green: UInt8
  public var blue: UInt8

  public init(red: UInt8, green: UInt8, blue: UInt8) {
    self.red = red
    self.green = green
    self.blue = blue
  }

  /// Channels from 0 to 1, clamped and rounded.
  public init(red: Float, green: Float, blue: Float) {
    self.init(red: byte(red), green: byte(green), blue: byte(blue))
  }

  public static let white = Color(red: UInt8(255), green: 255, blue: 255)
  public static let ink = Color(red: UInt8(34), green: 34, blue: 34)
  public static let faint = Color(red: UInt8(120), green: 120, blue: 120)
  /// Of what is right.
  public static let positive = Color(red: UInt8(26), green: 138, blue: 74)
  /// Of what is wrong.
  public static let negative = Color(red: UInt8(200), green: 48, blue: 44)

  /// The mixture of `1 - amount` of this colour and `amount` of `other`.
  public func mixed(with other: Color, amount: Float) -> Color {
    func mix(_ a: UInt8, _ b: UInt8) -> Float {
      (Float(a) + (Float(b) - Float(a)) * amount) / 255
    }
    return Color(
      red: mix(red, other.red), green: mix(green, other.green), blue: mix(blue, other.blue))
  }
}
