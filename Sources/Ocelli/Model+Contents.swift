// SPDX-License-Identifier: Apache-2.0
public import Network
public import Training

import ModelFormats
import Platform

extension Model {
  /// The model in a .tflite file, which stays mapped, or in a safetensors file of Ocelli's;
  /// recognised by its content.
  /// - Throws: `ModelFileError`, whose description is one line with the path.
  public init(contentsOf path: String) throws(ModelFileError) {
    let file: ReadableFile
    do throws(FileError) { file = try ReadableFile(path: path, access: .mapped) } catch {
      throw ModelFileError(path: path, problem: error.problem)
    }
    guard TFLiteFile.hasIdentifier(file.bytes) else {
      self = try ModelFile.load(path)
      return
    }
    do throws(TFLiteImportError) { self = try Model(readingTFLite: file.bytes, owner: file) } catch
    { throw ModelFileError(path: path, problem: "\(error)") }
  }
}
