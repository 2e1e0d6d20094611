// SPDX-License-Identifier: Apache-2.0
import Imaging
import Kernels
import Testing

/// Streams of pictures, which come in pieces of any size.
struct PictureStreamTests {
  private static let names = [
    "rgb8.png", "rgb16-interlaced.png", "rgb.jpg", "progressive.jpg", "optimized-restart.jpg",
    "cmyk.jpg", "rgb.ppm", "grey.pgm", "text.ppm", "text-15.pgm", "maximum-1000.ppm",
    "one-pixel.png", "one-pixel.jpg", "palette4.png",
  ]

  /// The parts of `bytes`, of which `pieceSize` come at a time.
  private func parts(
    _ bytes: [UInt8], pieceSize: Int, byteLimit: Int = PictureStream.byteLimit
  ) -> [PictureStream.Part] {
    var position = 0
    var stream = PictureStream(byteLimit: byteLimit) { target in
      let count = min(pieceSize, target.count, bytes.count - position)
      target.copyBytes(from: bytes[position..<position + count])
      position += count
      return count
    }
    var parts: [PictureStream.Part] = []
    while let part = stream.next() { parts.append(part) }
    return parts
  }

  /// A text's last number ends with the byte behind it.
  private func ended(_ name: String) throws -> [UInt8] {
    let bytes = try Fixture.bytes(name)
    guard name.hasPrefix("text"), bytes.last.map({ $0 > 0x20 }) == true else { return bytes }
    return bytes + [0x0A]
  }

  @Test(arguments: [1, 7, 1000, 1 << 20])
  func `pictures of all formats are told apart`(pieceSize: Int) throws {
    let pictures = try Self.names.map { try ended($0) }
    let parts = parts(pictures.flatMap { $0 }, pieceSize: pieceSize)
    #expect(parts.count == pictures.count)
    for (part, picture) in zip(parts, pictures) {
      guard case .picture(let bytes) = part else {
        Issue.record("\(part)")
        continue
      }
      // White space behind a text is nobody's.
      #expect(try Image.decode(bytes) == Image.decode(picture))
    }
  }

  @Test(arguments: [1, 7, 1 << 20])
  func `zeros and the headers of a multipart stream are passed over`(pieceSize: Int) throws {
    let picture = try Fixture.bytes("padded_eoi.jpg")
    let length = try Fixture.bytes("std.jpg").count
    let header = Array("\r\n--frame\r\nContent-Type: image/jpeg\r\n\r\n".utf8)
    let end = Array("\r\n--frame--\r\n".utf8)
    let pictures = parts(header + picture + header + picture + end, pieceSize: pieceSize)
    let expected = PictureStream.Part.picture(Array(picture[..<length]))
    #expect(pictures == [expected, expected])
    // Neither bytes that are no text nor a header without an end are a header.
    for noise in [
      [0x2D, 0x2D, 0xFF, 0x0A, 0x0A], [0x2D, 0x2D] + [UInt8](repeating: 65, count: 4000),
    ] {
      let parts = parts(noise + picture, pieceSize: pieceSize)
      #expect(parts == [.unknown(byteCount: noise.count), expected])
    }
  }

  @Test func `white space between pictures is passed over`() throws {
    let picture = try Fixture.bytes("rgb8.png")
    let stream = Array("\n \n".utf8) + picture + Array("\r\n\n".utf8) + picture + [0x0A]
    #expect(parts(stream, pieceSize: 5) == [.picture(picture), .picture(picture)])
    #expect(parts([], pieceSize: 1) == [])
    #expect(parts([0x0A], pieceSize: 1) == [])
  }

  @Test(arguments: [1, 100, 1 << 20])
  func `what is no picture is counted, and the next picture is found`(pieceSize: Int) throws {
    let picture = try Fixture.bytes("rgb.jpg")
    let junk = Array("GIF89a, or PNG without its first byte: PNG".utf8)
    #expect(
      parts(junk + picture + junk, pieceSize: pieceSize) == [
        .unknown(byteCount: junk.count), .picture(picture), .unknown(byteCount: junk.count),
      ])
  }

  @Test func `a picture that is cut is given out as damaged, and the next one as it is`() throws {
    for name in ["rgb8.png", "rgb.jpg", "rgb.ppm"] {
      let picture = try Fixture.bytes(name)
      let cut = Array(picture[..<(picture.count / 2)])
      #expect(parts(cut, pieceSize: 100) == [.damaged(cut)], "\(name)")
    }
    var broken = try Fixture.bytes("rgb8.png")
    // The length of the chunk behind the header is beyond all use.
    broken[33] = 0xFF
    let picture = try Fixture.bytes("rgb.jpg")
    let result = parts(broken + picture, pieceSize: 1 << 20)
    #expect(result.last == .picture(picture))
    #expect(result.first != .picture(broken))
  }

  @Test func `a picture beyond the limit is given up`() throws {
    let picture = try Fixture.bytes("rgb.ppm")
    let result = parts(picture + picture, pieceSize: 64, byteLimit: 100)
    #expect(!result.contains(.picture(picture)))
  }

  @Test func `damage of any kind ends`() throws {
    let stream = try Self.names.flatMap { try Fixture.bytes($0) }
    var random = RandomGenerator(seed: 3)
    for _ in 0..<60 {
      var damaged = stream
      for _ in 0..<20 {
        damaged[Int(random.next() % UInt64(stream.count))] = UInt8(
          truncatingIfNeeded: random.next())
      }
      let count = parts(damaged, pieceSize: 4096).reduce(0) { sum, part in
        switch part {
        case .picture(let bytes), .damaged(let bytes): sum + bytes.count
        case .unknown(let count): sum + count
        }
      }
      #expect(count <= stream.count)
    }
  }
}
