// SPDX-License-Identifier: Apache-2.0
import Classification
import Imaging
import Kernels
import Network
import Testing

/// Labels and probabilities, and what an enhancer hands over.
struct ClassifyTests {
  private let red = Image(width: 9, height: 5, filledWith: (red: 250, green: 10, blue: 100))

  @Test(arguments: [ValueFormat.float32, SmallModel.unitBytes], [1, 2])
  func `labels come in the order of their probability`(format: ValueFormat, threads: Int) throws {
    let session = try Session(try SmallModel.colors(format), threads: threads)
    let labels = try session.classify(red)
    #expect(labels.map(\.name) == ["red", "blue", "green"])
    #expect(labels.map(\.index) == [0, 2, 1])
    #expect(abs(labels.reduce(0) { $0 + $1.probability } - 1) < 1e-6)
    #expect(try session.classify(red, top: 1) == Array(labels.prefix(1)))
    #expect(try session.classify(red, top: 0) == [])
  }

  @Test func `a softmax is taken once`() throws {
    let logits = try Session(try SmallModel.colors()).classify(red)
    let softmax = try Session(try SmallModel.colors(endsInSoftmax: true)).classify(red)
    for (a, b) in zip(logits, softmax) {
      #expect(a.name == b.name && abs(a.probability - b.probability) < 1e-6)
    }
  }

  @Test func `equal probabilities keep the order of the outputs, and labels may lack`() throws {
    let grey = Image(width: 4, height: 4, filledWith: (red: 9, green: 9, blue: 9))
    let labels = try Session(try SmallModel.colors(labels: ["red"])).classify(grey)
    #expect(labels.map(\.name) == ["red", "class 1", "class 2"])
  }

  @Test func `a model for something else is refused`() throws {
    let classifier = try Session(try SmallModel.colors())
    let enhancer = try Session(try SmallModel.identity(.float32, .float32))
    let odd = try Session(try SmallModel.colors(channels: 4))
    #expect(
      throws: ClassificationError.noClasses(Shape(height: 4, width: 4, channels: 3))
    ) { try enhancer.classify(red) }
    #expect(
      throws: ClassificationError.noPictureOutput(Shape(height: 1, width: 1, channels: 3))
    ) { try classifier.enhance(red) }
    #expect(
      throws: ClassificationError.noPictureInput(
        Shape(height: 4, width: 4, channels: 4), inputCount: 1)
    ) { try odd.classify(red) }
    #expect(throws: SessionError.threadsRefused(0)) {
      try Session(try SmallModel.colors(), threads: 0)
    }
  }

  // MARK: - Enhancers

  /// What the classifier's input holds with an enhancer in front that changes nothing, and without.
  private func inputs(
    _ enhancer: Model, _ classifier: Model, _ image: Image
  ) throws -> (with: [UInt8], without: [UInt8]) {
    let (front, back) = (try Session(enhancer), try Session(classifier))
    let input = back.plan.graph.inputs[0]
    _ = try back.classify(image, enhancedBy: front)
    try back.setInput(outputOf: front)
    let with = [UInt8](back.bytes(of: input))
    try back.setInput(image)
    return (with, [UInt8](back.bytes(of: input)))
  }

  private static let formats: [ValueFormat] = [
    .float32, SmallModel.unitBytes, .uint8(AffineQuantization(scale: 1 / 255, zeroPoint: 0)),
  ]

  @Test(arguments: formats, formats)
  func `an enhancer's numbers become those of the classifier`(
    _ output: ValueFormat, _ input: ValueFormat
  ) throws {
    // Bytes without a sign stand at the borders of a graph alone.
    let front = try Session(
      try SmallModel.identity(output == .float32 ? output : SmallModel.unitBytes, output))
    let back = try Session(
      try SmallModel.identity(input, input == .float32 ? input : SmallModel.unitBytes))
    let picture = SmallModel.picture()
    #expect(try front.enhance(picture) == picture)
    let node = back.plan.graph.inputs[0]
    try back.setInput(outputOf: front)
    let with = [UInt8](back.bytes(of: node))
    try back.setInput(picture)
    let without = [UInt8](back.bytes(of: node))
    guard input == .float32 else {
      #expect(with == without)
      return
    }
    func floats(_ bytes: [UInt8]) -> [Float] {
      bytes.withUnsafeBytes { [Float]($0.bindMemory(to: Float.self)) }
    }
    for (a, b) in zip(floats(with), floats(without)) { #expect(abs(a - b) < 1e-6) }
  }

  @Test func `numbers of other scales and other means are converted`() throws {
    let centered = Preprocessing(mean: [127.5], deviation: [127.5])
    let coarse = ValueFormat.int8(AffineQuantization(scale: 1 / 127.5, zeroPoint: -1))
    let (with, without) = try inputs(
      try SmallModel.identity(SmallModel.unitBytes, .float32),
      try SmallModel.colors(coarse, preprocessing: centered), SmallModel.picture())
    // A level on the border between two integers may go either way.
    for (a, b) in zip(with, without) { #expect(abs(Int(a ^ 0x80) - Int(b ^ 0x80)) <= 1) }
  }

  @Test func `an enhancer of another size is resized`() throws {
    let picture = SmallModel.picture(height: 8, width: 8)
    let (with, _) = try inputs(
      try SmallModel.identity(height: 8, width: 8, SmallModel.unitBytes, .float32),
      try SmallModel.colors(SmallModel.unitBytes), picture)
    #expect(with == picture.resized(width: 4, height: 4).pixels.map { $0 ^ 0x80 })
  }

  @Test func `an enhanced picture is limited to its levels`() throws {
    // Floats that stand for levels beyond 0 and 255.
    var enhancer = try SmallModel.identity(.float32, .float32)
    enhancer.preprocessing = Preprocessing(mean: [0], deviation: [1])
    let session = try Session(enhancer)
    try session.setInput(SmallModel.picture())
    let input = session.bytes(of: 0).bindMemory(to: Float.self)
    (input[0], input[1], input[2], input[3]) = (-3, 300, .nan, 7.5)
    session.forward()
    let pixels = try session.outputImage().pixels
    #expect(pixels[0] == 0 && pixels[1] == 255 && pixels[2] == 0 && pixels[3] == 8)
  }
}
