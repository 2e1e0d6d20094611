// SPDX-License-Identifier: Apache-2.0
import Foundation
package import Imaging

/// Masks of the objects in pictures, in a folder of the same structure: the mask of
/// `data/test/bird/7.jpg` is `masks/test/bird/7.png`, or `masks/bird/7.png`.
package struct PictureMasks: Sendable {
  package let folder: String

  package init(_ folder: String) { self.folder = folder }

  /// The mask of the picture at `source`, resized, at least 128 where the object is; `nil` where
  /// there is none.
  package func mask(
    of source: String, width: Int, height: Int
  ) throws(DatasetError) -> Mask? {
    let parts = source.split(separator: "/").map(String.init)
    for count in stride(from: min(3, parts.count), through: 1, by: -1) {
      let stem = ([folder] + parts.suffix(count)).joined(separator: "/")
      let path = URL(fileURLWithPath: stem).deletingPathExtension().path + ".png"
      guard FileManager.default.fileExists(atPath: path) else { continue }
      do throws(ImageError) {
        let image = try Image(contentsOfFile: path)
        guard image.width != width || image.height != height else { return image.luma }
        return image.resized(width: width, height: height).luma
      } catch { throw .undecodablePicture(path: path, reason: error.description) }
    }
    return nil
  }
}
