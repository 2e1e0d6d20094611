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
  func equals(_ text: some Sequence<UInt8>) -> Bool {
    withUTF8Buffer { $0.elementsEqual(text) }
  }

  var text: String { withUTF8Buffer { String(decoding: $0, as: UTF8.self) } }
}
