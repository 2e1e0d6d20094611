// SPDX-License-Identifier: Apache-2.0
import Datasets
import Foundation
import Imaging
import Kernels

/// Images of random bytes, `counts[c]` of class `c`, the classes taking turns.
func randomDataset(
  name: String = "sample", counts: [Int], width: Int = 6, height: Int = 4, seed: UInt64 = 1
) -> Dataset {
  var random = RandomGenerator(seed: seed)
  var labels: [Int32] = []
  var left = counts
  while labels.count < counts.reduce(0, +) {
    for label in counts.indices where left[label] > 0 {
      labels.append(Int32(label))
      left[label] -= 1
    }
  }
  let images = labels.map { _ in
    Image(
      width: width, height: height,
      pixels: (0..<3 * width * height).map { _ in UInt8(truncatingIfNeeded: random.next()) })
  }
  return Dataset(
    name: name, classNames: counts.indices.map { "class\($0)" }, labels: labels, images: images)
}

/// A folder that is removed when the value goes away.
final class TemporaryFolder {
  let path: String

  init() {
    path = FileManager.default.temporaryDirectory.path + "/ocelli-datasets-" + UUID().uuidString
    try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// Writes a file, and the folders above it; returns its path.
  @discardableResult
  func write(_ bytes: [UInt8], to name: String) -> String {
    let file = path + "/" + name
    let folder = URL(fileURLWithPath: file).deletingLastPathComponent().path
    try? FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    _ = FileManager.default.createFile(atPath: file, contents: Data(bytes))
    return file
  }

  /// Makes an empty folder; returns its path.
  @discardableResult
  func makeFolder(_ name: String) -> String {
    let folder = path + "/" + name
    try? FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    return folder
  }
}

/// The bytes of all images, one after the other.
func allPixels(_ dataset: Dataset) -> [UInt8] {
  (0..<dataset.count).flatMap { dataset.image(at: $0).pixels }
}

/// Whether this build reads and writes JPEG.
let jpegIsBuiltIn = (try? Image(width: 1, height: 1).encodedJPEG()) != nil
