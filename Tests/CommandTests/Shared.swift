// SPDX-License-Identifier: Apache-2.0
import Foundation

/// The folder Tests, whose fixtures several test targets share.
let testsFolder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()

/// What many tests read and none changes: `scenes`, `scenes.safetensors`, and the run folders
/// `classifier` and `enhancer` of models for them.
enum Shared {
  static let folder: String = {
    do {
      let ocelli = try Ocelli(launchesShared: true)
      let lines = [
        "dataset scenes --output scenes --train 60 --test 20 --size 16",
        "dataset pack scenes --output scenes.safetensors",
        "train classifier --data scenes --output classifier --epochs 1 --width 0.25 --batch 16",
        "train enhancer --data scenes --output enhancer --epochs 1 --width 2 --depth 1 --batch 16 "
          + "--classifier classifier/best.safetensors",
      ]
      for line in lines {
        let outcome = try ocelli.shell("$OCELLI \(line)")
        if outcome.code != 0 { return "failed: \(line): \(outcome)" }
      }
      // Lives as long as the process, which the system's temporary folder outlives.
      owner = ocelli
      atexit { try? FileManager.default.removeItem(atPath: Shared.folder) }
      return ocelli.folder
    } catch { return "failed: \(error)" }
  }()

  nonisolated(unsafe) private static var owner: Ocelli?

  static let classifier = "--classifier $SHARED/classifier/best.safetensors"
  static let enhancer = "--enhancer $SHARED/enhancer/enhance/best.safetensors"
}
