// SPDX-License-Identifier: Apache-2.0

/// A picture format that can be read and written.
public enum ImageFormat: Sendable {
  case png
  case jpeg
  /// PPM and PGM, as text (P2, P3) or bytes (P5, P6).
  case netpbm

  /// Recognises a file by its first bytes.
  package init?(content bytes: UnsafeRawBufferPointer) {
    func starts(with signature: StaticString) -> Bool {
      let count = signature.utf8CodeUnitCount
      guard bytes.count >= count else { return false }
      for index in 0..<count where bytes[index] != signature.utf8Start[index] { return false }
      return true
    }
    if bytes.count >= 3, bytes[0] == 0xFF, bytes[1] == 0xD8, bytes[2] == 0xFF {
      self = .jpeg
    } else if bytes.count >= 4, bytes[0] == 0x89, bytes[1] == 0x50, bytes[2] == 0x4E,
      bytes[3] == 0x47
    {
      self = .png
    } else if starts(with: "P2") || starts(with: "P3") || starts(with: "P5") || starts(with: "P6") {
      self = .netpbm
    } else {
      return nil
    }
  }

  /// The format for a file name's ending, in upper or lower case.
  package init?(path: String) {
    if path.ends(with: ".png") {
      self = .png
    } else if path.ends(with: ".jpg") || path.ends(with: ".jpeg") {
      self = .jpeg
    } else if path.ends(with: ".ppm") {
      self = .netpbm
    } else {
      return nil
    }
  }

  /// Whether a file's name is that of a picture.
  package static func isPictureName(_ name: String) -> Bool {
    ImageFormat(path: name) != nil || name.ends(with: ".pgm")
  }
}

extension String {
  /// Whether the text ends in these lower-case letters, ignoring case.
  fileprivate func ends(with ending: StaticString) -> Bool {
    var end = utf8.suffix(ending.utf8CodeUnitCount).makeIterator()
    for index in 0..<ending.utf8CodeUnitCount {
      guard let byte = end.next() else { return false }
      let isCapital = byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z")
      guard (isCapital ? byte + 32 : byte) == ending.utf8Start[index] else { return false }
    }
    return true
  }
}
