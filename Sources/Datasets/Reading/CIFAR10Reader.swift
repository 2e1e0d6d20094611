// SPDX-License-Identifier: Apache-2.0
import Foundation

/// Reads the binary version of CIFAR-10 (Krizhevsky, 2009): `data_batch_1.bin` …
/// `data_batch_5.bin`, `test_batch.bin` and `batches.meta.txt`.
///
/// A record is 3073 bytes: the label, then 32 × 32 reds row by row, greens, blues.
struct CIFAR10Reader {
  let root: String

  private static let side = 32
  private static let planeBytes = 32 * 32
  private static let recordBytes = 1 + 3 * 32 * 32
  private static let classCount = 10
  private static let standardNames = [
    "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck",
  ]
  private static let trainFiles = (1...5).map { "data_batch_\($0).bin" }
  private static let testFile = "test_batch.bin"

  static func recognises(_ root: String) -> Bool {
    (trainFiles + [testFile]).contains { Folders.isFile(root + "/" + $0) }
  }

  func read(_ part: DatasetPart) throws(DatasetError) -> Dataset {
    let files =
      switch part {
      case .train: Self.trainFiles
      case .test: [Self.testFile]
      case .all: Self.trainFiles + [Self.testFile]
      }
    let classNames = try Folders.classNames(
      root + "/batches.meta.txt", standard: Self.standardNames)
    var maps: [(path: String, bytes: PixelCache)] = []
    for file in files { maps.append((root + "/" + file, try records(in: root + "/" + file))) }
    let count = maps.reduce(0) { $0 + $1.bytes.bytes.count / Self.recordBytes }
    var labels: [Int32] = []
    var sourceNames: [String] = []
    let imageBytes = 3 * Self.planeBytes
    let pixels = try PixelCache.read(byteCount: count * imageBytes, name: root) {
      pixels throws(DatasetError) in
      for (path, map) in maps {
        for record in 0..<map.bytes.count / Self.recordBytes {
          let start = record * Self.recordBytes
          let label = Int(map.bytes[start])
          guard label < Self.classCount else {
            throw .wrongLabel(path: path, record: record, label: label, expected: 0...9)
          }
          let slot = labels.count * imageBytes
          Planes.interleave(
            UnsafeRawBufferPointer(rebasing: map.bytes[start + 1..<start + Self.recordBytes]),
            to: pixels.extracting(slot..<slot + imageBytes), side: Self.side, isColumnMajor: false)
          labels.append(Int32(label))
          sourceNames.append("\(path)#\(record)")
        }
      }
    }
    let name = part == .all ? "CIFAR-10" : "CIFAR-10/\(part.rawValue)"
    return Dataset(
      name: name, classNames: classNames, width: Self.side, height: Self.side, labels: labels,
      pixels: pixels, sourceNames: sourceNames)
  }

  private func records(in path: String) throws(DatasetError) -> PixelCache {
    let map = try PixelCache.mapped(file: path)
    guard map.bytes.count % Self.recordBytes == 0 else {
      throw .wrongByteCount(
        path: path, byteCount: map.bytes.count,
        expected: "a multiple of \(Self.recordBytes), the bytes of a CIFAR-10 record")
    }
    return map
  }
}
