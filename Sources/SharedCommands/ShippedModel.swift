// SPDX-License-Identifier: Apache-2.0
import CPlatform

/// The model that comes with the commands.
package enum ShippedModel {
  /// The name of the classifier's file.
  private static let classifier = "classifier-intel-int8-v1.tflite"

  /// The path of the classifier in the first folder that has it: `weights` in the current folder,
  /// then the folders in which a command is installed with its models.
  ///
  /// - Parameters:
  ///   - folders: with a slash at their ends.
  ///   - option: by which another model is named.
  /// - Throws: Where it was looked for, in one line.
  package static func path(
    orIn folders: [String], option: String
  ) throws(CommandError) -> String {
    let candidates = (["weights/"] + folders).map { $0 + classifier }
    for path in candidates where path.withCString({ ocelli_is_readable($0) }) { return path }
    throw CommandError(
      "no shipped model: \(candidates.joined(separator: ", ")) are not there; "
        + "name a model with \(option)")
  }
}
