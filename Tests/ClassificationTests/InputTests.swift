// SPDX-License-Identifier: Apache-2.0
import Classification
import Imaging
import Kernels
import Network
import Testing

/// How pictures become the input of a model.
struct InputTests {
  private func floats(_ session: Session) -> [Float] {
    [Float](session.bytes(of: session.plan.graph.inputs[0]).bindMemory(to: Float.self))
  }

  private func bytes(_ session: Session) -> [UInt8] {
    [UInt8](session.bytes(of: session.plan.graph.inputs[0]))
  }

  @Test func `floats are levels in 0 to 1`() throws {
    let session = try Session(try SmallModel.colors())
    let picture = SmallModel.picture()
    try session.setInput(picture)
    #expect(floats(session) == picture.pixels.map { Float($0) / 255 })
  }

  @Test func `mean and deviation are those of each channel`() throws {
    let preprocessing = Preprocessing(mean: [1, 2, 3], deviation: [10, 20, 40])
    let session = try Session(try SmallModel.colors(preprocessing: preprocessing))
    let picture = SmallModel.picture()
    try session.setInput(picture)
    let expected = picture.pixels.enumerated().map { index, level in
      (Float(level) - [1, 2, 3][index % 3]) / [10, 20, 40][index % 3]
    }
    #expect(floats(session) == expected)
  }

  @Test func `integers are quantised as TensorFlow Lite does`() throws {
    let quantization = AffineQuantization(scale: 0.011, zeroPoint: -40)
    let preprocessing = Preprocessing(mean: [127.5], deviation: [127.5])
    let session = try Session(
      try SmallModel.colors(.int8(quantization), preprocessing: preprocessing))
    let picture = SmallModel.picture()
    try session.setInput(picture)
    let expected = picture.pixels.map { level in
      let integer: Int8 = Quantize.reference((Float(level) - 127.5) / 127.5, quantization)
      return UInt8(bitPattern: integer)
    }
    #expect(bytes(session) == expected)
  }

  @Test(arguments: [0.5, 1, 1 / 255, 1 / 127.5] as [Float], [-128, -1, 0, 127] as [Int32])
  func `integers without a word from the file are levels`(scale: Float, zeroPoint: Int32) throws {
    let format = ValueFormat.int8(AffineQuantization(scale: scale, zeroPoint: zeroPoint))
    let session = try Session(
      try SmallModel.colors(
        height: 16, width: 6, format, preprocessing: Preprocessing(impliedBy: format)))
    let picture = SmallModel.picture(height: 16, width: 6)
    try session.setInput(picture)
    #expect(bytes(session) == picture.pixels.map { $0 ^ 0x80 })
  }

  @Test func `a grey model takes the luma`() throws {
    let session = try Session(try SmallModel.colors(channels: 1, labels: []))
    let picture = SmallModel.picture()
    try session.setInput(picture)
    #expect(floats(session) == picture.luma.pixels.map { Float($0) / 255 })
  }

  @Test func `a picture of another size is stretched, or its middle is taken`() throws {
    // Black but for the middle third, which is white.
    var wide = Image(width: 12, height: 4)
    for y in 0..<4 {
      for x in 4..<8 { for channel in 0..<3 { wide.pixels[3 * (12 * y + x) + channel] = 255 } }
    }
    let centered = try Session(
      try SmallModel.colors(
        preprocessing: Preprocessing(mean: [0], deviation: [255], crop: .center)))
    try centered.setInput(wide)
    #expect(floats(centered).allSatisfy { $0 == 1 })
    let stretched = try Session(try SmallModel.colors())
    try stretched.setInput(wide)
    #expect(floats(stretched) == wide.resized(width: 4, height: 4).pixels.map { Float($0) / 255 })
    #expect(floats(stretched)[0] < 0.5)
  }

  @Test(arguments: [Preprocessing.Crop.stretch, .center])
  func `decoding at the input's size gives the numbers of decoding first`(
    crop: Preprocessing.Crop
  ) throws {
    let preprocessing = Preprocessing(mean: [0], deviation: [255], crop: crop)
    let session = try Session(
      try SmallModel.colors(height: 5, width: 9, preprocessing: preprocessing))
    for (height, width) in [(31, 17), (17, 31), (3, 2), (1, 50), (5, 9)] {
      let picture = SmallModel.picture(height: height, width: width)
      try session.setInput(picture)
      let expected = floats(session)
      let encoded = picture.encodedPPM()
      try session.setInput(try encoded.withUnsafeBytes { try session.decode($0) })
      #expect(floats(session) == expected, "\(height)x\(width)")
    }
  }
}
