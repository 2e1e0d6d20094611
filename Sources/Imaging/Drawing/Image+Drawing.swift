// SPDX-License-Identifier: Apache-2.0

/// Drawing is clipped to the picture.
extension Image {
  /// A picture of one colour.
  public init(width: Int, height: Int, color: Color) {
    self.init(width: width, height: height, filledWith: (color.red, color.green, color.blue))
  }

  /// Fills a rectangle whose upper left pixel is at (`x`, `y`).
  public mutating func fill(x: Int, y: Int, width: Int, height: Int, color: Color) {
    for row in max(0, y)..<max(0, y, min(self.height, y + height)) {
      for column in max(0, x)..<max(0, x, min(self.width, x + width)) {
        set(3 * (row * self.width + column), color)
      }
    }
  }

  /// Draws a frame of `thickness` pixels around the rectangle, outside of it.
  public mutating func frame(
    x: Int, y: Int, width: Int, height: Int, thickness: Int, color: Color
  ) {
    let (fullWidth, fullHeight) = (width + 2 * thickness, height + 2 * thickness)
    let (left, top) = (x - thickness, y - thickness)
    fill(x: left, y: top, width: fullWidth, height: thickness, color: color)
    fill(x: left, y: y + height, width: fullWidth, height: thickness, color: color)
    fill(x: left, y: top, width: thickness, height: fullHeight, color: color)
    fill(x: x + width, y: top, width: thickness, height: fullHeight, color: color)
  }

  /// Copies a picture to where its upper left pixel is at (`x`, `y`).
  public mutating func paste(_ picture: Image, x: Int, y: Int) {
    let columns = max(0, -x)..<max(0, -x, min(picture.width, width - x))
    for row in max(0, -y)..<max(0, -y, min(picture.height, height - y)) {
      let source = 3 * (row * picture.width + columns.lowerBound)
      let target = 3 * ((row + y) * width + x + columns.lowerBound)
      for index in 0..<3 * columns.count {
        pixels[target + index] = picture.pixels[source + index]
      }
    }
  }

  /// Mixes a pixel with a colour.
  mutating func mix(x: Int, y: Int, color: Color, amount: Float) {
    guard x >= 0, y >= 0, x < width, y < height, amount > 0 else { return }
    let index = 3 * (y * width + x)
    let old = Color(red: pixels[index], green: pixels[index + 1], blue: pixels[index + 2])
    set(index, old.mixed(with: color, amount: min(amount, 1)))
  }

  /// The mixture of `1 - opacity` of this picture and `opacity` of `other`, such as a heat map.
  ///
  /// - Precondition: The pictures are of one size.
  public func blended(with other: Image, opacity: Float) -> Image {
    precondition(width == other.width && height == other.height, "pictures differ in size")
    var blend = self
    for index in 0..<pixels.count {
      let (a, b) = (Float(pixels[index]), Float(other.pixels[index]))
      blend.pixels[index] = byte((a + (b - a) * opacity) / 255)
    }
    return blend
  }

  /// The picture with each pixel as a square of `factor` · `factor` pixels.
  public func enlarged(by factor: Int) -> Image {
    resized(width: width * factor, height: height * factor, filter: .nearest)
  }

  private mutating func set(_ index: Int, _ color: Color) {
    pixels[index] = color.red
    pixels[index + 1] = color.green
    pixels[index + 2] = color.blue
  }
}
