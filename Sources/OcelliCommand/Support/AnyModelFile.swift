// SPDX-License-Identifier: Apache-2.0
import ModelFormats
import Network
import Platform
import Training

/// Models in any format that this command reads, recognised by their content.
enum AnyModelFile {
  /// The model in a .tflite file, which stays mapped, or in a safetensors file.
  static func load(_ path: String) throws -> Model {
    let file: ReadableFile
    do throws(FileError) { file = try ReadableFile(path: path, access: .mapped) } catch {
      throw CommandError("\(path): \(error)")
    }
    guard file.bytes.count >= 8, file.bytes[4..<8].elementsEqual("TFL3".utf8) else {
      return try ModelFile.load(path)
    }
    do throws(TFLiteImportError) {
      let description: TFLiteFile
      do throws(TFLiteError) { description = try TFLiteFile(reading: file.bytes) } catch {
        throw TFLiteImportError.file(error)
      }
      var model = try Model(description, owner: file)
      // The format does not say what a model is for: one that makes images of images enhances them.
      if model.graph.outputShape == model.graph.inputShape, model.graph.inputShape.channels == 3 {
        model.role = .enhancer
      }
      return model
    } catch { throw CommandError("\(path): \(error)") }
  }
}
