// SPDX-License-Identifier: Apache-2.0
import Imaging
import Testing

@Suite struct PanelTests {
  private func contains(_ image: Image, _ color: Color) -> Bool {
    (0..<image.width * image.height).contains {
      image.pixels[3 * $0] == color.red && image.pixels[3 * $0 + 1] == color.green
        && image.pixels[3 * $0 + 2] == color.blue
    }
  }

  @Test func `draws pictures of all sizes, verdicts and a footer`() {
    let red = Color(red: UInt8(255), green: 0, blue: 0)
    var panel = Panel(cellWidth: 40, cellHeight: 30, title: "A title", headings: ["one", "two"])
    panel.append(row: [
      .init(Image(width: 10, height: 10, color: red), caption: "small", verdict: .right),
      .init(Image(width: 500, height: 3), caption: "a caption far too long", verdict: .wrong),
    ])
    let plain = panel.image()
    #expect(contains(plain, .positive) && contains(plain, .negative) && contains(plain, red))
    panel.footer = ColorMap.jet.bar(width: 300, minimum: "0", maximum: "1")
    let footed = panel.image()
    #expect(footed.height > plain.height && footed.width >= 300)
  }

  @Test func `notes and legends make room for themselves`() {
    var panel = Panel(cellWidth: 40, cellHeight: 30)
    panel.append(row: [.init(Image(width: 10, height: 10))])
    let plain = panel.image()
    panel.notes = ["a note", "another"]
    let noted = panel.image()
    panel.append(
      row: [.init(Image(width: 10, height: 10), legend: .init(.jet, minimum: "0", maximum: "9"))])
    let full = panel.image()
    #expect(noted.height > plain.height && contains(noted, .faint))
    #expect(full.height > noted.height && contains(full, ColorMap.jet.color(at: 0)))
  }

  @Test func `a small picture fills its cell with whole squares`() {
    var panel = Panel(cellWidth: 35, cellHeight: 35)
    panel.append(row: [.init(Image(width: 10, height: 10))])
    let image = panel.image()
    let black = (0..<image.width * image.height).filter { image.pixels[3 * $0] == 0 }
    #expect(black.count == 30 * 30)
  }

  @Test func `a panel of nothing, or of an empty picture, is white`() {
    var panel = Panel(cellWidth: 10, cellHeight: 10)
    #expect(panel.image().pixels.allSatisfy { $0 == 255 })
    panel.append(row: [.init(Image(width: 0, height: 0))])
    panel.append(row: [])
    #expect(panel.image().pixels.allSatisfy { $0 == 255 })
  }
}
