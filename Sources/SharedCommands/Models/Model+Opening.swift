// SPDX-License-Identifier: Apache-2.0
import CPlatform
import Classification
import ModelFormats
package import Network
import Platform

extension Model {
  /// The model in a .tflite file, which stays mapped.
  /// - Throws: What is wrong, in one line with the path.
  package init(contentsOfTFLite path: String) throws(CommandError) {
    let file: ReadableFile
    do throws(FileError) { file = try ReadableFile(path: path, access: .mapped) } catch {
      throw CommandError("\(path): \(error.problem)")
    }
    do throws(TFLiteImportError) { self = try Model(readingTFLite: file.bytes, owner: file) } catch
    { throw CommandError("\(path): \(error.description)") }
  }

  /// A session of this model, read from the file at `path`, that plays a role on pictures.
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

/// The model that comes with the commands.
package enum ShippedModel {
  /// The name of the classifier's file.
  private static let classifier = "classifier-intel-int8-v1.tflite"

  /// The path of the classifier in the first folder that has it: `weights` in the current folder,
  /// then the folders in which a command is installed with its models.
  /// - Parameters:
  ///   - folders: with a slash at their ends.
  ///   - option: by which another model is named.
  /// - Throws: Where it was looked for, in one line.
  package static func path(orIn folders: [String], option: String) throws(CommandError) -> String {
    let candidates = (["weights/"] + folders).map { $0 + classifier }
    for path in candidates where path.withCString({ ocelli_is_readable($0) }) { return path }
    throw CommandError(
      "no shipped model: \(candidates.joined(separator: ", ")) are not there; "
        + "name a model with \(option)")
  }
}
