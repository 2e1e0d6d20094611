// SPDX-License-Identifier: Apache-2.0
import Foundation
import Interchange
import TestSupport
import Testing

struct SafetensorsWriterTests {
  /// The tensors of the fixture, last first, so that the writer has to sort them.
  static func withEntries(_ body: ([SafetensorsEntry]) throws -> Void) throws {
    let file = try SafetensorsFile(Fixture.path("interchange/types.safetensors"))
    let entries = file.tensors.reversed().map { tensor in
      tensor.withBytes { bytes in
        SafetensorsEntry(
          name: tensor.name, elementType: tensor.elementType, shape: tensor.shape, bytes: bytes)
      }
    }
    // The bytes stay where the file is mapped.
    try withExtendedLifetime(file) { try body(entries) }
  }

  @Test func `writes what Python's library writes, to the byte`() throws {
    let folder = try TemporaryFolder()
    try Self.withEntries { entries in
      try SafetensorsWriter.write(
        entries, metadata: ["format": "pt"], to: folder.path("types.safetensors"))
    }
    let expected = try Fixture.bytes("interchange/types.safetensors")
    #expect(try folder.bytes("types.safetensors") == expected)
    #expect(try folder.contents == ["types.safetensors"])
  }

  @Test func `metadata comes back, whatever its characters`() throws {
    let folder = try TemporaryFolder()
    let metadata = ["graph": "{\"a\":[1]}\n\t\u{1}\\é🦋", "": "", "progress": "7"]
    let path = folder.path("m.safetensors")
    try SafetensorsWriter.write(
      [SafetensorsEntry(name: "x", shape: [2], floats: [1, 2])], metadata: metadata, to: path)
    let file = try SafetensorsFile(path)
    #expect(file.metadata == metadata)
    #expect(file.tensors.map { $0.floats() } == [[1, 2]])
  }

  @Test func `a file without tensors comes back`() throws {
    let folder = try TemporaryFolder()
    try SafetensorsWriter.write([], to: folder.path("none.safetensors"))
    #expect(try SafetensorsFile(folder.path("none.safetensors")).tensors.isEmpty)
  }

  @Test func `a folder that does not exist is a typed error`() throws {
    let error = #expect(throws: SafetensorsError.self) {
      try SafetensorsWriter.write([], to: "/no/such/folder/x.safetensors")
    }
    #expect(
      error?.description
        == "cannot create /no/such/folder/x.safetensors: No such file or directory (errno 2)")
  }

  #if os(Linux)
    @Test func `a full disk is a typed error`() throws {
      let floats = [Float](repeating: 1, count: 100_000)
      let error = #expect(throws: SafetensorsError.self) {
        try SafetensorsWriter.write(
          [SafetensorsEntry(name: "x", shape: [100_000], floats: floats)], to: "/dev/full")
      }
      #expect(
        error?.description == "cannot write /dev/full: No space left on device (errno 28)")
    }
  #endif
}
