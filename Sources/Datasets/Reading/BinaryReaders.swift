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

/// Reads the binary version of STL-10 (Coates, Lee & Ng, 2011): `train_X.bin`, `train_y.bin`,
/// `test_X.bin`, `test_y.bin` and `class_names.txt`.
///
/// An image is 27 648 bytes: 96 × 96 reds column by column, greens, blues. Labels are bytes from 1
/// to 10.
struct STL10Reader {
  let root: String

  private static let side = 96
  private static let imageBytes = 3 * 96 * 96
  private static let standardNames = [
    "airplane", "bird", "car", "cat", "deer", "dog", "horse", "monkey", "ship", "truck",
  ]

  static func recognises(_ root: String) -> Bool {
    Folders.isFile(root + "/train_X.bin") || Folders.isFile(root + "/test_X.bin")
  }

  func read(_ part: DatasetPart) throws(DatasetError) -> Dataset {
    guard part == .all else { return try read(part.rawValue) }
    return try Dataset.joining([read("train"), read("test")], name: "STL-10")
  }

  private func read(_ part: String) throws(DatasetError) -> Dataset {
    let imagePath = "\(root)/\(part)_X.bin"
    let labelPath = "\(root)/\(part)_y.bin"
    let images = try PixelCache.mapped(file: imagePath)
    guard images.bytes.count % Self.imageBytes == 0 else {
      throw .wrongByteCount(
        path: imagePath, byteCount: images.bytes.count,
        expected: "a multiple of \(Self.imageBytes), the bytes of an STL-10 image")
    }
    let count = images.bytes.count / Self.imageBytes
    let labels = try readLabels(labelPath, count: count, imagePath: imagePath)
    let classNames = try Folders.classNames(root + "/class_names.txt", standard: Self.standardNames)
    let pixels = try PixelCache.read(byteCount: images.bytes.count, name: imagePath) { pixels in
      for index in 0..<count {
        let place = index * Self.imageBytes..<(index + 1) * Self.imageBytes
        Planes.interleave(
          UnsafeRawBufferPointer(rebasing: images.bytes[place]), to: pixels.extracting(place),
          side: Self.side, isColumnMajor: true)
      }
    }
    return Dataset(
      name: "STL-10/\(part)", classNames: classNames, width: Self.side, height: Self.side,
      labels: labels, pixels: pixels, sourceNames: (0..<count).map { "\(imagePath)#\($0)" })
  }

  private func readLabels(_ path: String, count: Int, imagePath: String) throws(DatasetError)
    -> [Int32]
  {
    let map = try PixelCache.mapped(file: path)
    guard map.bytes.count == count else {
      throw .wrongByteCount(
        path: path, byteCount: map.bytes.count,
        expected: "\(count), one for each image of \(imagePath)")
    }
    for (record, label) in map.bytes.enumerated() where !(1...10).contains(label) {
      throw .wrongLabel(path: path, record: record, label: Int(label), expected: 1...10)
    }
    return map.bytes.map { Int32($0) - 1 }
  }
}

/// Images whose colours are stored as planes.
enum Planes {
  /// Writes the three planes of a square image as pixels: `target[y, x, c] = planes[c, y, x]`, or
  /// `planes[c, x, y]` when the planes are column-major.
  static func interleave(
    _ planes: UnsafeRawBufferPointer, to target: UnsafeMutableBufferPointer<UInt8>, side: Int,
    isColumnMajor: Bool
  ) {
    precondition(
      planes.count == 3 * side * side && target.count == planes.count, "three planes of a square")
    let (strideX, strideY) = isColumnMajor ? (side, 1) : (1, side)
    for channel in 0..<3 {
      for y in 0..<side {
        for x in 0..<side {
          target[3 * (y * side + x) + channel] =
            planes[channel * side * side + y * strideY + x * strideX]
        }
      }
    }
  }
}
