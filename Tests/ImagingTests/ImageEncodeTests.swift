// SPDX-License-Identifier: Apache-2.0
import Imaging
import Kernels
import Platform
import Testing

@Suite struct ImageEncodeTests {
  private func noise(_ width: Int, _ height: Int) -> Image {
    var random = RandomGenerator(seed: 7)
    return Image(
      width: width, height: height,
      pixels: (0..<3 * width * height).map { _ in UInt8(random.index(below: 256)) })
  }

  @Test(arguments: [(1, 1), (31, 17), (200, 3)])
  func `PNG and PPM give back what was put in`(_ width: Int, _ height: Int) throws {
    let image = noise(width, height)
    #expect(try Image.decode(image.encodedPNG()) == image)
    #expect(try Image.decode(image.encodedPPM()) == image)
  }

  @Test func `a grey PNG gives back what was put in`() throws {
    let mask = noise(12, 5).luma
    #expect(try Image.decode(mask.encodedPNG()) == mask.image)
  }

  @Test func `JPEG is close to a smooth picture, and closer at a higher quality`() throws {
    let image = try Fixture.image("444.jpg").resized(width: 96, height: 64)
    func error(_ quality: Int) throws -> Int {
      let decoded = try Image.decode(image.encodedJPEG(quality: quality))
      return zip(decoded.pixels, image.pixels).reduce(0) { $0 + abs(Int($1.0) - Int($1.1)) }
    }
    let count = image.pixels.count
    #expect(try error(95) < 4 * count)
    #expect(try error(95) < error(75))
    #expect(try error(75) < error(5))
  }

  @Test func `JPEG gives Pillow's file`() throws {
    #expect(try Fixture.image("rgb8.png").encodedJPEG() == Fixture.bytes("420.jpg"))
  }

  @Test func `JPEG of one pixel decodes`() throws {
    let image = Image(width: 1, height: 1, filledWith: (200, 200, 200))
    #expect(try Image.decode(image.encodedJPEG()).pixels.allSatisfy { abs(Int($0) - 200) < 3 })
  }

  @Test func `a side beyond the format's is an error`() throws {
    let wide = Image(width: 65536, height: 1)
    let error = ImageError.sideTooLong(.png, width: 65536, height: 1)
    #expect(throws: error) { try wide.encodedPNG() }
    #expect("\(error)" == "has sides too long for its format (PNG, 65536x1)")
    #expect(throws: ImageError.sideTooLong(.jpeg, width: 65536, height: 1)) {
      try wide.encodedJPEG()
    }
    #expect(throws: ImageError.empty) { try Image(width: 0, height: 0).encodedPNG() }
  }

  @Test(arguments: ["a.png", "b.PNG", "c.ppm", "d.jpg", "e.Jpeg"])
  func `writes and reads files by their endings`(_ name: String) throws {
    try withTemporaryFolder { folder in
      let image = noise(8, 8)
      try image.write(to: folder + "/" + name)
      try image.write(to: folder + "/" + name)
      let read = try Image(contentsOfFile: folder + "/" + name)
      #expect(read.width == 8 && (read == image || name.contains(".j") || name.contains(".J")))
    }
  }

  @Test func `names what the system refused`() throws {
    let image = noise(2, 2)
    #expect(throws: ImageError.unknownExtension) { try image.write(to: "/tmp/picture.gif") }
    #expect(throws: ImageError.unknownExtension) { try image.write(to: "png") }
    do throws(ImageError) {
      try image.write(to: "/nonexistent/a.png")
      Issue.record("wrote to a folder that does not exist")
    } catch {
      let refusal = try #require(fileError(error))
      #expect(refusal.operation == .create && refusal.code == 2)
      #expect("\(error)" == "cannot be created: No such file or directory")
    }
    do throws(ImageError) {
      _ = try Image(contentsOfFile: "/tmp")
      Issue.record("read a folder")
    } catch {
      let refusal = try #require(fileError(error))
      #expect(refusal.operation == .open && refusal.code == 21)
    }
  }
}

private func fileError(_ error: ImageError) -> FileError? {
  if case .file(let refusal) = error { refusal } else { nil }
}
