// SPDX-License-Identifier: Apache-2.0
import Classification
import ModelFormats
package import Network
import Platform

extension Model {
  /// The model in a .tflite file, which stays mapped.
  ///
  /// - Throws: What is wrong, in one line with the path.
  package init(contentsOfTFLite path: String) throws(CommandError) {
    let file: ReadableFile
    do throws(FileError) { file = try ReadableFile(path: path, access: .mapped) } catch {
      throw CommandError("\(path): \(error.problem)")
    }
    do throws(TFLiteImportError) {
      self = try Model(readingTFLite: file.bytes, owner: file)
    } catch { throw CommandError("\(path): \(error.description)") }
  }

  /// A session of this model, read from the file at `path`, that plays a role on pictures.
  ///
  /// - Parameter preprocessing: How pictures are prepared, where the file is not to decide.
  /// - Throws: What is wrong, in one line with the path.
  package func session(
    from path: String, as role: Role, threads: Int, _ preprocessing: PreprocessingChoice? = nil
  ) throws(CommandError) -> Session {
    var model = self
    try preprocessing?.apply(to: &model, path)
    let session: Session
    do throws(SessionError) { session = try Session(model, threads: threads) } catch {
      throw CommandError("\(path): \(error.description)")
    }
    do throws(ClassificationError) { try session.requireRole(role) } catch {
      throw CommandError("\(path): \(error.description)")
    }
    return session
  }
}

/// A problem that a user can do something about, in one line.
package struct CommandError: Error, CustomStringConvertible {
  package let description: String

  package init(_ description: String) { self.description = description }
}
