// SPDX-License-Identifier: Apache-2.0
public import Imaging
import Kernels
public import Network
public import Platform

/// A class that a picture may belong to.
public struct RankedLabel: Equatable, Sendable {
  /// The class's place among the outputs.
  public var index: Int
  /// Its label; `class 7` where the model has none.
  public var name: String
  /// From 0 to 1.
  public var probability: Float

  /// A label with its class and probability.
  public init(index: Int, name: String, probability: Float) {
    (self.index, self.name, self.probability) = (index, name, probability)
  }
}

extension Session {
  /// The most probable classes of a picture, the best first; equally probable ones in the order of
  /// the outputs.
  ///
  /// The picture is cropped and resized to the model's input by the model's own rule.
  /// - Parameter enhancer: what improves the picture before it is classified.
  public func classify(
    _ image: Image, enhancedBy enhancer: Session? = nil, top: Int = 5
  ) throws(ClassificationError) -> [RankedLabel] {
    try requireRole(.classifier)
    if let enhancer {
      try enhancer.requireRole(.enhancer)
      try enhancer.setInput(image)
      enhancer.run()
      try setInput(outputOf: enhancer)
    } else {
      try setInput(image)
    }
    run()
    return ranking(top: top)
  }

  /// The most probable classes of the last run.
  private func ranking(top: Int) -> [RankedLabel] {
    let probabilities = probabilities()
    let order = probabilities.indices.sorted { a, b in
      probabilities[a] != probabilities[b] ? probabilities[a] > probabilities[b] : a < b
    }
    return order.prefix(max(0, top)).map { index in
      let isLabelled = index < labels.count && !labels[index].utf8.isEmpty
      return RankedLabel(
        index: index, name: isLabelled ? labels[index] : "class " + String(index),
        probability: probabilities[index])
    }
  }

  /// The outputs of the last run as they are where the model ends in a softmax or in a sigmoid,
  /// else their softmax.
  private func probabilities() -> [Float] {
    var values = outputValues()
    // Numbers that are none, or infinite, would leave no order.
    for index in values.indices where !values[index].isFinite {
      values[index] = values[index].isNaN ? 0 : values[index] > 0 ? 1e30 : -1e30
    }
    return plan.graph.endsInProbabilities ? values : ElementaryFunctions.softmax(values)
  }

  /// A number that is the same where two machines have computed the same outputs: FNV-1a, of 64
  /// bits, over the bytes of all outputs.
  public func outputChecksum() -> UInt64 {
    var checksum: UInt64 = 0xCBF2_9CE4_8422_2325
    for node in plan.graph.outputs {
      if plan.graph.formats[node] == .float32 {
        add(value(of: node), to: &checksum)
      } else {
        add(integers(of: node), to: &checksum)
      }
    }
    return checksum
  }

  private func add<Element>(_ view: TensorView<Element>, to checksum: inout UInt64) {
    for pixel in 0..<view.pixelCount {
      let count = view.channels * MemoryLayout<Element>.stride
      for byte in UnsafeRawBufferPointer(start: view.pixel(pixel), count: count) {
        checksum = (checksum ^ UInt64(byte)) &* 0x100_0000_01B3
      }
    }
  }
}

/// Why a model cannot be used on pictures.
public enum ClassificationError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The input is no picture of one or three channels, or there are several inputs.
  case noPictureInput(Shape, inputCount: Int)
  /// The output is no list of classes: the model is an enhancer, or for something else.
  case noClasses(Shape)
  /// The output is no picture: the model is no enhancer.
  case noPictureOutput(Shape)

  /// One line; follows the model's name.
  public var description: String {
    func text(_ shape: Shape) -> String { "\(shape.height)x\(shape.width)x\(shape.channels)" }
    switch self {
    case .noPictureInput(let shape, let count):
      return count == 1
        ? "takes \(text(shape)) numbers, expected a picture of 1 or 3 channels"
        : "takes \(count) inputs, expected one picture"
    case .noClasses(let shape):
      return "gives \(text(shape)) numbers, expected a number for each class"
    case .noPictureOutput(let shape):
      return "gives \(text(shape)) numbers, expected a picture of 1 or 3 channels"
    }
  }
}

extension Session {
  /// Runs an enhancer on a picture.
  public func enhance(_ image: Image) throws(ClassificationError) -> Image {
    try requireRole(.enhancer)
    try setInput(image)
    run()
    return try outputImage()
  }

  /// The picture that the last run of an enhancer made, in 8 bits.
  public func outputImage() throws(ClassificationError) -> Image {
    try requireRole(.enhancer)
    let shape = plan.graph.outputShape
    let levels = outputLevels()
    var pixels = [UInt8](repeating: 0, count: 3 * shape.height * shape.width)
    for pixel in 0..<shape.height * shape.width {
      for channel in 0..<3 {
        let level = levels[pixel * shape.channels + min(channel, shape.channels - 1)]
        // Not a number is black.
        pixels[3 * pixel + channel] = level > 0 ? UInt8(min(level, 255).rounded()) : 0
      }
    }
    return Image(width: shape.width, height: shape.height, pixels: pixels)
  }

  /// Takes what the last run of `enhancer` made for the input. Where both have the same size,
  /// numbers go over without a detour through 8 bits; else the picture is resized.
  public func setInput(outputOf enhancer: Session) throws(ClassificationError) {
    try requirePictureInput()
    try enhancer.requireRole(.enhancer)
    let (source, target) = (enhancer.plan.graph, plan.graph)
    guard source.outputShape == target.inputShape else {
      return try setInput(try enhancer.outputImage())
    }
    let (from, to) = (source.formats[source.output], target.formats[target.inputs[0]])
    let bytes = bytes(of: target.inputs[0])
    // The same numbers stand for the same levels.
    if from == to, enhancer.preprocessing.mean == preprocessing.mean,
      enhancer.preprocessing.deviation == preprocessing.deviation
    {
      return enhancer.copyOutput(to: bytes)
    }
    let channels = target.inputShape.channels
    for (index, level) in enhancer.outputLevels().enumerated() {
      let value = preprocessing.value(ofLevel: level, channel: index % channels)
      if to == .float32 {
        bytes.storeBytes(of: value, toByteOffset: 4 * index, as: Float.self)
      } else {
        bytes[index] = to.byte(of: value)
      }
    }
  }

  /// The numbers of the output as they are.
  private func copyOutput(to target: UnsafeMutableRawBufferPointer) {
    if plan.graph.formats[plan.graph.output] == .float32 {
      let view = value(of: plan.graph.output)
      let floats = target.bindMemory(to: Float.self)
      for pixel in 0..<view.pixelCount {
        for channel in 0..<view.channels {
          floats[pixel * view.channels + channel] = view.pixel(pixel)[channel]
        }
      }
    } else {
      let view = integers(of: plan.graph.output)
      for pixel in 0..<view.pixelCount {
        for channel in 0..<view.channels {
          target[pixel * view.channels + channel] = UInt8(bitPattern: view.pixel(pixel)[channel])
        }
      }
    }
  }

  /// The output in levels of 0...255, neither rounded nor limited.
  private func outputLevels() -> [Float] {
    let channels = plan.graph.outputShape.channels
    var levels = outputValues()
    for index in levels.indices {
      levels[index] = preprocessing.level(ofValue: levels[index], channel: index % channels)
    }
    return levels
  }

  /// The first output in real numbers, pixel by pixel.
  func outputValues() -> [Float] {
    let node = plan.graph.output
    var values: [Float] = []
    values.reserveCapacity(plan.graph.outputShape.elementCount)
    guard let quantization = plan.graph.formats[node].quantization else {
      let view = value(of: node)
      for pixel in 0..<view.pixelCount {
        for channel in 0..<view.channels { values.append(view.pixel(pixel)[channel]) }
      }
      return values
    }
    let isSigned = plan.graph.formats[node].isInt8
    let view = integers(of: node)
    for pixel in 0..<view.pixelCount {
      for channel in 0..<view.channels {
        let byte = view.pixel(pixel)[channel]
        let integer = isSigned ? Int32(byte) : Int32(UInt8(bitPattern: byte))
        values.append(quantization.scale * Float(integer - quantization.zeroPoint))
      }
    }
    return values
  }
}

extension Session {
  /// Decodes a picture at the size of the model's input, cropped by its rule, without ever holding
  /// the original whole where its format allows.
  public func decode(_ bytes: UnsafeRawBufferPointer) throws(ImageError) -> Image {
    let shape = plan.graph.inputShape
    return try Image.decode(
      bytes, resizedToWidth: shape.width, height: shape.height,
      keepingProportion: preprocessing.crop == .center)
  }

  /// The same of a file, which is read piece by piece.
  public func decode(_ file: StreamedFile) throws(ImageError) -> Image {
    let shape = plan.graph.inputShape
    return try Image.decode(
      file, resizedToWidth: shape.width, height: shape.height,
      keepingProportion: preprocessing.crop == .center)
  }

  /// Writes a picture to the input: at its size, and in its numbers.
  public func setInput(_ image: Image) throws(ClassificationError) {
    try requirePictureInput()
    let graph = plan.graph
    let shape = graph.inputShape
    let picture = image.fitted(
      width: shape.width, height: shape.height, keepingProportion: preprocessing.crop == .center)
    let levels = shape.channels == 3 ? picture.pixels : picture.luma.pixels
    // One of 256 numbers for each byte, channel by channel.
    let table = LevelTable(preprocessing, graph.formats[graph.inputs[0]], shape.channels)
    table.write(levels, to: bytes(of: graph.inputs[0]))
  }

  /// Refuses a model that does not take a picture, or does not give what its role asks for: a
  /// number for each class, or a picture.
  public func requireRole(_ role: Model.Role) throws(ClassificationError) {
    try requirePictureInput()
    let shape = plan.graph.outputShape
    let isList = shape.height * shape.width == 1
    switch role {
    case .classifier: if !isList { throw .noClasses(shape) }
    case .enhancer:
      guard !isList, shape.channels == 1 || shape.channels == 3,
        preprocessing.fits(channels: shape.channels)
      else { throw .noPictureOutput(shape) }
    }
  }

  func requirePictureInput() throws(ClassificationError) {
    let (shape, count) = (plan.graph.inputShape, plan.graph.inputs.count)
    guard count == 1, shape.channels == 1 || shape.channels == 3,
      preprocessing.fits(channels: shape.channels)
    else { throw .noPictureInput(shape, inputCount: count) }
  }
}

/// What each level of each channel is in the numbers of an input: scaling and quantising are one
/// look-up.
private struct LevelTable {
  private let channels: Int
  private let isFloat: Bool
  private var floats: [Float] = []
  private var integers: [UInt8] = []

  init(_ preprocessing: Preprocessing, _ format: ValueFormat, _ channels: Int) {
    self.channels = channels
    isFloat = format == .float32
    for channel in 0..<channels {
      for level in 0..<256 {
        let value = preprocessing.value(ofLevel: Float(level), channel: channel)
        if isFloat { floats.append(value) } else { integers.append(format.byte(of: value)) }
      }
    }
  }

  func write(_ levels: [UInt8], to target: UnsafeMutableRawBufferPointer) {
    guard let start = target.baseAddress else { return }
    levels.withUnsafeBufferPointer { levels in
      if isFloat {
        let target = start.assumingMemoryBound(to: Float.self)
        floats.withUnsafeBufferPointer { look(up: levels, in: $0, target) }
      } else {
        let target = start.assumingMemoryBound(to: UInt8.self)
        integers.withUnsafeBufferPointer { look(up: levels, in: $0, target) }
      }
    }
  }

  @inline(__always) private func look<Number>(
    up levels: UnsafeBufferPointer<UInt8>, in table: UnsafeBufferPointer<Number>,
    _ target: UnsafeMutablePointer<Number>
  ) {
    if channels == 1 {
      for index in levels.indices { target[index] = table[Int(levels[index])] }
      return
    }
    for pixel in 0..<levels.count / 3 {
      let first = 3 * pixel
      target[first] = table[Int(levels[first])]
      target[first + 1] = table[256 + Int(levels[first + 1])]
      target[first + 2] = table[512 + Int(levels[first + 2])]
    }
  }
}

extension ValueFormat {
  /// The byte of the integer that is nearest to a real number.
  func byte(of value: Float) -> UInt8 {
    switch self {
    case .float32: return 0
    case .int8(let quantization):
      let integer: Int8 = Quantize.reference(value, quantization)
      return UInt8(bitPattern: integer)
    case .uint8(let quantization): return Quantize.reference(value, quantization)
    }
  }
}
