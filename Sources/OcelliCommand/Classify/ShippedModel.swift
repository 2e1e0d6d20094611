// SPDX-License-Identifier: Apache-2.0
import Foundation
import SharedCommands

/// The models that come with Ocelli, and where they are looked for.
enum ShippedModel {
  /// What `ocelli classify` runs unless it is told another model.
  static let classifier = "classifier-intel-int8-v1.tflite"

  /// The path of a shipped model: in `weights` in the current folder, beside the executable, or in
  /// `share/ocelli/weights` next to the executable's folder.
  /// - Parameter option: by which another model is named.
  static func find(_ name: String, option: String) throws -> String {
    let local = "weights/\(name)"
    if FileManager.default.isReadableFile(atPath: local) { return local }
    let folder = URL(filePath: Bundle.main.executablePath ?? "").resolvingSymlinksInPath()
      .deletingLastPathComponent()
    let candidates = [
      folder.appending(path: "weights"),
      folder.deletingLastPathComponent().appending(path: "share/ocelli/weights"),
    ].map { $0.appending(path: name).path(percentEncoded: false) }
    if let path = candidates.first(where: { FileManager.default.isReadableFile(atPath: $0) }) {
      return path
    }
    throw CommandError(
      "no shipped model: \(([local] + candidates).joined(separator: ", ")) are not there; "
        + "name a model with \(option)")
  }
}
