// SPDX-License-Identifier: Apache-2.0
import Imaging
import Kernels
import Testing

/// Files that are cut, changed, mislabelled or made to hurt: a typed error or a picture, never a
/// trap.
@Suite struct DamagedFileTests {
  private static let names = Set(Fixture.expectations("decode").map(\.subject)).sorted()

  @Test(arguments: names)
  func `rejects a file cut at every eighth and before its last byte`(_ name: String) throws {
    let bytes = try Fixture.bytes(name)
    var lengths = (1..<8).map { bytes.count * $0 / 8 } + [bytes.count - 1]
    // A text file may end with white space, a JPEG with zeros.
    if ["text.ppm", "padded_eoi.jpg"].contains(name) { lengths.removeLast() }
    // One digit of the last number remains.
    if name == "text-15.pgm" { lengths[7] = bytes.count - 2 }
    for length in lengths {
      do throws(ImageError) {
        _ = try Image.decode(Array(bytes[..<length]))
        Issue.record("\(name) of \(length) of \(bytes.count) bytes decoded")
      } catch {
        switch error {
        case .truncated, .unknownFormat: break
        case .corrupt(.jpeg, _): break
        default: Issue.record("\(name) of \(length) bytes: \(error)")
        }
      }
    }
  }

  @Test func `rejects an empty file`() {
    #expect(throws: ImageError.empty) { try Image.decode([]) }
  }

  @Test func `rejects content of another format`() {
    #expect(throws: ImageError.unknownFormat) { try Image.decode(Array("GIF89a".utf8)) }
    #expect(throws: ImageError.unknownFormat) { try Image.decode([0]) }
    #expect(throws: ImageError.unknownFormat) { try Image.decode(Array("P7 1 1".utf8)) }
  }

  @Test func `rejects a PNG whose pixels do not fit its checksum`() throws {
    var bytes = try Fixture.bytes("rgb8.png")
    bytes[bytes.count - 14] ^= 1  // The checksum of the last IDAT: 12 bytes of IEND follow it.
    #expect(throws: ImageError.self) { try Image.decode(bytes) }
    do throws(ImageError) {
      _ = try Image.decode(bytes)
    } catch {
      guard case .corrupt(.png, _) = error else {
        Issue.record("\(error)")
        return
      }
    }
  }

  @Test(arguments: ["palette_index_out_of_range.png", "palette_no_plte.png"])
  func `rejects a PNG whose palette lacks a colour`(_ name: String) {
    #expect(throws: ImageError.corrupt(.png, row: 0)) { try Fixture.image(name) }
  }

  @Test func `rejects a PNG without pixels and one of gigantic size before allocating`() throws {
    let bytes = try Fixture.bytes("rgb8.png")
    let empty = pngHeader(bytes, width: 0, height: 0)
    #expect(throws: ImageError.corrupt(.png, row: 0)) { try Image.decode(empty) }
    let gigantic = pngHeader(bytes, width: 0x7FFF_FFFF, height: 0x7FFF_FFFF)
    #expect(
      throws: ImageError.tooLarge(
        width: 0x7FFF_FFFF, height: 0x7FFF_FFFF, pixelLimit: Image.defaultPixelLimit)
    ) { try Image.decode(gigantic) }
    let implausible = pngHeader(bytes, width: 10_000, height: 9_999)
    #expect(throws: ImageError.truncated(.png, row: 0)) { try Image.decode(implausible) }
  }

  @Test func `rejects a JPEG without pixels and one of gigantic size before allocating`() throws {
    let bytes = try Fixture.bytes("420.jpg")
    #expect(throws: ImageError.corrupt(.jpeg, row: 0)) {
      try Image.decode(jpegHeader(bytes, width: 0, height: 37))
    }
    #expect(
      throws: ImageError.tooLarge(
        width: 65535, height: 65535, pixelLimit: Image.defaultPixelLimit)
    ) { try Image.decode(jpegHeader(bytes, width: 65535, height: 65535)) }
    #expect(throws: ImageError.truncated(.jpeg, row: 0)) {
      try Image.decode(jpegHeader(bytes, width: 10_000, height: 9_999))
    }
  }

  @Test(arguments: ["rgb8.png", "rgb8-interlaced.png", "420.jpg", "rgb.ppm"])
  func `keeps to the caller's limit of pixels`(_ name: String) throws {
    let bytes = try Fixture.bytes(name)
    #expect(try Image.decode(bytes, pixelLimit: 53 * 37).width == 53)
    #expect(throws: ImageError.tooLarge(width: 53, height: 37, pixelLimit: 53 * 37 - 1)) {
      try Image.decode(bytes, pixelLimit: 53 * 37 - 1)
    }
  }

  @Test(arguments: [
    ("P6 0 1 255\n", ImageError.malformedNetpbm(offset: 3)),
    ("P6 99999999 1 255\n", .malformedNetpbm(offset: 3)),
    ("P6 70000 1 255\n", .tooLarge(width: 70000, height: 1, pixelLimit: Image.defaultPixelLimit)),
    ("P6 1 1 0\n", .malformedNetpbm(offset: 7)),
    ("P6 1 1 65536\n", .malformedNetpbm(offset: 7)),
    ("P6 1 -1 255\n", .malformedNetpbm(offset: 5)),
    ("P6 60000 1000 255\nabc", .truncated(.netpbm, row: 0)),
    ("P6 1 1 255", .truncated(.netpbm, row: 0)),
    ("P6 # no end", .truncated(.netpbm, row: 0)),
    ("P3 1 2 9\n1 2 3 4 x 6", .malformedNetpbm(offset: 17)),
    ("P3 1 2 9\n1 2 3 4 10 6", .malformedNetpbm(offset: 17)),
    ("P2 2 2 9\n1 2 \n  3   ", .truncated(.netpbm, row: 1)),
  ])
  func `names the place in a malformed PPM`(_ text: String, _ error: ImageError) {
    #expect(throws: error) { try Image.decode(Array(text.utf8)) }
  }

  @Test(arguments: names)
  func `survives changed bytes`(_ name: String) throws {
    let original = try Fixture.bytes(name)
    var random = RandomGenerator(seed: 0xF022)
    for _ in 0..<150 {
      var bytes = original
      for _ in 0..<random.index(below: 4) + 1 {
        bytes[random.index(below: bytes.count)] = UInt8(random.index(below: 256))
      }
      // Half of the changes hit the headers.
      if random.index(below: 2) == 0 {
        bytes[random.index(below: min(64, bytes.count))] = UInt8(random.index(below: 256))
      }
      do throws(ImageError) {
        let image = try Image.decode(bytes, pixelLimit: 1_000_000)
        #expect(image.pixels.count == 3 * image.width * image.height)
      } catch {
        #expect(error != .empty)
      }
    }
  }
}

/// A PNG with another size in its header, and the checksum that belongs to it.
private func pngHeader(_ bytes: [UInt8], width: UInt32, height: UInt32) -> [UInt8] {
  var bytes = bytes
  for index in 0..<4 {
    bytes[16 + index] = UInt8(truncatingIfNeeded: width >> UInt32(24 - 8 * index))
    bytes[20 + index] = UInt8(truncatingIfNeeded: height >> UInt32(24 - 8 * index))
  }
  var checksum: UInt32 = 0xFFFF_FFFF
  for byte in bytes[12..<29] {
    checksum ^= UInt32(byte)
    for _ in 0..<8 { checksum = checksum >> 1 ^ (checksum & 1 == 1 ? 0xEDB8_8320 : 0) }
  }
  for index in 0..<4 {
    bytes[29 + index] = UInt8(truncatingIfNeeded: ~checksum >> UInt32(24 - 8 * index))
  }
  return bytes
}

/// A baseline JPEG with another size in its frame header.
private func jpegHeader(_ bytes: [UInt8], width: Int, height: Int) -> [UInt8] {
  var bytes = bytes
  for index in 0..<bytes.count - 8 where bytes[index] == 0xFF && bytes[index + 1] == 0xC0 {
    bytes[index + 5] = UInt8(height >> 8)
    bytes[index + 6] = UInt8(height & 255)
    bytes[index + 7] = UInt8(width >> 8)
    bytes[index + 8] = UInt8(width & 255)
    break
  }
  return bytes
}
