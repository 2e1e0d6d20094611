// SPDX-License-Identifier: Apache-2.0
import Imaging
import Kernels
import Testing

@Suite struct DrawingTests {
  @Test func `fills only inside of the rectangle`() {
    var image = Image(width: 4, height: 3, color: .white)
    image.fill(x: 1, y: 1, width: 2, height: 5, color: .ink)
    let dark = (0..<12).filter { image.pixels[3 * $0] == Color.ink.red }
    #expect(dark == [5, 6, 9, 10])
  }

  @Test func `pastes and clips at every side`() {
    let patch = Image(width: 2, height: 2, pixels: Array(1...12))
    for (x, y, expected) in [
      (0, 0, [1, 4, 0, 7, 10, 0, 0, 0, 0]), (-1, -1, [10, 0, 0, 0, 0, 0, 0, 0, 0]),
      (2, 2, [0, 0, 0, 0, 0, 0, 0, 0, 1]), (2, -1, [0, 0, 7, 0, 0, 0, 0, 0, 0]),
      (3, 0, [0, 0, 0, 0, 0, 0, 0, 0, 0]), (-5, 0, [0, 0, 0, 0, 0, 0, 0, 0, 0]),
    ] {
      var image = Image(width: 3, height: 3)
      image.paste(patch, x: x, y: y)
      #expect((0..<9).map { Int(image.pixels[3 * $0]) } == expected)
    }
  }

  @Test func `drawing anywhere never traps`() {
    var random = RandomGenerator(seed: 3)
    var image = Image(width: 20, height: 10, color: .white)
    let patch = Image(width: 7, height: 30)
    for _ in 0..<500 {
      let (x, y) = (random.index(below: 80) - 40, random.index(below: 80) - 40)
      let (width, height) = (random.index(below: 50), random.index(below: 50))
      image.fill(x: x, y: y, width: width, height: height, color: .positive)
      image.frame(x: x, y: y, width: width, height: height, thickness: 2, color: .negative)
      image.paste(patch, x: x, y: y)
      image.drawText("Ocelli", x: x, y: y, scale: 1 + random.index(below: 3))
    }
    #expect(image.pixels.count == 600)
  }

  @Test func `blends by opacity`() {
    let a = Image(width: 1, height: 1, filledWith: (0, 100, 200))
    let b = Image(width: 1, height: 1, filledWith: (100, 0, 200))
    #expect(a.blended(with: b, opacity: 0.25).pixels == [25, 75, 200])
    #expect(a.blended(with: b, opacity: 0) == a)
    #expect(a.blended(with: b, opacity: 1) == b)
  }

  @Test func `enlarges pixels to squares`() {
    let image = Image(width: 2, height: 1, pixels: [1, 1, 1, 2, 2, 2])
    let large = image.enlarged(by: 2)
    #expect((0..<8).map { large.pixels[3 * $0] } == [1, 1, 2, 2, 1, 1, 2, 2])
  }
}
