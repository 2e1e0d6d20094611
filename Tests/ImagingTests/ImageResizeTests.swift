// SPDX-License-Identifier: Apache-2.0
import Imaging
import Testing

@Suite struct ImageResizeTests {
  @Test(arguments: Fixture.expectations("resize"))
  func `resizes colour to Pillow's bytes`(_ expected: Fixture.Expectation) throws {
    let resized = try Fixture.image("rgb8.png").resized(
      width: expected.width, height: expected.height, filter: Fixture.filter(expected.subject))
    #expect(hash(resized.pixels) == expected.hash)
  }

  @Test(arguments: Fixture.expectations("greyresize"))
  func `resizes one channel to Pillow's bytes`(_ expected: Fixture.Expectation) throws {
    let image = try Fixture.image("grey8.png")
    let mask = Mask(
      width: image.width, height: image.height,
      pixels: stride(from: 0, to: image.pixels.count, by: 3).map { image.pixels[$0] })
    let resized = mask.resized(
      width: expected.width, height: expected.height, filter: try Fixture.filter(expected.subject))
    #expect(hash(resized.pixels) == expected.hash)
  }

  @Test(arguments: Fixture.expectations("jump"))
  func `resizes a very wide picture to Pillow's bytes`(_ expected: Fixture.Expectation) throws {
    let resized = try Fixture.image("line.png").resized(
      width: expected.width, height: expected.height, filter: Fixture.filter(expected.subject))
    #expect(hash(resized.pixels) == expected.hash)
  }

  @Test(arguments: ["rgb8.png", "grey8.png", "420.jpg", "rgb8-interlaced.png", "rgb.ppm"])
  func `decodes at another size to the bytes of decoding and resizing`(_ name: String) throws {
    let bytes = try Fixture.bytes(name)
    for (width, height) in [(17, 11), (53, 37), (60, 90), (1, 1)] {
      for filter in [ResampleFilter.nearest, .box, .bilinear, .bicubic] {
        let streamed = try bytes.withUnsafeBytes {
          try Image.decode($0, resizedToWidth: width, height: height, filter: filter)
        }
        let whole = try Image.decode(bytes).resized(width: width, height: height, filter: filter)
        #expect(streamed == whole)
      }
    }
  }

  @Test func `crops`() {
    let image = Image(width: 4, height: 1, pixels: Array(0..<12))
    #expect(image.cropped(x: 3, y: 0, width: 1, height: 1).pixels == [9, 10, 11])
  }
}
