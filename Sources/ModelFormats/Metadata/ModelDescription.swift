// SPDX-License-Identifier: Apache-2.0
public import Network

/// What a .tflite file says about its model to people and to programs that feed it, as TensorFlow
/// Lite's standard metadata have it (tflite_support, metadata_schema.fbs, identifier M001): a
/// FlatBuffer in the entry `TFLITE_METADATA`, and files, such as the labels, in a ZIP archive
/// behind the model.
///
/// Two things that the standard has no field for stand in its `custom_metadata`: `ocelli.crop`
/// (`center`; left out for `stretch`) and `ocelli.provenance` (text).
public struct ModelDescription: Equatable, Sendable {
  /// What it is called.
  public var name = ""
  /// What the model does, in a few sentences: the standard's `description`.
  public var summary = ""
  /// Its version.
  public var version = ""
  /// Who made it.
  public var author = ""
  /// Under which licence it may be used.
  public var license = ""
  /// How the model was made: data, command, seed.
  public var provenance = ""
  /// What the model is for; `nil` where the file does not say it. An enhancer is a model whose
  /// output is an image.
  public var role: Model.Role?
  /// The classes of a classifier, in the order of its outputs.
  public var labels: [String] = []
  /// How a picture becomes the input; `nil` where the file does not say it.
  public var preprocessing: Preprocessing?

  /// A description that says nothing.
  public init() {}

  /// What `model` says about itself; who made it, and how, is left to be filled in.
  public init(_ model: Model) {
    role = model.role
    labels = model.labels
    preprocessing = model.preprocessing
  }
}

/// The numbers and names of the standard.
enum MetadataWords {
  static let entry: StaticString = "TFLITE_METADATA"
  static let runtimeEntry: StaticString = "min_runtime_version"
  static let identifier: StaticString = "M001"
  static let crop: StaticString = "ocelli.crop"
  static let center: StaticString = "center"
  static let provenance: StaticString = "ocelli.provenance"

  /// `AssociatedFileType.TENSOR_AXIS_LABELS`.
  static let axisLabels: UInt8 = 2
  /// `ContentProperties.FeatureProperties` and `.ImageProperties`.
  static let feature: UInt8 = 1
  static let image: UInt8 = 2
  /// `ColorSpaceType.RGB` and `.GRAYSCALE`.
  static let rgb: UInt8 = 1
  static let grey: UInt8 = 2
  /// `ProcessUnitOptions.NormalizationOptions`.
  static let normalization: UInt8 = 1
}

extension StaticString {
  /// Whether `text` has these bytes; comparisons of strings are large on boards.
  func equals(_ text: some Sequence<UInt8>) -> Bool { withUTF8Buffer { $0.elementsEqual(text) } }

  var text: String { withUTF8Buffer { String(decoding: $0, as: UTF8.self) } }
}

extension ModelDescription {
  /// What `file`, which was read from `bytes`, says about its model; nothing but defaults where it
  /// has no metadata.
  package init(reading file: TFLiteFile, in bytes: UnsafeRawBufferPointer) throws(MetadataError) {
    self.init()
    guard let entry = file.metadata.first(where: { MetadataWords.entry.equals($0.name.utf8) })
    else { return }
    guard entry.data.count >= 8, MetadataWords.identifier.equals(entry.data[4..<8]) else {
      throw .unknownSchema
    }
    var parts = DescriptionParts()
    do throws(FlatBufferError) { try read(try FlatBuffer(entry.data).root(), &parts) } catch {
      throw .corrupt(error)
    }
    if let preprocessing = parts.preprocessing {
      guard let channels = file.inputs.first.flatMap({ file.tensors[$0].shape.last }),
        preprocessing.fits(channels: channels)
      else { throw .badNormalization }
      self.preprocessing = preprocessing
      if parts.isCentered { self.preprocessing?.crop = .center }
    }
    guard let name = parts.labelFile else { return }
    guard let content = try ZipArchive(bytes)?.file(named: name) else { throw .missingFile(name) }
    labels = Self.lines(of: content)
  }

  private mutating func read(
    _ root: FlatTable, _ parts: inout DescriptionParts
  ) throws(FlatBufferError) {
    name = try root.string(0)
    summary = try root.string(1)
    version = try root.string(2)
    author = try root.string(4)
    license = try root.string(5)
    guard let graph = try root.tables(3).first else { return }
    if let input = try graph.tables(2).first { try parts.read(input: input) }
    if let output = try graph.tables(3).first {
      try parts.read(output: output)
      if let kind = parts.outputKind {
        role = kind == MetadataWords.image ? .enhancer : .classifier
      }
    }
    for entry in try graph.tables(9) {
      let (key, data) = (try entry.bytes(0), try entry.bytes(1))
      if MetadataWords.crop.equals(key) {
        parts.isCentered = MetadataWords.center.equals(data)
      } else if MetadataWords.provenance.equals(key) {
        provenance = try entry.string(1)
      }
    }
  }

  /// The lines of a text, whose ends are of any kind; the last may have none.
  private static func lines(of text: UnsafeRawBufferPointer) -> [String] {
    var lines = text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    while let last = lines.last, last.isEmpty || last.elementsEqual([0x0D]) { lines.removeLast() }
    return lines.map { line in
      String(decoding: line.last == 0x0D ? line.dropLast() : line, as: UTF8.self)
    }
  }
}

/// What tables say that cannot be used before all are read.
private struct DescriptionParts {
  var preprocessing: Preprocessing?
  var isCentered = false
  var outputKind: UInt8?
  var labelFile: String?

  /// Mean and deviation stand in a process unit; some files have only the range of the result.
  mutating func read(input: FlatTable) throws(FlatBufferError) {
    for unit in try input.tables(4) {
      guard try unit.number(0, default: UInt8(0)) == MetadataWords.normalization,
        let options = try unit.table(1)
      else { continue }
      preprocessing = Preprocessing(mean: try options.floats(0), deviation: try options.floats(1))
      return
    }
    guard let stats = try input.table(5) else { return }
    let (high, low) = (try stats.floats(0), try stats.floats(1))
    guard !high.isEmpty, high.count == low.count, zip(high, low).allSatisfy({ $0 > $1 }) else {
      return
    }
    let deviation = zip(high, low).map { 255 / ($0 - $1) }
    preprocessing = Preprocessing(mean: zip(low, deviation).map { -$0 * $1 }, deviation: deviation)
  }

  /// Of several files of labels the first is the default; the others are translations.
  mutating func read(output: FlatTable) throws(FlatBufferError) {
    if let content = try output.table(3), case let kind = try content.number(0, default: UInt8(0)),
      kind != 0
    {
      outputKind = kind
    }
    for file in try output.tables(6)
    where try file.number(2, default: UInt8(0)) == MetadataWords.axisLabels {
      labelFile = try file.string(0)
      return
    }
  }
}

/// What is wrong with the description of a model, or with the files that belong to it.
public enum MetadataError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The entry TFLITE_METADATA is not of the schema M001: describe the model anew.
  case unknownSchema
  /// The description is cut or corrupt: get the file anew.
  case corrupt(FlatBufferError)
  /// Mean or deviation have not one number a channel, or a deviation is 0.
  case badNormalization
  /// The archive behind the model is cut or corrupt at this byte: get the file anew.
  case badArchive(offset: Int)
  /// The description names a file that the archive does not hold.
  case missingFile(String)
  /// The file in the archive is compressed or encrypted: pack it anew, stored.
  case compressedFile(String)
  /// The file in the archive does not have its checksum: get the model anew.
  case damagedFile(String)
  /// The packed weights are cut or corrupt: pack them anew.
  case badPackedWeights

  /// One line; follows the file's name.
  public var description: String {
    switch self {
    case .unknownSchema: "its metadata are not of the schema M001"
    case .corrupt(let error): "its metadata: \(error)"
    case .badNormalization:
      "its metadata normalise by numbers that do not fit the input's channels, or by 0"
    case .badArchive(let offset): "the archive behind the model is corrupt at byte \(offset)"
    case .missingFile(let name): "its metadata name the file '\(name)', which it does not hold"
    case .compressedFile(let name):
      "the file '\(name)' in it is compressed; pack it anew without compression"
    case .damagedFile(let name): "the file '\(name)' in it is damaged"
    case .badPackedWeights: "its packed weights are corrupt; pack them anew"
    }
  }
}
