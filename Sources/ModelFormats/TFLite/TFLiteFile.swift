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

  package init(name: String, data: UnsafeRawBufferPointer) {
    self.name = name
    self.data = data
  }
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
    self.name = name
    self.shape = shape
    self.type = type
    self.data = data
    self.scales = scales
    self.zeroPoints = zeroPoints
    self.quantizedDimension = quantizedDimension
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
    self.code = code
    self.version = version
    self.inputs = inputs
    self.outputs = outputs
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
