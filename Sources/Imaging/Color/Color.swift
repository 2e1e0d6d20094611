// SPDX-License-Identifier: Apache-2.0

/// One sRGB colour of 8 bits a channel.
public struct Color: Equatable, Sendable {
  /// Red, from 0 to 255.
  public var red: UInt8
  /// Green, from 0 to 255.
  public var green: UInt8
  /// Blue, from 0 to 255.
  public var blue: UInt8

  /// A colour by its levels.
  public init(red: UInt8, green: UInt8, blue: UInt8) {
    (self.red, self.green, self.blue) = (red, green, blue)
  }

  /// Channels from 0 to 1, clamped and rounded.
  public init(red: Float, green: Float, blue: Float) {
    self.init(red: byte(red), green: byte(green), blue: byte(blue))
  }

  /// The background of drawings.
  public static let white = Color(red: UInt8(255), green: 255, blue: 255)
  /// Of text.
  public static let ink = Color(red: UInt8(34), green: 34, blue: 34)
  /// Of captions.
  public static let faint = Color(red: UInt8(120), green: 120, blue: 120)
  /// Of what is right.
  public static let positive = Color(red: UInt8(26), green: 138, blue: 74)
  /// Of what is wrong.
  public static let negative = Color(red: UInt8(200), green: 48, blue: 44)

  /// The mixture of `1 - amount` of this colour and `amount` of `other`.
  public func mixed(with other: Color, amount: Float) -> Color {
    func mix(_ a: UInt8, _ b: UInt8) -> Float { (Float(a) + (Float(b) - Float(a)) * amount) / 255 }
    return Color(
      red: mix(red, other.red), green: mix(green, other.green), blue: mix(blue, other.blue))
  }
}

/// Colours for numbers from 0 to 1.
public enum ColorMap: Sendable, CaseIterable {
  /// Blue, cyan, yellow, red: common in papers, but not perceptually uniform.
  case jet
  /// Dark violet to yellow, perceptually uniform.
  case viridis
  /// Jet's hues, smoother.
  case turbo
  /// Blue below one half, white at it, red above: for numbers with a sign.
  case diverging
  case grey

  /// The colour of a number, which is clamped; NaN is taken for 0.
  public func color(at value: Float) -> Color {
    let v = value > 0 ? min(value, 1) : 0
    switch self {
    case .jet:
      return Color(
        red: 1.5 - (4 * v - 3).magnitude, green: 1.5 - (4 * v - 2).magnitude,
        blue: 1.5 - (4 * v - 1).magnitude)
    case .viridis: return ViridisPolynomial.color(at: v)
    case .turbo: return TurboPolynomial.color(at: v)
    case .diverging: return DivergingScale.color(at: v)
    case .grey: return Color(red: v, green: v, blue: v)
    }
  }

  /// The colours of 0/255, 1/255, …, 255/255.
  package var table: [Color] { (0..<256).map { color(at: Float($0) / 255) } }
}

/// Matplotlib's viridis (CC0) as polynomials of degree 6, within 3 of 255 levels.
enum ViridisPolynomial {
  static func color(at v: Float) -> Color {
    Color(
      red: polynomial(
        v, (0.2777273, 0.1050930, -0.3308618, -4.6342305, 6.2282699, 4.7763850, -5.4354559)),
      green: polynomial(
        v, (0.0054073, 1.4046135, 0.2148476, -5.7991010, 14.1799334, -13.7451454, 4.6458526)),
      blue: polynomial(
        v, (0.3340998, 1.3845902, 0.0950952, -19.3324410, 56.6905526, -65.3530326, 26.3124352)))
  }
}

/// Turbo (A. Mikhailov, 2019, ai.googleblog.com, Apache-2.0) as the polynomials of degree 5
/// published with it.
enum TurboPolynomial {
  static func color(at v: Float) -> Color {
    Color(
      red: polynomial(
        v, (0.13572138, 4.61539260, -42.66032258, 132.13108234, -152.94239396, 59.28637943, 0)),
      green: polynomial(
        v, (0.09140261, 2.19418839, 4.84296658, -14.18503333, 4.27729857, 2.82956604, 0)),
      blue: polynomial(
        v, (0.10667330, 12.64194608, -60.58204836, 110.36276771, -89.90310912, 27.34824973, 0)))
  }
}

/// The 11-class RdBu of ColorBrewer (C. Brewer, Apache-2.0) from blue to red, straight lines
/// between.
enum DivergingScale {
  private static let anchors: [UInt32] = [
    0x053061, 0x2166AC, 0x4393C3, 0x92C5DE, 0xD1E5F0, 0xF7F7F7, 0xFDDBC7, 0xF4A582, 0xD6604D,
    0xB2182B, 0x67001F,
  ]

  static func color(at v: Float) -> Color {
    let position = v * Float(anchors.count - 1)
    let index = min(Int(position), anchors.count - 2)
    return anchor(index).mixed(with: anchor(index + 1), amount: position - Float(index))
  }

  private static func anchor(_ index: Int) -> Color {
    let code = anchors[index]
    return Color(red: UInt8(code >> 16), green: UInt8(code >> 8 & 255), blue: UInt8(code & 255))
  }
}

/// Σ_k c_k · v^k, by Horner's rule.
private func polynomial(_ v: Float, _ c: (Float, Float, Float, Float, Float, Float, Float)) -> Float
{ c.0 + v * (c.1 + v * (c.2 + v * (c.3 + v * (c.4 + v * (c.5 + v * c.6))))) }

/// A number for each pixel, such as a difference or an attribution.
public struct HeatMap: Equatable, Sendable {
  /// Pixels from left to right.
  public let width: Int
  /// Pixels from top to bottom.
  public let height: Int
  /// `width · height` numbers, row by row from the top.
  public var values: [Float]

  /// - Precondition: `values` has `width · height` elements.
  public init(width: Int, height: Int, values: [Float]) {
    precondition(values.count == width * height, "a heat map has one value a pixel")
    (self.width, self.height, self.values) = (width, height, values)
  }

  /// The range to show: from 0, or symmetric if a value is negative, up to the magnitude that
  /// `percentile` % of the values do not exceed. So a few outliers do not darken the rest. 0...1 if
  /// all values are 0.
  public func stretchedRange(percentile: Float = 99) -> ClosedRange<Float> {
    Self.stretchedRange(of: values, percentile: percentile)
  }

  /// The same for any values.
  public static func stretchedRange(of values: [Float], percentile: Float = 99) -> ClosedRange<
    Float
  > {
    let magnitudes = values.filter { $0.isFinite }.map { $0.magnitude }.sorted()
    guard let largest = magnitudes.last, largest > 0 else { return 0...1 }
    let rank = Int((Float(magnitudes.count - 1) * percentile / 100).rounded())
    let chosen = magnitudes[min(max(rank, 0), magnitudes.count - 1)]
    let limit = chosen > 0 ? chosen : largest
    return values.contains { $0 < 0 } ? -limit...limit : 0...limit
  }

  /// The values as colours, `range` stretched over the whole map.
  public func image(_ map: ColorMap, range: ClosedRange<Float>) -> Image {
    let table = map.table
    let extent = range.upperBound - range.lowerBound
    let factor = extent > 0 ? 255 / extent : 0
    var image = Image(width: width, height: height)
    for index in 0..<values.count {
      let level = (values[index] - range.lowerBound) * factor + 0.5
      let color = table[level > 0 ? Int(min(level, 255)) : 0]
      image.pixels[3 * index] = color.red
      image.pixels[3 * index + 1] = color.green
      image.pixels[3 * index + 2] = color.blue
    }
    return image
  }

  /// The map at another size, linear between the centres of pixels and constant beyond the
  /// outermost.
  public func resized(width targetWidth: Int, height targetHeight: Int) -> HeatMap {
    precondition(!values.isEmpty && targetWidth > 0 && targetHeight > 0, "a heat map is empty")
    func position(_ target: Int, _ sourceCount: Int, _ targetCount: Int) -> (Int, Int, Float) {
      let center = (Float(target) + 0.5) * Float(sourceCount) / Float(targetCount) - 0.5
      let clamped = min(max(center, 0), Float(sourceCount - 1))
      let first = Int(clamped)
      return (first, min(first + 1, sourceCount - 1), clamped - Float(first))
    }
    var resized = [Float]()
    resized.reserveCapacity(targetWidth * targetHeight)
    for y in 0..<targetHeight {
      let (top, bottom, down) = position(y, height, targetHeight)
      for x in 0..<targetWidth {
        let (left, right, along) = position(x, width, targetWidth)
        let upper = values[top * width + left] * (1 - along) + values[top * width + right] * along
        let lower =
          values[bottom * width + left] * (1 - along) + values[bottom * width + right] * along
        resized.append(upper * (1 - down) + lower * down)
      }
    }
    return HeatMap(width: targetWidth, height: targetHeight, values: resized)
  }

  /// How far two pictures are apart at each pixel: Σ_c |b_c − a_c| / (3 · 255), from 0 to 1.
  /// - Precondition: The pictures are of one size.
  public static func difference(_ a: Image, _ b: Image) -> HeatMap {
    precondition(a.width == b.width && a.height == b.height, "pictures differ in size")
    let values = (0..<a.width * a.height).map { pixel in
      var sum: Float = 0
      for channel in 3 * pixel..<3 * pixel + 3 {
        sum += (Float(b.pixels[channel]) - Float(a.pixels[channel])).magnitude
      }
      return sum / 765
    }
    return HeatMap(width: a.width, height: a.height, values: values)
  }
}
