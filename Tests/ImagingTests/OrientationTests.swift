// SPDX-License-Identifier: Apache-2.0
import Imaging
import Testing

/// Each of the files holds one picture in one of EXIF's eight orientations. That their pixels are
/// those that Pillow makes of them is tested with all other files.
struct OrientationTests {
  private static let names = (1...8).flatMap { ["turned-\($0).png", "quadrants_\($0).png"] }

  private func upright(_ name: String) throws -> Image {
    try Fixture.image(name.hasPrefix("turned") ? "turned-1.png" : "quadrants_1.png")
  }

  @Test(arguments: names) func `a picture stands upright however it is stored`(
    _ name: String
  ) throws {
    #expect(try Fixture.image(name) == upright(name))
  }

  @Test(arguments: names) func `resizing while decoding gives the bytes of resizing afterwards`(
    _ name: String
  ) throws {
    let upright = try upright(name)
    let bytes = try Fixture.bytes(name)
    let (width, height) = (upright.width, upright.height)
    let sizes = [
      (5, 7), (width, 3), (4, height), (width + 9, 2 * height), (1, 1), (height, width),
    ]
    for (width, height) in sizes {
      for filter in [ResampleFilter.nearest, .box, .bilinear, .bicubic] {
        let streamed = try bytes.withUnsafeBytes {
          try Image.decode($0, resizedToWidth: width, height: height, filter: filter)
        }
        #expect(streamed == upright.resized(width: width, height: height, filter: filter))
      }
      let cropped = try bytes.withUnsafeBytes {
        try Image.decode($0, resizedToWidth: width, height: height, keepingProportion: true)
      }
      #expect(cropped == upright.fitted(width: width, height: height, keepingProportion: true))
    }
  }

  /// IFD 0 at offset 8 with one entry.
  private func block(
    tag: UInt16 = 0x0112, type: UInt16 = 3, value: [UInt8] = [0, 6, 0, 0]
  ) -> [UInt8] {
    func bytes(_ number: UInt16) -> [UInt8] { [UInt8(number >> 8), UInt8(number & 255)] }
    return [0x4D, 0x4D, 0, 42, 0, 0, 0, 8, 0, 1] + bytes(tag) + bytes(type) + [0, 0, 0, 1] + value
  }

  private func orientation(_ block: [UInt8]) -> Orientation {
    block.withUnsafeBytes { Orientation(exif: $0) }
  }

  @Test func `reads both byte orders and both types`() {
    let turned = Orientation(mirrorsColumns: false, mirrorsRows: true, isTransposed: true)
    #expect(orientation(block()) == turned)
    #expect(orientation(block(type: 4, value: [0, 0, 0, 6])) == turned)
    let little: [UInt8] = [
      0x49, 0x49, 42, 0, 8, 0, 0, 0, 1, 0, 0x12, 1, 3, 0, 1, 0, 0, 0, 6, 0, 0, 0,
    ]
    #expect(orientation(little) == turned)
  }

  @Test func `a damaged block turns nothing`() {
    let whole = block()
    for count in 0..<whole.count - 2 {
      #expect(orientation(Array(whole[..<count])) == Orientation())
    }
    for value: [UInt8] in [[0, 0, 0, 0], [0, 9, 0, 0], [0xFF, 0xFF, 0, 0]] {
      #expect(orientation(block(value: value)) == Orientation())
    }
    #expect(orientation(block(tag: 0x0113)) == Orientation())
    // A directory far behind the end, and one that promises more entries than there are.
    #expect(orientation([0x4D, 0x4D, 0, 42, 0xFF, 0xFF, 0xFF, 0xFF]) == Orientation())
    #expect(orientation([0x4D, 0x4D, 0, 42, 0, 0, 0, 8, 0xFF, 0xFF]) == Orientation())
  }
}
