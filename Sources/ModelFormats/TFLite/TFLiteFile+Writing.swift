// SPDX-License-Identifier: Apache-2.0

extension TFLiteFile {
  /// The file, which LiteRT and every other reader of TensorFlow Lite's format opens.
  ///
  /// Equal data are stored once. Data start at multiples of 16 bytes, so that they can be read
  /// where they are mapped.
  package func serialized() -> [UInt8] {
    var writer = TFLiteWriter(file: self)
    return writer.run()
  }
}

/// The walk over a file's parts.
private struct TFLiteWriter {
  typealias Field = FlatBufferBuilder.Field
  let file: TFLiteFile
  var builder = FlatBufferBuilder()
  /// The data of each buffer; the first is that of activations, empty.
  var buffers: [UnsafeRawBufferPointer] = [UnsafeRawBufferPointer(start: nil, count: 0)]
  /// Buffers that begin alike, by a hash of their bytes.
  var knownBuffers: [UInt64: [Int]] = [:]
  /// Where lists of so many zeros lie: weights of as many channels share their zero points.
  var zeroPointLists: [Int: Int] = [:]

  init(file: TFLiteFile) { self.file = file }

  mutating func run() -> [UInt8] {
    // Data first: they come to lie at the file's end.
    let tensorBuffers = file.tensors.map { buffer($0.data) }
    let metadataBuffers = file.metadata.map { buffer($0.data) }
    let bufferTables = buffers.enumerated().map { index, data -> Int in
      guard data.count > 0 else { return builder.table([]) }
      // Metadata may be packed weights, which kernels read in whole cache lines.
      let isMetadata = metadataBuffers.contains(index)
      let bytes = builder.vector(bytes: data, alignment: isMetadata ? 64 : 16)
      return builder.table([Field.reference(0, bytes)])
    }
    let metadata = zip(file.metadata, metadataBuffers).map { entry, buffer in
      let name = builder.string(entry.name)
      return builder.table([Field.reference(0, name), Field.int32(1, buffer)])
    }
    let graph = subgraph(tensorBuffers)
    let codes = operatorCodes.map { operatorCode($0) }
    let description = builder.string(file.description)
    let fields = [
      Field.int32(0, 3), reference(1, references: codes), reference(2, references: [graph]),
      Field.reference(3, description), reference(4, references: bufferTables),
      metadata.isEmpty ? nil : reference(6, references: metadata),
    ]
    let root = builder.table(fields)
    return builder.finish(root: root, identifier: "TFL3")
  }

  /// The number of the buffer that holds these bytes.
  private mutating func buffer(_ data: UnsafeRawBufferPointer) -> Int {
    guard data.count > 0 else { return 0 }
    let hash = data.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    for index in knownBuffers[hash] ?? [] where buffers[index].elementsEqual(data) { return index }
    buffers.append(data)
    knownBuffers[hash, default: []].append(buffers.count - 1)
    return buffers.count - 1
  }

  /// Each pair of an operator and a version, once.
  private var operatorCodes: [TFLiteOperator] {
    var result: [TFLiteOperator] = []
    for node in file.operators where !result.contains(where: { isSameCode($0, node) }) {
      result.append(node)
    }
    return result
  }

  private func isSameCode(_ a: TFLiteOperator, _ b: TFLiteOperator) -> Bool {
    a.code == b.code && a.version == b.version && a.customName.utf8.elementsEqual(b.customName.utf8)
  }

  private mutating func operatorCode(_ node: TFLiteOperator) -> Int {
    let name = node.customName.utf8.isEmpty ? nil : builder.string(node.customName)
    return builder.table([
      Field.byte(0, UInt8(min(node.code.code, 127))), name.map { Field.reference(1, $0) },
      node.version == 1 ? nil : Field.int32(2, node.version), Field.int32(3, node.code.code),
    ])
  }

  private mutating func subgraph(_ buffers: [Int]) -> Int {
    let tensors = zip(file.tensors, buffers).map { tensor($0, buffer: $1) }
    let codes = operatorCodes
    let nodes = file.operators.map { node in
      operation(node, code: codes.firstIndex { isSameCode($0, node) } ?? 0)
    }
    let fields: [Field?] = [
      reference(0, references: tensors), reference(1, integers: file.inputs),
      reference(2, integers: file.outputs), reference(3, references: nodes),
    ]
    return builder.table(fields)
  }

  private mutating func tensor(_ tensor: TFLiteTensor, buffer: Int) -> Int {
    var quantization: Int?
    if !tensor.scales.isEmpty {
      let scales = builder.vector(floats: tensor.scales)
      let zeroPoints = zeroPoints(tensor.zeroPoints)
      quantization = builder.table([
        Field.reference(2, scales), Field.reference(3, zeroPoints),
        tensor.quantizedDimension == 0 ? nil : Field.int32(6, tensor.quantizedDimension),
      ])
    }
    let name = builder.string(tensor.name)
    let shape = reference(0, integers: tensor.shape)
    return builder.table([
      shape, tensor.type.code == 0 ? nil : Field.byte(1, tensor.type.code),
      buffer == 0 ? nil : Field.int32(2, buffer), Field.reference(3, name),
      quantization.map { Field.reference(4, $0) },
    ])
  }

  private mutating func zeroPoints(_ values: [Int]) -> Int {
    guard values.allSatisfy({ $0 == 0 }) else { return builder.vector(values.map { Int64($0) }) }
    if let known = zeroPointLists[values.count] { return known }
    let list = builder.vector(values.map { Int64($0) })
    zeroPointLists[values.count] = list
    return list
  }

  private mutating func operation(_ node: TFLiteOperator, code: Int) -> Int {
    let (inputs, outputs) = (
      reference(1, integers: node.inputs), reference(2, integers: node.outputs)
    )
    let options = node.options.write(node.code, &builder)
    return builder.table([
      code == 0 ? nil : Field.int32(0, code), inputs, outputs,
      options.map { Field.byte(3, $0.kind.rawValue) },
      options.map { Field.reference(4, $0.position) },
    ])
  }

  private mutating func reference(_ number: Int, references: [Int]) -> Field {
    Field.reference(number, builder.vector(references: references))
  }

  private mutating func reference(_ number: Int, integers: [Int]) -> Field {
    Field.reference(number, builder.vector(integers.map { Int32(clamping: $0) }))
  }
}
