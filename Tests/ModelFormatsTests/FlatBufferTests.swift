// SPDX-License-Identifier: Apache-2.0
import ModelFormats
import Testing

struct FlatBufferTests {
  private func refusal(_ bytes: [UInt8]) -> TFLiteError? {
    bytes.withUnsafeBytes { bytes in
      do throws(TFLiteError) {
        _ = try TFLiteFile(reading: bytes)
        return nil
      } catch { return error }
    }
  }

  @Test func `another file is refused by its identifier`() {
    #expect(refusal([]) == .notTFLite)
    #expect(refusal([UInt8]("{\"model\":1}".utf8)) == .notTFLite)
  }

  @Test func `a root beyond the end is refused with its offset`() {
    #expect(
      refusal([200, 0, 0, 0] + "TFL3".utf8)
        == .corrupt(.outOfBounds(offset: 0, byteCount: 200)))
  }

  @Test func `a table whose fields lie before the file is refused`() {
    // The root table at byte 8 says that its list of fields is 100 bytes before it.
    #expect(
      refusal([8, 0, 0, 0] + "TFL3".utf8 + [100, 0, 0, 0, 0, 0])
        == .corrupt(.outOfBounds(offset: -92, byteCount: 2)))
  }

  @Test func `a model without a graph is refused`() {
    // A root table at byte 12 with an empty list of fields at byte 8.
    #expect(
      refusal([12, 0, 0, 0] + "TFL3".utf8 + [4, 0, 4, 0, 4, 0, 0, 0])
        == .missing(.subgraph))
  }

  @Test func `messages name the place`() {
    #expect(
      "\(TFLiteImportError.file(.corrupt(.outOfBounds(offset: 7, byteCount: 4))))"
        == "byte 7: 4 bytes reach past the end; the file is cut or corrupt")
    let unsupported = TFLiteImportError.unsupportedOperator(
      TFLiteCode(code: 114), customName: "", version: 1, node: 3)
    #expect(
      "\(unsupported)"
        == "operator 3 is QUANTIZE version 1, which is not supported; convert the model without it")
  }
}
