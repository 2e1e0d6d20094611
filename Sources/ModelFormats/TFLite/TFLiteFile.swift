// SPDX-License-Identifier: Apache-2.0

/// What a .tflite file says: tensors, and the operators that compute them from one another
/// (tensorflow/lite/schema/schema.fbs, version 3).
///
/// The data of tensors stays where it is: in the mapped file, or with whoever describes a file to
/// be written.
package struct TFLiteFile {
  package var description = ""
  package var tensors: [TFLiteTensor] = []
  package var operators: [TFLiteOperator] = []
  /// Indices of tensors.
  package var inputs: [Int] = []
  package var outputs: [Int] = []
  /// What is not needed to run the model, by name.
  package var metadata: [TFLiteMetadata] = []

  package init() {}
}

/// A named block of bytes.
package struct TFLiteMetadata {
  package var name: String
  package var data: UnsafeRawBufferPointer

  package init(name: String, data: UnsafeRawBufferPointer) { (self.name, self.data) = (name, data) }
}

/// One tensor: an activation, or data that the file holds.
package struct TFLiteTensor {
  package var name: String
  /// The extents; those of activations start with the batch.
  package var shape: [Int]
  package var type: TFLiteType
  /// Little-endian elements; empty for activations.
  package var data: UnsafeRawBufferPointer
  /// One a tensor, or one for each index along `quantizedDimension`; empty where the tensor is not
  /// quantised.
  package var scales: [Float]
  package var zeroPoints: [Int]
  package var quantizedDimension: Int

  package init(
    name: String, shape: [Int], type: TFLiteType,
    data: UnsafeRawBufferPointer = UnsafeRawBufferPointer(start: nil, count: 0),
    scales: [Float] = [], zeroPoints: [Int] = [], quantizedDimension: Int = 0
  ) {
    (self.name, self.shape, self.type, self.data, self.scales) = (name, shape, type, data, scales)
    (self.zeroPoints, self.quantizedDimension) = (zeroPoints, quantizedDimension)
  }

  /// Whether the file holds the tensor's elements.
  package var isConstant: Bool { data.count > 0 }
}

/// The type of a tensor's elements, by its number in the schema.
public struct TFLiteType: Equatable, Sendable {
  /// The number in the schema.
  public var code: UInt8

  package init(code: UInt8) { self.code = code }

  package static let float32 = TFLiteType(code: 0)
  package static let float16 = TFLiteType(code: 1)
  package static let int32 = TFLiteType(code: 2)
  package static let uint8 = TFLiteType(code: 3)
  package static let int64 = TFLiteType(code: 4)
  package static let int16 = TFLiteType(code: 7)
  package static let int8 = TFLiteType(code: 9)

  /// Bytes of one element of the types that Ocelli computes with; 0 for others.
  package var byteCount: Int {
    switch self {
    case .float32, .int32: 4
    case .float16, .int16: 2
    case .int8, .uint8: 1
    case .int64: 8
    default: 0
    }
  }

  /// The schema's word for the type.
  public var name: String {
    TFLiteWords.word(
      Int(code),
      of: """
        FLOAT32 FLOAT16 INT32 UINT8 INT64 STRING BOOL INT16 COMPLEX64 INT8 FLOAT64 COMPLEX128 \
        UINT64 RESOURCE VARIANT UINT32 UINT16 INT4 BFLOAT16 INT2 UINT4 FLOAT8_E4M3FN FLOAT8_E5M2
        """)
  }
}

/// One operator.
package struct TFLiteOperator {
  package var code: TFLiteCode
  /// The version of the operator's definition that the file was written for.
  package var version: Int
  /// Indices of tensors; −1 where an optional one is left out.
  package var inputs: [Int]
  package var outputs: [Int]
  package var options: TFLiteOptions
  /// The name of a custom operator.
  package var customName = ""

  package init(
    _ code: TFLiteCode, version: Int = 1, inputs: [Int], outputs: [Int],
    options: TFLiteOptions = .none
  ) {
    (self.code, self.version, self.inputs, self.outputs) = (code, version, inputs, outputs)
    self.options = options
  }
}

/// Words of the schema, kept as one text: tables of strings are large on boards.
enum TFLiteWords {
  /// Word number `index` of words between single spaces, or the number itself.
  static func word(_ index: Int, of words: StaticString) -> String {
    words.withUTF8Buffer { text in
      var start = 0
      var skipped = 0
      while skipped < index, start < text.count {
        if text[start] == UInt8(ascii: " ") { skipped += 1 }
        start += 1
      }
      guard index >= 0, start < text.count else { return String(index) }
      let end = text[start...].firstIndex(of: UInt8(ascii: " ")) ?? text.count
      return String(decoding: text[start..<end], as: UTF8.self)
    }
  }
}

/// Why a file is not a .tflite model that can be read.
public enum TFLiteError: Error, Equatable, Sendable {
  /// The identifier `TFL3` is missing: it is another kind of file.
  case notTFLite
  /// The file is cut or corrupt: get it anew.
  case corrupt(FlatBufferError)
  /// An index leads nowhere: the file is corrupt.
  case badIndex(TFLitePlace, index: Int, count: Int)
  /// Something that every model has is missing: the file is not a whole model.
  case missing(TFLitePlace)
  /// The extents of a tensor are negative, or their product is beyond all use.
  case badShape(tensor: Int)
  /// A tensor's data are not as long as its shape and its type say: the file is corrupt.
  case wrongDataSize(tensor: Int, expected: Int, actual: Int)
  /// A tensor's data lie behind the FlatBuffer, as in files beyond 2 GB: convert it anew, smaller.
  case externalData(buffer: Int)
}

/// Where in a file something is wrong.
public enum TFLitePlace: Equatable, Sendable {
  case model, subgraph, operatorCode, operators, tensor, buffer, input, output, metadata
}

extension TFLiteError: CustomStringConvertible {
  /// One line; follows the file's name.
  public var description: String {
    switch self {
    case .notTFLite: "is not a .tflite file: expected the identifier TFL3 at byte 4"
    case .corrupt(let error): error.description
    case .badIndex(let place, let index, let count): "refers to \(place) \(index) of \(count)"
    case .missing(let place): "has no \(place)"
    case .badShape(let tensor): "tensor \(tensor) has an impossible shape"
    case .wrongDataSize(let tensor, let expected, let actual):
      "tensor \(tensor) holds \(actual) bytes, its shape asks for \(expected)"
    case .externalData(let buffer):
      "buffer \(buffer) lies behind the model, as in files beyond 2 GB, which is not supported"
    }
  }
}

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
      if try buffers[index].number(1, default: UInt64(0)) > 1 { note(.externalData(buffer: index)) }
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
    let code = max(Int(try codes[index].number(0, default: Int8(0))), try codes[index].integer(3))
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
