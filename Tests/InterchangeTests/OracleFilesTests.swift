// SPDX-License-Identifier: Apache-2.0
import Foundation
import Interchange
import Testing

struct OracleFilesTests {
  private static let folder = ProcessInfo.processInfo.environment["OCELLI_ORACLE_FOLDER"]

  /// `tools/oracles/interchange.py check` reads them with Python's libraries.
  @Test(.enabled(if: folder != nil, "`make verify` asks for them"))
  func `files for other readers`() throws {
    let folder = try #require(Self.folder)
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try SafetensorsWriterTests.withEntries { entries in
      try SafetensorsWriter.write(
        entries, metadata: ["format": "pt"], to: folder + "/types.safetensors")
    }
    try EventFileWriterTests.writeFixture(to: folder + "/" + EventFileWriter.fileName)
    try NumPyArrayTests.writeFixtures(to: folder)
  }
}
