// SPDX-License-Identifier: Apache-2.0
import Foundation
import Kernels
import ModelFormats
import Network
import TestSupport
import Testing

private let oracleFolder = ProcessInfo.processInfo.environment["OCELLI_ORACLE_FOLDER"]

/// What .tflite files say about their models, on a classifier of colours whose metadata
/// tflite_support wrote (tools/litert/described_model.py).
struct ModelDescriptionTests {
  private let bytes: [UInt8]

  init() throws { bytes = try Fixture.bytes("described.tflite") }

  private func description(_ bytes: [UInt8]) throws -> ModelDescription {
    try bytes.withUnsafeBytes { bytes in
      try ModelDescription(reading: try TFLiteFile(reading: bytes), in: bytes)
    }
  }

  /// The fixture's model with other metadata.
  private func described(by description: ModelDescription) throws -> [UInt8] {
    try bytes.withUnsafeBytes { try TFLiteFile(reading: $0).serialized(describedBy: description) }
  }

  private var full: ModelDescription {
    var description = ModelDescription()
    description.name = "colours"
    description.summary = "The strongest colour of a picture."
    description.version = "v1"
    description.author = "Ocelli"
    description.license = "Apache-2.0"
    description.provenance = "Drawn, not trained: größer als nichts."
    description.role = .classifier
    description.labels = ["red", "green, light", "Blau, größer"]
    description.preprocessing = Preprocessing(
      mean: [1, 2.5, 3], deviation: [127.5, 100, 255], crop: .center)
    return description
  }

  @Test func `reads what the standard's own library wrote`() throws {
    let description = try description(bytes)
    #expect(description.name == "ImageClassifier")
    #expect(description.summary.hasPrefix("Identify the most prominent object"))
    #expect(description.labels == ["red", "green", "blue"])
    #expect(description.role == .classifier)
    #expect(description.preprocessing == Preprocessing(mean: [127.5], deviation: [127.5]))
  }

  @Test func `all that is written is read again`() throws {
    let written = try described(by: full)
    #expect(try description(written) == full)
    #expect(try described(by: full) == written)
    // Once more, over the metadata that are there.
    let again = try written.withUnsafeBytes {
      try TFLiteFile(reading: $0).serialized(describedBy: full)
    }
    #expect(again.count == written.count)
    #expect(try description(again) == full)
  }

  @Test func `an enhancer and a bare model are read again`() throws {
    var enhancer = ModelDescription()
    enhancer.role = .enhancer
    enhancer.preprocessing = .unitRange
    #expect(try description(try described(by: enhancer)) == enhancer)
    var bare = ModelDescription()
    bare.role = .classifier
    #expect(try description(try described(by: bare)) == bare)
  }

  @Test func `labels are a line each, whatever they hold`() throws {
    var description = full
    description.labels = ["two\nlines", "", "three"]
    let read = try self.description(try described(by: description))
    #expect(read.labels == ["two lines", "", "three"])
  }

  @Test func `a file without metadata says nothing`() throws {
    let read = try description(try Fixture.bytes("dense.tflite"))
    #expect(read == ModelDescription())
  }

  @Test func `a model takes its labels and its preprocessing from the file`() throws {
    let written = try described(by: full)
    try written.withUnsafeBytes { bytes in
      let model = try Model(readingTFLite: bytes, owner: nil)
      #expect(model.labels == full.labels && model.role == .classifier)
      #expect(model.preprocessing == full.preprocessing)
      let description = ModelDescription(model)
      #expect(description.labels == full.labels && description.role == full.role)
      #expect(description.preprocessing == full.preprocessing)
    }
    try Fixture.bytes("dense.tflite").withUnsafeBytes { bytes in
      let model = try Model(readingTFLite: bytes, owner: nil)
      #expect(model.labels == [])
      #expect(
        model.preprocessing
          == Preprocessing(impliedBy: model.graph.formats[model.graph.inputs[0]]))
    }
  }

  @Test func `integers without metadata span all levels`() {
    let unit = Preprocessing(
      impliedBy: .int8(AffineQuantization(scale: 1 / 255, zeroPoint: -128)))
    #expect(abs(unit.value(ofLevel: 255, channel: 0) - 1) < 1e-6)
    let raw = Preprocessing(impliedBy: .uint8(AffineQuantization(scale: 1, zeroPoint: 0)))
    #expect(raw.value(ofLevel: 17, channel: 2) == 17)
    #expect(Preprocessing(impliedBy: .float32) == .unitRange)
  }

  /// `tools/litert/described_model.py --check` reads the file by the standard's own library.
  @Test(.enabled(if: oracleFolder != nil, "OCELLI_ORACLE_FOLDER is not set"))
  func `writes a file for others to read`() throws {
    let url = URL(filePath: try #require(oracleFolder)).appending(path: "described.tflite")
    try Data(try described(by: full)).write(to: url)
  }

  // MARK: - Damage

  @Test func `no damage traps`() throws {
    let written = try described(by: full)
    var random = RandomGenerator(seed: 7)
    for length in 0..<written.count { _ = try? description(Array(written[..<length])) }
    for position in written.indices {
      var damaged = written
      damaged[position] = UInt8(truncatingIfNeeded: random.next())
      _ = try? description(damaged)
      damaged[position] = 0xFF
      _ = try? description(damaged)
    }
  }

  /// Where `pattern` is last in the file with all metadata.
  private func lastRange(of pattern: [UInt8], in bytes: [UInt8]) throws -> Range<Int> {
    try #require(Data(bytes).range(of: Data(pattern), options: .backwards))
  }

  @Test func `a label file that is missing, compressed or damaged is named`() throws {
    let written = try described(by: full)
    let archive = try lastRange(of: Array("PK\u{3}\u{4}".utf8), in: written).lowerBound
    #expect(throws: MetadataError.missingFile("labels.txt")) {
      try description(Array(written[..<archive]))
    }
    let directory = try lastRange(of: Array("PK\u{1}\u{2}".utf8), in: written).lowerBound
    var compressed = written
    compressed[directory + 10] = 8
    #expect(throws: MetadataError.compressedFile("labels.txt")) { try description(compressed) }
    var damaged = written
    damaged[try lastRange(of: Array("green".utf8), in: written).lowerBound] ^= 1
    #expect(throws: MetadataError.damagedFile("labels.txt")) { try description(damaged) }
    var lost = written
    lost[directory + 43] = 0x7F
    #expect(throws: MetadataError.self) { try description(lost) }
  }

  @Test func `numbers that cannot normalise are refused`() throws {
    for preprocessing in [
      Preprocessing(mean: [0], deviation: [0]), Preprocessing(mean: [], deviation: [1]),
      Preprocessing(mean: [0, 1], deviation: [1]), Preprocessing(mean: [.nan], deviation: [1]),
    ] {
      var description = full
      description.preprocessing = preprocessing
      let written = try described(by: description)
      #expect(throws: MetadataError.badNormalization) { try self.description(written) }
    }
  }

  @Test func `another schema is refused`() throws {
    var written = try described(by: full)
    written[try lastRange(of: Array("M001".utf8), in: written).lowerBound] = 0x4E
    #expect(throws: MetadataError.unknownSchema) { try description(written) }
  }
}
