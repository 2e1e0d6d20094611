// SPDX-License-Identifier: Apache-2.0
import Network

extension TFLiteFile {
  /// The file with standard metadata, and behind it the labels in an archive.
  ///
  /// What the file already has in the entries `TFLITE_METADATA` and `min_runtime_version` is
  /// replaced.
  public func serialized(describedBy description: ModelDescription) -> [UInt8] {
    var writer = DescriptionWriter(description: description, file: self)
    let metadata = writer.run()
    // 2.3.0 runs every operator of every version that Ocelli writes, but for GELU. Padded as
    // TensorFlow does.
    let hasGELU = operators.contains { $0.code == .gelu }
    var runtime = [UInt8]((hasGELU ? "2.9.0" : "2.3.0").utf8)
    while runtime.count < 16 { runtime.append(0) }
    var bytes = metadata.withUnsafeBytes { metadata in
      runtime.withUnsafeBytes { runtime in
        var file = self
        file.metadata.removeAll {
          MetadataWords.entry.equals($0.name.utf8)
            || MetadataWords.runtimeEntry.equals($0.name.utf8)
        }
        file.metadata.append(TFLiteMetadata(name: MetadataWords.runtimeEntry.text, data: runtime))
        file.metadata.append(TFLiteMetadata(name: MetadataWords.entry.text, data: metadata))
        return file.serialized()
      }
    }
    if !description.labels.isEmpty {
      ZipArchive.append(
        file: description.labelLines, named: DescriptionWriter.labelFile, to: &bytes)
    }
    return bytes
  }
}

extension ModelDescription {
  /// A label a line; line ends within a label become spaces.
  fileprivate var labelLines: [UInt8] {
    var text: [UInt8] = []
    for label in labels {
      for byte in label.utf8 { text.append(byte == 0x0A || byte == 0x0D ? 0x20 : byte) }
      text.append(0x0A)
    }
    return text
  }
}

/// Writes the tables of one description.
private struct DescriptionWriter {
  typealias Field = FlatBufferBuilder.Field
  static let labelFile: StaticString = "labels.txt"

  let description: ModelDescription
  let file: TFLiteFile
  var builder = FlatBufferBuilder()

  init(description: ModelDescription, file: TFLiteFile) {
    (self.description, self.file) = (description, file)
  }

  mutating func run() -> [UInt8] {
    let custom = customEntries()
    let inputs = file.inputs.indices.map { input($0) }
    let outputs = file.outputs.indices.map { output($0) }
    let graph = builder.table([
      references(2, inputs), references(3, outputs), custom.isEmpty ? nil : references(9, custom),
    ])
    let root = builder.table([
      text(0, description.name), text(1, description.summary), text(2, description.version),
      references(3, [graph]), text(4, description.author), text(5, description.license),
      text(7, custom.isEmpty ? "1.0.0" : "1.5.0"),
    ])
    return builder.finish(root: root, identifier: MetadataWords.identifier)
  }

  /// What the standard has no field for.
  private mutating func customEntries() -> [Int] {
    var entries: [Int] = []
    if description.preprocessing?.crop == .center {
      entries.append(customEntry(MetadataWords.crop, MetadataWords.center.text))
    }
    if !description.provenance.utf8.isEmpty {
      entries.append(customEntry(MetadataWords.provenance, description.provenance))
    }
    return entries
  }

  private mutating func customEntry(_ key: StaticString, _ value: String) -> Int {
    let data = [UInt8](value.utf8).withUnsafeBytes { builder.vector(bytes: $0, alignment: 16) }
    return builder.table([text(0, key.text), Field.reference(1, data)])
  }

  private mutating func input(_ index: Int) -> Int {
    guard index == 0, let preprocessing = description.preprocessing else {
      return builder.table([])
    }
    return builder.table([
      text(0, "image"), imageContent(tensor: file.inputs[0]), normalization(preprocessing),
      range(preprocessing),
    ])
  }

  /// The lowest and the highest number of each channel.
  private mutating func range(_ preprocessing: Preprocessing) -> Field? {
    let channels = max(preprocessing.mean.count, preprocessing.deviation.count)
    guard preprocessing.fits(channels: channels) else { return nil }
    let ends = (0..<channels).map { channel in
      (
        preprocessing.value(ofLevel: 0, channel: channel),
        preprocessing.value(ofLevel: 255, channel: channel)
      )
    }
    let high = builder.vector(floats: ends.map { max($0.0, $0.1) })
    let low = builder.vector(floats: ends.map { min($0.0, $0.1) })
    let stats = builder.table([Field.reference(0, high), Field.reference(1, low)])
    return Field.reference(5, stats)
  }

  private mutating func output(_ index: Int) -> Int {
    guard index == 0 else { return builder.table([]) }
    if description.role == .enhancer {
      return builder.table([
        text(0, "enhanced"), imageContent(tensor: file.outputs[0]),
        description.preprocessing.flatMap { normalization($0) },
      ])
    }
    let properties = builder.table([])
    return builder.table([
      text(0, "classes"), content(MetadataWords.feature, properties),
      description.labels.isEmpty ? nil : references(6, [labels()]),
    ])
  }

  private mutating func labels() -> Int {
    let name = text(0, Self.labelFile.text)
    let summary = text(1, "A label a line, in the order of the outputs.")
    return builder.table([name, summary, Field.byte(2, MetadataWords.axisLabels)])
  }

  private mutating func imageContent(tensor: Int) -> Field? {
    let isGrey = file.tensors[tensor].shape.last == 1
    let properties = builder.table([Field.byte(0, isGrey ? MetadataWords.grey : MetadataWords.rgb)])
    return content(MetadataWords.image, properties)
  }

  private mutating func content(_ kind: UInt8, _ properties: Int) -> Field? {
    let table = builder.table([Field.byte(0, kind), Field.reference(1, properties)])
    return Field.reference(3, table)
  }

  private mutating func normalization(_ preprocessing: Preprocessing) -> Field? {
    let mean = builder.vector(floats: preprocessing.mean)
    let deviation = builder.vector(floats: preprocessing.deviation)
    let options = builder.table([Field.reference(0, mean), Field.reference(1, deviation)])
    let unit = builder.table([
      Field.byte(0, MetadataWords.normalization), Field.reference(1, options),
    ])
    return references(4, [unit])
  }

  private mutating func text(_ number: Int, _ text: String) -> Field? {
    text.utf8.isEmpty ? nil : Field.reference(number, builder.string(text))
  }

  private mutating func references(_ number: Int, _ references: [Int]) -> Field? {
    Field.reference(number, builder.vector(references: references))
  }
}
