// SPDX-License-Identifier: Apache-2.0
import Interchange
import Kernels
import TestSupport
import Testing

struct SafetensorsFileTests {
  @Test func `reads every element type that Python wrote`() throws {
    let file = try SafetensorsFile(Fixture.path("interchange/types.safetensors"))
    #expect(file.metadata == ["format": "pt"])
    let weights = try #require(file.tensor(named: "weights"))
    #expect(weights.shape == [2, 3])
    #expect(weights.floats() == [1.5, -2, 3.25, 0, -0.0, 1e-38])
    func floats(_ name: String) -> [Float]? { file.tensor(named: name)?.floats() }
    #expect(floats("a/bias \"é\"\n") == [1, -1])
    #expect(floats("half") == [1, 65504, 0x1p-24, -0x1.55p-2, .infinity])
    #expect(floats("brain") == [1, -3])
    #expect(floats("bytes") == [0, 255])
    #expect(floats("signed") == [-128, 127])
    #expect(floats("short") == [-32768, 5])
    #expect(floats("int") == [-7, 0x1p20])
    #expect(floats("step") == [0x1p40])
    #expect(file.tensor(named: "step")?.shape == [])
    #expect(floats("flags") == [1, 0, 1])
    #expect(floats("empty") == [])
    #expect(file.tensor(named: "missing")?.name == nil)
  }

  @Test func `names a file that does not exist`() {
    let error = #expect(throws: SafetensorsError.self) { try SafetensorsFile("/no/such/file") }
    #expect(error?.description == "cannot open /no/such/file: No such file or directory (errno 2)")
  }

  @Test func `refuses a folder`() {
    let error = #expect(throws: SafetensorsError.self) { try SafetensorsFile("/tmp") }
    #expect(error?.description == "cannot open /tmp: Is a directory (errno 21)")
  }

  /// A file whose header is `json` with `dataByteCount` zeros behind it.
  static func file(_ json: String, dataByteCount: Int = 0) -> [UInt8] {
    let header = Array(json.utf8)
    let length = withUnsafeBytes(of: UInt64(header.count).littleEndian, Array.init)
    return length + header + [UInt8](repeating: 0, count: dataByteCount)
  }

  static func tensor(_ dtype: String, _ shape: String, _ offsets: String) -> String {
    #"{"dtype":\#(dtype),"shape":\#(shape),"data_offsets":\#(offsets)}"#
  }

  struct Malformed: CustomTestStringConvertible, Sendable {
    let bytes: [UInt8]
    let message: String
    var testDescription: String { message }

    init(_ bytes: [UInt8], _ message: String) {
      self.bytes = bytes
      self.message = message
    }

    /// One tensor `x`, and `message` about it.
    init(_ fields: String, data: Int = 0, _ message: String) {
      self.init(
        file(#"{"x":\#(fields)}"#, dataByteCount: data), #"tensor "x": "# + message)
    }

    init(json: String, _ message: String) { self.init(file(json), message) }
  }

  private static let numbers = "a list of whole numbers from 0 on"
  private static let pair = "two whole numbers from 0 on, in ascending order"
  private static let types = ElementType.allCases.map(\.rawValue).joined(separator: ", ")

  static let malformed: [Malformed] = [
    .init(
      [], "expected at least 8 bytes, the length of a safetensors header; the file has 0"),
    .init(
      [1, 2, 3], "expected at least 8 bytes, the length of a safetensors header; the file has 3"),
    .init(
      [UInt8](repeating: 0xFF, count: 16),
      "header: expected a length of at most 100000000 bytes, found 18446744073709551615; "
        + "is this a safetensors file?"),
    .init(
      [100, 0, 0, 0, 0, 0, 0, 0, 0x7B],
      "header: expected 100 bytes, the file has only 1 behind the length"),
    .init(json: "", "header: expected '{' as its first byte"),
    .init(json: " {}", "header: expected '{' as its first byte"),
    .init(json: "{", "header: byte 1: expected a key in double quotes"),
    .init(json: "{} x", "header: byte 3: expected the end"),
    .init(json: #"{"x"}"#, "header: byte 4: expected ':'"),
    .init(json: #"{"x":}"#, "header: byte 5: expected a value"),
    .init(json: #"{"x":01}"#, "header: byte 6: expected ',' or the closing bracket"),
    .init(json: #"{"x":-}"#, "header: byte 5: expected a number that JSON has and a Double holds"),
    .init(json: #"{"x\q":0}"#, "header: byte 3: expected an escape that JSON has"),
    .init(json: #"{"\ud800x":0}"#, "header: byte 2: expected an escape that JSON has"),
    .init(json: "{\"x", "header: byte 3: expected the closing '\"' of a string"),
    .init(
      [6, 0, 0, 0, 0, 0, 0, 0] + [0x7B, 0x22, 0xC3, 0x28, 0x22, 0x3A],
      "header: byte 1: expected valid UTF-8"),
    .init(
      json: "{\"x\":" + String(repeating: "[", count: 100),
      "header: byte 68: expected at most 64 levels of nesting"),
    .init(
      json: #"{"x":\#(tensor(#""I8""#, "[0]", "[0,0]")),"x":0}"#,
      "header: byte 53: key \"x\" stands twice in one object"),
    .init(
      json: #"{"__metadata__":[]}"#, "header: expected __metadata__ to be an object of strings"),
    .init(
      json: #"{"__metadata__":{"epoch":3}}"#,
      "header: expected __metadata__ to be an object of strings"),
    .init("3", "expected dtype to be a string"),
    .init(tensor("5", "[1]", "[0,4]"), data: 4, "expected dtype to be a string"),
    .init(
      tensor(#""F8_E4M3""#, "[1]", "[0,1]"), data: 1,
      "element type \"F8_E4M3\" is not supported; expected one of \(types)"),
    .init(#"{"dtype":"F32","data_offsets":[0,4]}"#, data: 4, "expected shape to be \(numbers)"),
    .init(tensor(#""F32""#, "[-1]", "[0,4]"), data: 4, "expected shape to be \(numbers)"),
    .init(tensor(#""F32""#, "[1.0]", "[0,4]"), data: 4, "expected shape to be \(numbers)"),
    .init(
      tensor(#""F32""#, "[99999999999999999999]", "[0,4]"), data: 4,
      "expected shape to be \(numbers)"),
    .init(tensor(#""F32""#, "[1]", "[0]"), data: 4, "expected data_offsets to be \(pair)"),
    .init(tensor(#""F32""#, "[1]", "[4,0]"), data: 4, "expected data_offsets to be \(pair)"),
    .init(
      tensor(#""F32""#, "[2]", "[0,8]"), data: 4,
      "ends at byte 8 of the data, which has only 4"),
    .init(
      tensor(#""F32""#, "[3]", "[0,8]"), data: 8,
      "shape and type take 12 bytes, data_offsets span 8"),
    .init(
      tensor(#""F64""#, "[4294967296,4294967296]", "[0,8]"), data: 8,
      "its shape has too many elements"),
    .init(
      tensor(#""I8""#, "[4]", "[4,8]"), data: 8,
      "begins at byte 4 of the data, expected 0: bytes between tensors belong to none"),
    .init(
      file(
        #"{"a":\#(tensor(#""I8""#, "[4]", "[0,4]")),"b":\#(tensor(#""I8""#, "[4]", "[2,6]"))}"#,
        dataByteCount: 6),
      "tensor \"b\": begins at byte 2 of the data, inside the tensor that ends at 4"),
    .init(
      file(#"{"x":\#(tensor(#""I8""#, "[4]", "[0,4]"))}"#, dataByteCount: 5),
      "data: the last tensor ends at byte 4, the data at 5"),
  ]

  @Test(arguments: malformed)
  func `refuses a malformed file and says where`(_ malformed: Malformed) throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(malformed.bytes, to: "bad.safetensors")
    let error = #expect(throws: SafetensorsError.self) { try SafetensorsFile(path) }
    #expect(error?.description == "\(path): \(malformed.message)")
  }

  /// Whatever bytes change, the reader gives a typed error or tensors that lie within the file.
  @Test(arguments: 0..<8)
  func `survives mutation`(seed: Int) throws {
    let original = try Fixture.bytes("interchange/types.safetensors")
    let digits = Array("0123456789{}[]\",:\\u-e. ".utf8)
    var random = RandomGenerator(seed: UInt64(seed))
    var refused = 0
    for _ in 0..<2000 {
      var bytes = original
      for _ in 0...random.index(below: 3) {
        let position = random.index(below: random.index(below: 4) == 0 ? bytes.count : 700)
        bytes[position] =
          random.index(below: 2) == 0
          ? digits[random.index(below: digits.count)] : UInt8(random.index(below: 256))
      }
      if random.index(below: 8) == 0 { bytes.removeLast(random.index(below: bytes.count)) }
      refused += Self.isRefused(bytes) ? 1 : 0
    }
    #expect(refused > 1000, "mutations that nobody notices are no test")
  }

  private static func isRefused(_ bytes: [UInt8]) -> Bool {
    bytes.withUnsafeBytes { file in
      guard let header = try? SafetensorsHeader(reading: file) else { return true }
      for tensor in header.tensors {
        #expect(header.dataOffset + tensor.span.upperBound <= file.count)
        #expect(
          SafetensorsHeader.byteCount(of: tensor.shape, tensor.elementType) == tensor.span.count)
      }
      return false
    }
  }
}
