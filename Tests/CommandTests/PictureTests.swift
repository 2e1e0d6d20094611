// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

/// Pictures in folders of classes, good and bad, as `ocelli dataset info` meets them.
struct PictureTests {
  private let ocelli: Ocelli

  init() throws { ocelli = try Ocelli() }

  private static let fixtures = testsFolder.appending(path: "ImagingTests/Fixtures")

  private static func fixture(_ name: String) throws -> Data {
    try Data(contentsOf: fixtures.appending(path: name))
  }

  /// A class of a good picture, and one of `bytes`.
  private func write(_ bytes: some Sequence<UInt8>, as name: String) throws {
    try ocelli.write(Self.fixture("rgb8.png"), to: "data/good/a.png")
    try ocelli.write(bytes, to: "data/other/\(name)")
  }

  @Test(arguments: [
    "grey16.png", "rgba16.png", "grey1.png", "palette1.png", "palette8-transparent.png",
    "grey8-alpha.png", "grey.jpg", "cmyk.jpg", "ycck.jpg", "progressive.jpg", "grey.pgm",
    "maximum-65535.pgm", "one-pixel.png",
  ])
  func `pictures of all kinds are read`(name: String) throws {
    try write(Self.fixture(name), as: name)
    let outcome = try ocelli("dataset", "info", "data", "--size", "8")
    #expect(outcome.code == 0 && outcome.errors.isEmpty, "\(outcome)")
    #expect(outcome.output.contains("2 of 8x8 pixels in 2 classes"), "\(outcome)")
  }

  @Test func `a picture is read by its content, whatever its name says`() throws {
    try write(Self.fixture("rgb.jpg"), as: "b.png")
    #expect(try ocelli("dataset", "info", "data", "--size", "8").code == 0)
  }

  @Test(arguments: ["rgb8.png", "rgb16-interlaced.png", "rgb.jpg", "progressive.jpg", "rgb.ppm"])
  func `a truncated picture is named`(name: String) throws {
    let whole = try Self.fixture(name)
    for share in [0.1, 0.5, 0.9] {
      try write(whole.prefix(Int(Double(whole.count) * share)), as: name)
      try ocelli.expectError("dataset info data --size 8", "data/other/\(name)", "ends before")
    }
  }

  @Test func `an empty picture and a text are named`() throws {
    try write([], as: "b.png")
    try ocelli.expectError("dataset info data --size 8", "data/other/b.png: is empty")
    try write(Array("hello\n".utf8), as: "b.png")
    try ocelli.expectError("dataset info data --size 8", "data/other/b.png: is not a PNG")
    try write(Array("hello\n".utf8), as: "b.txt")
    try FileManager.default.removeItem(atPath: ocelli.path("data/other/b.png"))
    try ocelli.expectError("dataset info data --size 8", "data/other/b.txt: not a picture")
  }

  /// PNG headers are believed before their checksums are: the sizes must be refused.
  @Test(arguments: [(0, 0), (60_000, 60_000), (0x7FFF_FFFF, 0x7FFF_FFFF), (1_000_000, 1)])
  func `a header of an absurd size is refused`(width: Int, height: Int) throws {
    var png = [UInt8](try Self.fixture("rgb8.png"))
    for (offset, value) in [(16, width), (20, height)] {
      for byte in 0..<4 { png[offset + byte] = UInt8(truncatingIfNeeded: value >> (24 - 8 * byte)) }
    }
    let checksum = Self.crc32(png[12..<29])
    for byte in 0..<4 { png[29 + byte] = UInt8(truncatingIfNeeded: checksum >> (24 - 8 * byte)) }
    try write(png, as: "b.png")
    try ocelli.expectError("dataset info data --size 8", "data/other/b.png: ")
  }

  @Test(arguments: [
    "P6 0 0 255\n", "P6 16000 16000 255\n", "P6 99999999999999999999 4 255\n", "P6 4 4 0\n",
    "P5 4 4 99999\n", "P6 -1 4 255\n", "P6", "P3 2 2 255 1 2 3",
  ])
  func `a header that makes no sense is refused`(text: String) throws {
    try write(Array(text.utf8), as: "b.ppm")
    try ocelli.expectError("dataset info data --size 8", "data/other/b.ppm: ")
  }

  @Test func `a pipe is no picture and no data set`() throws {
    try write(Self.fixture("rgb8.png"), as: "b.png")
    mkfifo(ocelli.path("data/other/c.png"), 0o600)
    mkfifo(ocelli.path("pipe"), 0o600)
    let outcome = try ocelli("dataset", "info", "data")
    #expect(outcome.code == 1 && outcome.errors.contains("data/other/c.png"), "\(outcome)")
    let other = try ocelli("dataset", "info", "pipe")
    #expect(other.code == 1 && other.errorLines.count == 1, "\(other)")
    let model = try ocelli("model", "info", "pipe")
    #expect(model.code == 1 && model.errorLines.count == 1, "\(model)")
  }

  @Test func `folders that are no data set are told what is expected`() throws {
    try write(Self.fixture("rgb8.png"), as: "b.png")
    try ocelli.write(Self.fixture("grey8.png"), to: "data/third/one-pixel.png")
    try ocelli.write(Self.fixture("one-pixel.png"), to: "data/third/one-pixel.png")
    try ocelli.expectError("dataset info data", "data/third/one-pixel.png", "give a size")
    try ocelli.write([], to: "empty/a/.hidden")
    try ocelli.expectError("dataset info empty", "empty/a: class folder without pictures")
    try ocelli.expectError("dataset info data/good", "data/good: not a data set")
    try ocelli.expectError("dataset info nowhere", "nowhere: cannot be read: no such file")
    try ocelli.expectError("dataset info ''", "cannot be read")
    try ocelli.write(Self.fixture("rgb8.png"), to: "parts/train/a/1.png")
    try ocelli.write(Self.fixture("rgb8.png"), to: "parts/test/b/1.png")
    try ocelli.expectError("dataset info parts", "parts/test/b: no such class")
    try ocelli.write(Self.fixture("rgb8.png"), to: "deep/a/b/1.png")
    try ocelli.expectError("dataset info deep", "deep/a/b: a folder where a picture was expected")
  }

  @Test func `names of all kinds are read, or told`() throws {
    let good = try Self.fixture("rgb8.png")
    try ocelli.write(good, to: "data/ä ö '$x'/ß.PNG")
    try ocelli.write(good, to: "data/b/two\nlines.png")
    let outcome = try ocelli("dataset", "info", "data")
    #expect(outcome.code == 0 && outcome.output.contains("in 2 classes"), "\(outcome)")
    try ocelli.write([], to: "data/b/two\nlines.png")
    try ocelli.expectError("dataset info data", "data/b/two\\nlines.png: is empty")
    // A class whose name is no Unicode must not be missed.
    #expect(
      try ocelli.shell("mkdir -p other/a && cp -r other/a other/$(printf 'b\\377')").code == 0)
    let other = try ocelli("dataset", "info", "other")
    #expect(other.code == 1 && other.errors.contains("not UTF-8"), "\(other)")
  }

  @Test func `links that lead nowhere are named`() throws {
    try write(Self.fixture("rgb8.png"), as: "a.png")
    for target in ["nowhere.png", "b.png", "/dev/zero"] {
      let line = "ln -sf \(target) data/other/b.png; $OCELLI dataset info data"
      let outcome = try ocelli.shell(line)
      #expect(outcome.code == 1 && outcome.errorLines.count == 1, "\(outcome)")
      #expect(outcome.errors.contains("data/other/b.png: "), "\(outcome)")
    }
  }

  private static func crc32(_ bytes: ArraySlice<UInt8>) -> UInt32 {
    ~bytes.reduce(~UInt32(0)) { crc, byte in
      (0..<8).reduce(crc ^ UInt32(byte)) { crc, _ in crc >> 1 ^ (crc & 1 == 1 ? 0xEDB8_8320 : 0) }
    }
  }
}
