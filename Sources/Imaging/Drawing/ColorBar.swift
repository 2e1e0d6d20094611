// SPDX-License-Identifier: Apache-2.0

extension ColorMap {
  /// A horizontal bar of the map's colours on white, with the text of its ends (and of its middle)
  /// below.
  public func bar(
    width: Int, height: Int = 14, minimum: String, middle: String = "", maximum: String,
    textScale: Int = 2
  ) -> Image {
    let gap = 3 * textScale
    var image = Image(
      width: width, height: height + gap + Image.textHeight(scale: textScale), color: .white)
    for x in 0..<width {
      let value = width > 1 ? Float(x) / Float(width - 1) : 0
      image.fill(x: x, y: 0, width: 1, height: height, color: color(at: value))
    }
    let y = height + gap
    let middleWidth = Image.textWidth(middle, scale: textScale)
    let maximumWidth = Image.textWidth(maximum, scale: textScale)
    image.drawText(minimum, x: 0, y: y, scale: textScale, color: .faint)
    image.drawText(middle, x: (width - middleWidth) / 2, y: y, scale: textScale, color: .faint)
    image.drawText(maximum, x: width - maximumWidth, y: y, scale: textScale, color: .faint)
    return image
  }
}
