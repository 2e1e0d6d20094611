// SPDX-License-Identifier: Apache-2.0

extension TFLiteFile {
  /// Whether a file with these bytes says that it is a .tflite file: by the identifier that follows
  /// the reference to the root table.
  package static func hasIdentifier(_ bytes: UnsafeRawBufferPointer) -> Bool {
    bytes.count >= 8 && bytes[4..<8].elementsEqual("TFL3".utf8)
  }

  /// What a .tflite file says. The data of tensors are views of `bytes`, which must outlive them.
  ///
  /// Of several subgraphs the first is the model; the others belong to control flow, whose
  /// operators nobody here runs.
  ///
  /// - Throws: `TFLiteError` saying where the file is wrong. What is allocated is bounded by the
  ///   file's size.
  package init(reading bytes: UnsafeRawBufferPointer) throws(TFLiteError) {
    guard Self.hasIdentifier(bytes) else { throw .notTFLite }
    var reader = TFLiteReader()
    do throws(FlatBufferError) {
      let model = try FlatBuffer(bytes).root()
      reader.buffers = try model.tables(4)
      reader.codes = try model.tables(1)
      description = try model.string(3)
      let graphs = try model.tables(2)
      if graphs.isEmpty { reader.problem = .missing(.subgraph) }
      for graph in graphs.prefix(1) {
        inputs = try graph.integers(1)
        outputs = try graph.integers(2)
        for table in try graph.tables(0) { tensors.append(try reader.tensor(table)) }
        for table in try graph.tables(3) { operators.append(try reader.node(table)) }
      }
      for table in try model.tables(6) {
        let index = Int(try table.number(1, default: UInt32(0)))
        guard reader.buffers.indices.contains(index) else { continue }
        metadata.append(
          TFLiteMetadata(name: try table.string(0), data: try reader.buffers[index].bytes(0)))
      }
    } catch { throw .corrupt(error) }
    if let problem = reader.problem { throw problem }
    try check()
  }

  /// Every index leads to a tensor, and every tensor's data fit its shape.
  private func check() throws(TFLiteError) {
    for (place, indices) in [(TFLitePlace.input, inputs), (.output, outputs)] {
      for index in indices where !tensors.indices.contains(index) {
        throw .badIndex(place, index: index, count: tensors.count)
      }
      if indices.isEmpty { throw .missing(place) }
    }
    for node in operators {
      for index in node.inputs where index != -1 && !tensors.indices.contains(index) {
        throw .badIndex(.operators, index: index, count: tensors.count)
      }
      for index in node.outputs where !tensors.indices.contains(index) {
        throw .badIndex(.operators, index: index, count: tensors.count)
      }
    }
    for (index, tensor) in tensors.enumerated() {
      guard let count = tensor.checkedElementCount else { throw .badShape(tensor: index) }
      let size = tensor.type.byteCount
      guard tensor.isConstant, size > 0 else { continue }
      guard Int64(count) * Int64(size) == Int64(tensor.data.count) else {
        throw .wrongDataSize(
          tensor: index, expected: Int(clamping: Int64(count) * Int64(size)),
          actual: tensor.data.count)
      }
    }
  }
}

extension TFLiteTensor {
  /// The product of the extents; `nil` where one is negative or the product is beyond 2³¹ − 1.
  var checkedElementCount: Int? {
    var count = 1
    for extent in shape {
      let (product, overflow) = count.multipliedReportingOverflow(by: extent)
      guard !overflow, extent >= 0, product <= Int(Int32.max) else { return nil }
      count = product
    }
    return count
  }

  /// Elements of the tensor. Files are read only where this is in range.
  package var elementCount: Int { checkedElementCount ?? 0 }
}

/// The tables of a model that tensors and operators refer to.
private struct TFLiteReader {
  var buffers: [FlatTable] = []
  var codes: [FlatTable] = []
  /// The first thing that is wrong in what the tables say.
  var problem: TFLiteError?

  private mutating func note(_ error: TFLiteError) { problem = problem ?? error }

  mutating func tensor(_ table: FlatTable) throws(FlatBufferError) -> TFLiteTensor {
    var tensor = TFLiteTensor(
      name: try table.string(3), shape: try table.integers(0),
      type: TFLiteType(code: try table.number(1, default: 0)))
    let index = Int(clamping: try table.number(2, default: UInt32(0)))
    if buffers.indices.contains(index) {
      tensor.data = try buffers[index].bytes(0)
      if try buffers[index].number(1, default: UInt64(0)) > 1 {
        note(.externalData(buffer: index))
      }
    } else {
      note(.badIndex(.buffer, index: index, count: buffers.count))
    }
    if let quantization = try table.table(4) {
      tensor.scales = try quantization.floats(2)
      tensor.zeroPoints = try quantization.numbers(3, of: Int64.self).map { Int(clamping: $0) }
      tensor.quantizedDimension = try quantization.integer(6)
    }
    return tensor
  }

  mutating func node(_ table: FlatTable) throws(FlatBufferError) -> TFLiteOperator {
    let index = Int(clamping: try table.number(0, default: UInt32(0)))
    guard codes.indices.contains(index) else {
      note(.badIndex(.operatorCode, index: index, count: codes.count))
      return TFLiteOperator(.custom, inputs: [], outputs: [])
    }
    // Numbers below 127 stand in the older of two fields, too.
    let code = max(
      Int(try codes[index].number(0, default: Int8(0))), try codes[index].integer(3))
    var node = TFLiteOperator(
      TFLiteCode(code: code), version: try codes[index].integer(2, default: 1),
      inputs: try table.integers(1), outputs: try table.integers(2))
    node.customName = try codes[index].string(1)
    if let options = try table.table(4) {
      node.options = try TFLiteOptions(try table.number(3, default: 0), options)
    }
    return node
  }
}
