// SPDX-License-Identifier: Apache-2.0
public import Imaging
import Kernels
public import Network
public import Platform

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
      width: shape.width, height: shape.height,
      keepingProportion: preprocessing.crop == .center)
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

  @inline(__always)
  private func look<Number>(
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
