// SPDX-License-Identifier: Apache-2.0
import Foundation
import Interchange
import Platform

extension Dataset {
  /// Writes the set to one file that `load` opens at once, as a whole or not at all.
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

  /// The set with its images one behind the other, copied when they are not.
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
