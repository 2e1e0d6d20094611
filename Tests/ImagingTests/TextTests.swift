// SPDX-License-Identifier: Apache-2.0
import Imaging
import Testing

@Suite struct TextTests {
  private func drawn(_ text: String, scale: Int) -> Image {
    var image = Image(
      width: Image.textWidth(text, scale: scale) + 4, height: Image.textHeight(scale: scale) + 4,
      color: .white)
    image.drawText(text, x: 2, y: 2, scale: scale)
    return image
  }

  @Test func `every printable character but the space has a look of its own`() {
    let characters = (0x20...0x7E).map { String(Character(Unicode.Scalar(UInt8($0)))) }
    for character in characters {
      let isBlank = drawn(character, scale: 1).pixels.allSatisfy { $0 == 255 }
      #expect(isBlank == (character == " "), "\(character)")
    }
    for (index, first) in characters.enumerated() {
      for second in characters[(index + 1)...] {
        #expect(drawn(first, scale: 1) != drawn(second, scale: 1), "\(first) and \(second)")
      }
    }
  }

  @Test(arguments: 1...4)
  func `ink stays within the measured width and height, and touches its sides`(_ scale: Int) {
    let image = drawn("Hj|", scale: scale)
    func isInk(_ x: Int, _ y: Int) -> Bool { image.pixels[3 * (y * image.width + x)] < 128 }
    let columns = (0..<image.width).filter { x in (0..<image.height).contains { isInk(x, $0) } }
    let rows = (0..<image.height).filter { y in (0..<image.width).contains { isInk($0, y) } }
    #expect(columns.first == 2 && columns.last == image.width - 3)
    #expect(rows.first == 2 && rows.last == image.height - 3)
  }

  @Test func `characters beyond ASCII show as one question mark each`() {
    #expect(drawn("a\u{E9}\u{1F41D}b", scale: 2) == drawn("a??b", scale: 2))
    #expect(Image.textWidth("") == 0)
  }
}
