// SPDX-License-Identifier: Apache-2.0
import Foundation
import Interchange
import TestSupport
import Testing
import Platform

struct AtomicFileTests {
  @Test func `replaces the old file only when committed`() throws {
    let folder = try TemporaryFolder()
    try folder.write([1, 2, 3], to: "file")
    let file = try AtomicFile(folder.path("file"))
    try file.write([UInt8](repeating: 9, count: 200_000))
    try file.write([8])
    #expect(try folder.bytes("file") == [1, 2, 3])
    try file.commit()
    #expect(try folder.bytes("file") == [UInt8](repeating: 9, count: 200_000) + [8])
    #expect(try folder.contents == ["file"])
  }

  @Test func `leaves nothing behind when it is given up`() throws {
    let folder = try TemporaryFolder()
    try folder.write([1], to: "file")
    func begin() throws { try AtomicFile(folder.path("file")).write([5]) }
    try begin()
    #expect(try folder.contents == ["file"])
    #expect(try folder.bytes("file") == [1])
  }

  @Test func `keeps the permissions of the file that it replaces`() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write([1], to: "file")
    try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: path)
    try AtomicFile.write([2], to: path)
    let permissions = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions]
    #expect(permissions as? Int == 0o640)
  }

  @Test func `writes through a symbolic link`() throws {
    let folder = try TemporaryFolder()
    try folder.write([1], to: "file")
    try FileManager.default.createSymbolicLink(
      atPath: folder.path("link"), withDestinationPath: "file")
    try AtomicFile.write([2], to: folder.path("link"))
    #expect(try folder.bytes("file") == [2])
    #expect(try folder.contents == ["file", "link"])
  }

  #if os(Linux)
    /// In a process of its own, whose files may have 100 000 bytes at most.
    @Test func `removes the temporary file when the disk refuses more bytes`() async {
      await #expect(processExitsWith: .success) {
        signal(SIGXFSZ, SIG_IGN)
        var limit = rlimit(rlim_cur: 100_000, rlim_max: 100_000)
        setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
        let folder = try TemporaryFolder()
        let path = folder.path("x.safetensors")
        let floats = [Float](repeating: 1, count: 100_000)
        let error = #expect(throws: SafetensorsError.self) {
          try SafetensorsWriter.write(
            [SafetensorsEntry(name: "x", shape: [100_000], floats: floats)], to: path)
        }
        #expect(error?.description == "cannot write \(path): File too large (errno 27)")
        #expect(try folder.contents == [])
        exit(error == nil ? 1 : try folder.contents.isEmpty ? 0 : 2)
      }
    }
  #endif
}
