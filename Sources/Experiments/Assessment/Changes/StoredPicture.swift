// SPDX-License-Identifier: Apache-2.0
import Explanation
import Imaging
import Network

/// A picture of floats as a file would hold it.
struct StoredPicture {
  private let image: Image

  init(_ floats: [Float], _ shape: Shape) { image = Image(floats, shape) }

  private init(_ image: Image) { self.image = image }

  /// As it comes back from a JPEG file.
  func compressed(_ quality: Int) throws -> StoredPicture {
    StoredPicture(try Image.decode(try image.encodedJPEG(quality: quality)))
  }

  /// Each level divided by 255.
  var floats: [Float] { image.pixels.map { Float($0) / 255 } }
}
