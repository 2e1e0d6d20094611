// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Interchange
import Kernels
import Network
import Ocelli
import SharedCommands

struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Run any model on arrays of numbers.",
    discussion: """
      Reads an .npy file for each input of the model and writes one for each output, so that \
      anyone can compare. The first axis is the batch; the type of the elements is the model's \
      own: int8 or uint8 as they are, unscaled, or float32.

        ocelli run model.tflite --input x.npy --output y.npy
      """)

  @Argument(help: "A .tflite or .safetensors model.") var model: String
  @Option(help: .value("npy", "A file for each input, in order.")) var input: [String]
  @Option(help: .value("npy", "A file for each output, in order.")) var output: [String]
  @Option(help: .value("n", "Examples per step.")) var batch = 1
  @OptionGroup var threads: ThreadOptions

  func validate() throws { try checkRange("batch", batch, 1...65536) }

  func run() throws {
    let loaded = try Model(contentsOf: model)
    let graph = loaded.graph
    try check("inputs", input.count, graph.inputs.count)
    try check("outputs", output.count, graph.outputs.count)
    let arrays = try zip(input, graph.inputs).map { path, node in
      try ModelArray(reading: path, graph.formats[node], graph.shapes[node])
    }
    let count = arrays[0].count
    for (path, array) in zip(input, arrays) where array.count != count {
      throw CommandError("\(path): \(array.count) examples, \(input[0]) has \(count)")
    }
    let pool = try threads.pool()
    let batch = min(batch, max(1, count))
    var request = PlanRequest(batch: batch, threadCount: pool.threadCount)
    request.keptValues = graph.outputs
    guard let session = try? Session(loaded, request, pool) else {
      throw CommandError("\(model): no memory to run it")
    }
    var results = graph.outputs.map {
      ModelArray(graph.formats[$0], graph.shapes[$0], count: count)
    }
    for first in stride(from: 0, to: count, by: batch) {
      let examples = first..<min(count, first + batch)
      for (array, node) in zip(arrays, graph.inputs) {
        array.copy(examples, to: session.bytes(of: node))
      }
      session.run()
      for (index, node) in graph.outputs.enumerated() {
        results[index].replace(examples, by: session.bytes(of: node))
      }
    }
    for (path, result) in zip(output, results) { try result.write(to: path) }
  }

  private func check(_ name: String, _ given: Int, _ expected: Int) throws {
    guard given == expected else {
      throw CommandError("\(model): has \(expected) \(name), \(given) files were given")
    }
  }
}

/// Examples of one input or output, as bytes.
struct ModelArray {
  let format: ValueFormat
  let shape: Shape
  let count: Int
  private var bytes: [UInt8]

  private var exampleBytes: Int { shape.elementCount * format.byteCount }

  init(_ format: ValueFormat, _ shape: Shape, count: Int) {
    (self.format, self.shape, self.count) = (format, shape, count)
    bytes = [UInt8](repeating: 0, count: count * shape.elementCount * format.byteCount)
  }

  init(reading path: String, _ format: ValueFormat, _ shape: Shape) throws {
    (self.format, self.shape) = (format, shape)
    let extents: [Int]
    switch format {
    case .float32: (bytes, extents) = try Self.read(path, Float.self)
    case .int8: (bytes, extents) = try Self.read(path, Int8.self)
    case .uint8: (bytes, extents) = try Self.read(path, UInt8.self)
    }
    count = extents.first ?? 0
    guard count > 0, extents.dropFirst().reduce(1, *) == shape.elementCount else {
      throw CommandError(
        "\(path): an array of \(extents), expected a batch of \(shape.text), for example "
          + "\([1] + Self.extents(shape))")
    }
  }

  private static func read<Element: NumPyElement & Equatable & Sendable>(
    _ path: String, _ type: Element.Type
  ) throws -> ([UInt8], [Int]) {
    let array = try NumPyArray<Element>(path)
    return (array.elements.withUnsafeBytes { [UInt8]($0) }, array.shape)
  }

  /// Vectors are spelled without their 1 × 1 pixel.
  private static func extents(_ shape: Shape) -> [Int] {
    shape.height == 1 && shape.width == 1
      ? [shape.channels] : [shape.height, shape.width, shape.channels]
  }

  func copy(_ examples: Range<Int>, to target: UnsafeMutableRawBufferPointer) {
    bytes.withUnsafeBytes {
      target.copyMemory(
        from: UnsafeRawBufferPointer(
          rebasing: $0[examples.lowerBound * exampleBytes..<examples.upperBound * exampleBytes]))
    }
  }

  mutating func replace(_ examples: Range<Int>, by source: UnsafeMutableRawBufferPointer) {
    let range = examples.lowerBound * exampleBytes..<examples.upperBound * exampleBytes
    bytes.replaceSubrange(range, with: source[..<range.count])
  }

  func write(to path: String) throws {
    let extents = [count] + Self.extents(shape)
    switch format {
    case .float32: try write(extents, Float.self, to: path)
    case .int8: try write(extents, Int8.self, to: path)
    case .uint8: try write(extents, UInt8.self, to: path)
    }
  }

  private func write<Element: NumPyElement & Equatable & Sendable>(
    _ extents: [Int], _ type: Element.Type, to path: String
  ) throws {
    let elements = bytes.withUnsafeBytes { [Element]($0.bindMemory(to: type)) }
    try NumPyArray(shape: extents, elements: elements).write(to: path)
  }
}
