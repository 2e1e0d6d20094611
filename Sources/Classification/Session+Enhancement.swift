// SPDX-License-Identifier: Apache-2.0
public import Imaging
import Kernels
public import Network

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
      try setInput(try enhancer.outputImage())
      return
    }
    let (from, to) = (source.formats[source.output], target.formats[target.inputs[0]])
    let bytes = bytes(of: target.inputs[0])
    if from == to, enhancer.preprocessing.mapsAlike(preprocessing) {
      enhancer.copyOutput(to: bytes)
      return
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
    let source = plan.graph.formats[plan.graph.output] == .float32
    if source {
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

extension Preprocessing {
  /// Whether the same numbers stand for the same levels.
  fileprivate func mapsAlike(_ other: Preprocessing) -> Bool {
    mean == other.mean && deviation == other.deviation
  }
}
