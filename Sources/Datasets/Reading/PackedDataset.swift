// SPDX-License-Identifier: Apache-2.0
import Foundation
import Interchange
import Platform

/// Reads what `Dataset.pack` writes: a safetensors file, which is mapped, so that opening it takes
/// no time and no memory.
///
/// Of each part there are a tensor `PART.images` (U8, images × height × width × 3), a tensor
/// `PART.labels` (I32), and in the metadata a list of source names `PART.sources`; `name` and
/// `classes` are common to all. Lists are JSON arrays.
struct PackedReader {
  private let path: String
  private let file: SafetensorsFile

  init(_ path: String) throws(DatasetError) {
    self.path = path
    do throws(SafetensorsError) { file = try SafetensorsFile(path) } catch {
      if case .file(let error) = error.problem {
        throw .unreadable(path: path, reason: error.reason)
      }
      throw .malformedPack(path: path, reason: "\(error.problem)")
    }
  }

  func read(_ part: DatasetPart) throws(DatasetError) -> Dataset {
    if file.tensor(named: "\(part).images") != nil { return try read(named: part) }
    let parts = [DatasetPart.train, .test].filter { file.tensor(named: "\($0).images") != nil }
    guard part == .all, !parts.isEmpty else {
      let isPack = DatasetPart.allCases.contains { file.tensor(named: "\($0).images") != nil }
      if isPack { throw .missingPart(path: path, part: part) }
      throw malformed("it has no tensor train.images, test.images or all.images")
    }
    if parts.count == 1 { return try read(named: parts[0]) }
    return try Dataset.joining(
      [read(named: .train), read(named: .test)], name: file.metadata["name"] ?? path)
  }

  private func read(named part: DatasetPart) throws(DatasetError) -> Dataset {
    let images = try tensor("\(part).images", .uint8, rank: 4)
    let labels = try tensor("\(part).labels", .int32, rank: 1)
    let (count, height, width) = (images.shape[0], images.shape[1], images.shape[2])
    guard images.shape[3] == 3, width > 0, height > 0 else {
      throw malformed("\(part).images has the shape \(images.shape): expected N x H x W x 3")
    }
    guard count > 0 else { throw .noImages(name: path) }
    let classNames = try list("classes")
    let sourceNames = try list("\(part).sources")
    guard labels.shape[0] == count && sourceNames.count == count else {
      throw malformed(
        "\(count) images, \(labels.shape[0]) labels and \(sourceNames.count) sources in \(part)")
    }
    let numbers = labels.withBytes { bytes in
      (0..<count).map {
        Int32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4 * $0, as: Int32.self))
      }
    }
    for (record, label) in numbers.enumerated() where !classNames.indices.contains(Int(label)) {
      throw .wrongLabel(
        path: path, record: record, label: Int(label), expected: 0...max(0, classNames.count - 1))
    }
    // The bytes are the mapped file's, and `images` keeps it mapped.
    let pixels = images.withBytes { PixelCache.borrowed($0, from: images) }
    let name = file.metadata["name"] ?? path
    return Dataset(
      name: part == .all ? name : "\(name)/\(part)", classNames: classNames, width: width,
      height: height, labels: numbers, pixels: pixels, sourceNames: sourceNames)
  }

  private func tensor(_ name: String, _ type: ElementType, rank: Int) throws(DatasetError)
    -> SafetensorsTensor
  {
    guard let tensor = file.tensor(named: name) else { throw malformed("no tensor \(name)") }
    guard tensor.elementType == type && tensor.shape.count == rank else {
      throw malformed(
        "\(name) is \(tensor.elementType.rawValue) of shape \(tensor.shape): "
          + "expected \(type.rawValue) with \(rank) dimensions")
    }
    return tensor
  }

  private func list(_ key: String) throws(DatasetError) -> [String] {
    guard let text = file.metadata[key],
      let list = try? JSONDecoder().decode([String].self, from: Data(text.utf8))
    else { throw malformed("its metadata has no list '\(key)'") }
    return list
  }

  private func malformed(_ reason: String) -> DatasetError {
    .malformedPack(path: path, reason: reason)
  }
}

extension Dataset {
  /// Writes the set atomically to one file that `load` opens at once.
  ///
  /// The file is safetensors, so that Python opens it too. Class, source and set names go with it.
  public func pack(to path: String) throws(DatasetError) {
    try Self.pack([(.all, self)], name: name, to: path)
  }

  /// Writes a training and a test part to one file; `load` and `loadParts` tell them apart.
  public static func pack(
    train: Dataset, test: Dataset, name: String, to path: String
  ) throws(DatasetError) {
    guard train.classNames == test.classNames else {
      throw .incompatible(first: train.name, second: test.name, reason: "their classes differ")
    }
    try pack([(.train, train), (.test, test)], name: name, to: path)
  }

  private static func pack(
    _ parts: [(part: DatasetPart, dataset: Dataset)], name: String, to path: String
  ) throws(DatasetError) {
    var metadata = ["name": name]
    var entries: [SafetensorsEntry] = []
    var owners: [Dataset] = []
    for (part, dataset) in parts {
      guard dataset.count > 0 else { throw .noImages(name: dataset.name) }
      let whole = try dataset.contiguous()
      owners.append(whole)
      metadata["classes"] = try json(whole.classNames, path: path)
      metadata["\(part).sources"] = try json(whole.sourceNames, path: path)
      entries.append(
        SafetensorsEntry(
          name: "\(part).images", elementType: .uint8,
          shape: [whole.count, whole.height, whole.width, 3],
          bytes: UnsafeRawBufferPointer(
            start: whole.pixels(at: 0), count: whole.count * whole.imageByteCount)))
    }
    let labels = parts.flatMap { $0.dataset.labels.map(\.littleEndian) }
    do throws(SafetensorsError) {
      try labels.withUnsafeBufferPointer { labels throws(SafetensorsError) in
        let bytes = UnsafeRawBufferPointer(labels)
        var start = 0
        for (part, dataset) in parts {
          let end = start + 4 * dataset.count
          entries.append(
            SafetensorsEntry(
              name: "\(part).labels", elementType: .int32, shape: [dataset.count],
              bytes: UnsafeRawBufferPointer(rebasing: bytes[start..<end])))
          start = end
        }
        try SafetensorsWriter.write(entries, metadata: metadata, to: path)
      }
    } catch {
      if case .file(let error) = error.problem {
        throw .unwritable(path: path, reason: error.reason)
      }
      throw .unwritable(path: path, reason: "\(error.problem)")
    }
    withExtendedLifetime(owners) {}
  }

  /// The set with contiguous images, copied if they are not.
  private func contiguous() throws(DatasetError) -> Dataset {
    let isContiguous = zip(slots, slots.dropFirst()).allSatisfy { $0 + 1 == $1 }
    return isContiguous ? self : try Dataset.joining([self], name: name)
  }

  private static func json(_ list: [String], path: String) throws(DatasetError) -> String {
    guard let data = try? JSONEncoder().encode(list) else {
      throw .unwritable(path: path, reason: "its names are not Unicode")
    }
    return String(decoding: data, as: UTF8.self)
  }
}
