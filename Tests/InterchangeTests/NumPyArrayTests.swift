// SPDX-License-Identifier: Apache-2.0
import Interchange
import Kernels
import TestSupport
import Testing

struct NumPyArrayTests {
  @Test func `reads and writes what NumPy writes, to the byte`() throws {
    let folder = try TemporaryFolder()
    try Self.writeFixtures(to: folder.path)
    for name in ["float32.npy", "uint8.npy", "int32.npy", "int64.npy"] {
      #expect(try folder.bytes(name) == Fixture.bytes("interchange/" + name))
    }
    let path = Fixture.path("interchange/float32.npy")
    #expect(try NumPyArray<Float>(path) == Self.floats)
    let integer = try NumPyArray<Int32>(Fixture.path("interchange/int32.npy"))
    #expect(integer == NumPyArray(shape: [], elements: [-5]))
  }

  static let floats = NumPyArray<Float>(shape: [2, 3], elements: [1.5, -2, 3, 4, 5, 1e-30])

  static func writeFixtures(to folder: String) throws {
    try floats.write(to: folder + "/float32.npy")
    try NumPyArray<UInt8>(shape: [3], elements: [0, 7, 255]).write(to: folder + "/uint8.npy")
    try NumPyArray<Int32>(shape: [], elements: [-5]).write(to: folder + "/int32.npy")
    try NumPyArray<Int64>(shape: [3, 0, 2], elements: []).write(to: folder + "/int64.npy")
  }

  @Test func `refuses another element type and another order`() {
    let path = Fixture.path("interchange/float32.npy")
    #expect(throws: NumPyError(path: path, .elementType(found: "<f4", expected: "|u1"))) {
      try NumPyArray<UInt8>(path)
    }
    let columns = Fixture.path("interchange/columns.npy")
    #expect(throws: NumPyError(path: columns, .columnMajor)) {
      try NumPyArray<Float>(columns)
    }
  }

  static func file(_ header: String, version: UInt8 = 1, dataByteCount: Int = 0) -> [UInt8] {
    let bytes = Array(header.utf8)
    return [0x93] + Array("NUMPY".utf8) + [version, 0, UInt8(bytes.count), 0] + bytes
      + [UInt8](repeating: 0, count: dataByteCount)
  }

  private static let fields = "'descr': '|u1', 'fortran_order': False"

  @Test(arguments: [
    ([], "expected the signature of an .npy file, \\x93NUMPY and a version"),
    (file("{}", version: 9), "expected version 1, 2 or 3 of the .npy format, found 9"),
    (Array(file("{}").dropLast()), "expected a header of 12 bytes, the file has only 11"),
    (file("{}"), "byte 12: expected 'descr', 'fortran_order' and 'shape'"),
    (file("{'x': 1}"), "byte 11: expected 'descr', 'fortran_order' or 'shape'"),
    (file("{'descr': 'f', 'descr': 'f'}"), "byte 25: expected each key once"),
    (file("{'descr': [('a', '<f4')]}"), "byte 20: expected '''"),
    (file("{'descr': 'abc"), "byte 21: expected a string of ASCII characters in quotes"),
    (file("{'fortran_order': 1}"), "byte 28: expected True or False"),
    (file("{'shape': (-1,)}"), "byte 21: expected a whole number"),
    (file("{\(fields), 'shape': (1,)} x"), "byte 66: expected the end of the header"),
    (
      file("{\(fields), 'shape': (3,)}", dataByteCount: 2),
      "expected 3 bytes of data for its shape, found 2"
    ),
    (
      file("{\(fields), 'shape': (4294967296, 4294967296)}"), "its shape has too many elements"
    ),
  ])
  func `refuses a malformed file and says where`(bytes: [UInt8], message: String) throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(bytes, to: "bad.npy")
    let error = #expect(throws: NumPyError.self) { try NumPyArray<UInt8>(path) }
    #expect(error?.description == "\(path): \(message)")
  }

  @Test func `survives mutation`() throws {
    let original = try Fixture.bytes("interchange/float32.npy")
    var random = RandomGenerator(seed: 3)
    var refused = 0
    for _ in 0..<5000 {
      var bytes = original
      for _ in 0...random.index(below: 3) {
        bytes[random.index(below: 80)] = UInt8(random.index(below: 128))
      }
      bytes.withUnsafeBytes { file in
        do throws(NumPyError.Problem) { _ = try NumPyArray<Float>(reading: file) } catch {
          refused += 1
        }
      }
    }
    #expect(refused > 2500, "mutations that nobody notices are no test")
  }
}
