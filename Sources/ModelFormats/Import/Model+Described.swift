// SPDX-License-Identifier: Apache-2.0
public import Network

extension Model {
  /// The model in a .tflite file with its labels and its preprocessing, as far as its metadata say
  /// them.
  ///
  /// - Parameter owner: what keeps `bytes` alive; the model holds on to it.
  public init(
    readingTFLite bytes: UnsafeRawBufferPointer, owner: AnyObject?
  ) throws(TFLiteImportError) {
    let (file, description) = try describedFile(bytes)
    self = try Model(file, owner: owner)
    for entry in file.metadata where PackedWeights.metadataName.equals(entry.name.utf8) {
      do throws(MetadataError) {
        packedWeights = try PackedWeights(reading: entry.data, owner: owner)
      } catch { throw .metadata(error) }
    }
    let isImage = graph.outputShape == graph.inputShape && graph.outputShape.channels <= 3
    role = description.role ?? (isImage ? .enhancer : .classifier)
    labels = description.labels
    preprocessing =
      description.preprocessing ?? Preprocessing(impliedBy: graph.formats[graph.inputs[0]])
  }
}

extension ModelDescription {
  /// What the metadata of a .tflite file say.
  public init(readingTFLite bytes: UnsafeRawBufferPointer) throws(TFLiteImportError) {
    self = try describedFile(bytes).description
  }
}

private func describedFile(
  _ bytes: UnsafeRawBufferPointer
) throws(TFLiteImportError) -> (file: TFLiteFile, description: ModelDescription) {
  let file: TFLiteFile
  do throws(TFLiteError) { file = try TFLiteFile(reading: bytes) } catch { throw .file(error) }
  do throws(MetadataError) {
    return (file, try ModelDescription(reading: file, in: bytes))
  } catch { throw .metadata(error) }
}
