// SPDX-License-Identifier: Apache-2.0
import CPlatform

/// The model that comes with the command, and where it is looked for.
enum ShippedModel {
  private static let file = "classifier-intel-int8-v1.tflite"
  private static let folders = ["weights/", "/usr/share/ocelli/weights/"]

  static func path() throws(BoardError) -> String {
    for folder in folders {
      let path = folder + file
      if path.withCString({ ocelli_is_readable($0) }) { return path }
    }
    let places = folders.map { $0 + file }.joined(separator: ", ")
    throw .failed("no shipped model: \(places) are not there; name a model with --model")
  }
}
