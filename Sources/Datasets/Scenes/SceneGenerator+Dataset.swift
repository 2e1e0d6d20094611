// SPDX-License-Identifier: Apache-2.0
import Imaging
public import Kernels

extension SceneGenerator {
  /// Scenes 0 to `count` − 1 as labelled images in memory, drawn by the threads of `pool`.
  ///
  /// Image *i* of the data set is scene *i*: `scene(at: i)` tells its background, `mask(of:)` its
  /// object. Source names are the paths that `SceneWriter` gives the pictures.
  ///
  /// - Precondition: `count` is positive.
  public func dataset(count: Int, on pool: ThreadPool) -> Dataset {
    precondition(count > 0, "a data set has at least one image")
    let size = parameters.size
    let byteCount = 3 * size * size
    let pixels = PixelCache.filled(byteCount: count * byteCount) { bytes in
      nonisolated(unsafe) let base = UnsafeMutableRawPointer(bytes.baseAddress.unsafelyUnwrapped)
      pool.forEach(count) { index, _ in
        render(scene(at: index)).pixels.withUnsafeBytes { image in
          (base + index * byteCount).copyMemory(
            from: image.baseAddress.unsafelyUnwrapped, byteCount: byteCount)
        }
      }
    }
    return Dataset(
      name: "scenes/\(parameters.split.rawValue)", classNames: Self.labels, width: size,
      height: size,
      labels: (0..<count).map { Int32(scene(at: $0).label) }, pixels: pixels,
      sourceNames: (0..<count).map { path(of: scene(at: $0)) })
  }

  /// Where a folder of scenes has the picture of `scene`, such as `train/bird/00120.png`.
  func path(of scene: Scene) -> String {
    let digits = String(scene.index)
    let zeros = String(repeating: "0", count: max(0, 5 - digits.count))
    return "\(parameters.split.rawValue)/\(scene.object.name)/\(zeros)\(digits).png"
  }
}
