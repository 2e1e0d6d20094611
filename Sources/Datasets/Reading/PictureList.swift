// SPDX-License-Identifier: Apache-2.0
import Imaging

/// Picture files with their labels, to be decoded into one block of pixels.
struct PictureList {
  let classNames: [String]
  let size: DatasetError.Size?
  let threads: Int?
  let progress: DatasetProgress?
  private(set) var paths: [String] = []
  private(set) var labels: [Int32] = []

  /// Pictures decoded between two calls of `progress`.
  private static let chunkCount = 256

  init(
    classNames: [String], size: DatasetError.Size?, threads: Int?, progress: DatasetProgress?
  ) {
    (self.classNames, self.size, self.threads) = (classNames, size, threads)
    self.progress = progress
  }

  mutating func append(path: String, label: Int32) {
    paths.append(path)
    labels.append(label)
  }

  mutating func append(_ other: PictureList) {
    paths += other.paths
    labels += other.labels
  }

  /// Decodes all pictures. Of several bad ones, the first is reported.
  func decoded(named name: String) throws(DatasetError) -> Dataset {
    guard let firstPath = paths.first else { throw .noImages(name: name) }
    let target: DatasetError.Size
    if let size {
      target = size
    } else {
      let first = try Self.decode(firstPath)
      target = DatasetError.Size(width: first.width, height: first.height)
    }
    let total = try PixelCache.byteCount(ofImages: paths.count, size: target, name: name)
    let pixels = try PixelCache.read(byteCount: total, name: name) { bytes throws(DatasetError) in
      try decode(to: bytes, size: target)
    }
    return Dataset(
      name: name, classNames: classNames, width: target.width, height: target.height,
      labels: labels, pixels: pixels, sourceNames: paths)
  }

  private func decode(
    to bytes: UnsafeMutableBufferPointer<UInt8>, size target: DatasetError.Size
  ) throws(DatasetError) {
    for start in stride(from: 0, to: paths.count, by: Self.chunkCount) {
      let chunk = start..<min(paths.count, start + Self.chunkCount)
      var failures = [DatasetError?](repeating: nil, count: chunk.count)
      failures.withUnsafeMutableBufferPointer { failures in
        Parallel.forEach(chunk.count, threads: threads) { item in
          failures[item] = self.decode(start + item, to: bytes, size: target)
        }
      }
      if let failure = failures.lazy.compactMap({ $0 }).first { throw failure }
      progress?(chunk.upperBound, paths.count)
    }
  }

  /// The picture in a file.
  private static func decode(_ path: String) throws(DatasetError) -> Image {
    do throws(ImageError) {
      return try Image(contentsOfFile: path)
    } catch {
      throw .undecodablePicture(path: path, reason: error.description)
    }
  }

  private func decode(
    _ index: Int, to bytes: UnsafeMutableBufferPointer<UInt8>, size target: DatasetError.Size
  ) -> DatasetError? {
    do throws(DatasetError) {
      var image = try Self.decode(paths[index])
      if image.width != target.width || image.height != target.height {
        guard size != nil else {
          return .mixedSizes(
            path: paths[index], size: .init(width: image.width, height: image.height),
            firstPath: paths[0], firstSize: target)
        }
        image = image.resized(width: target.width, height: target.height)
      }
      bytes.store(image.pixels, at: index)
      return nil
    } catch {
      return error
    }
  }
}
