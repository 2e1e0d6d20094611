// SPDX-License-Identifier: Apache-2.0
import Foundation
import Platform
import Testing

@Suite struct WriteFileTests {
  @Test(arguments: [ReadableFile.Access.mapped, .copied])
  func `reads back what was written, and leaves no temporary file`(
    _ access: ReadableFile.Access
  ) throws {
    try withTemporaryFolder { folder in
      for content in [[], [1], [UInt8](repeating: 7, count: 100_000)] {
        try AtomicFile.write(content, to: folder + "/file")
        let file = try ReadableFile(path: folder + "/file", access: access)
        #expect(Array(file.bytes) == content)
      }
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["file"])
    }
  }

  @Test func `keeps the old file and its rights when it is replaced or cannot be`() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/file"
      try AtomicFile.write([1], to: path)
      try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: path)
      try AtomicFile.write([2], to: path)
      let rights = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions]
      #expect(rights as? Int == 0o640)

      try FileManager.default.createDirectory(
        atPath: folder + "/taken", withIntermediateDirectories: false)
      #expect(throws: FileError.self) { try AtomicFile.write([3], to: folder + "/taken") }
      let names = try FileManager.default.contentsOfDirectory(atPath: folder)
      #expect(names.sorted() == ["file", "taken"])
    }
  }
}
