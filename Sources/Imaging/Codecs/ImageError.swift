// SPDX-License-Identifier: Apache-2.0
public import Platform

/// Why a picture could not be read or written. Rows count from 0; offsets are bytes from the start
/// of the file.
public enum ImageError: Error, Equatable, Sendable {
  /// Check that the file was copied or downloaded: it has no bytes. (Written: it has no pixels.)
  case empty
  /// Convert the picture to PNG, JPEG, PPM or PGM: its first bytes are of none of these.
  case unknownFormat
  /// Copy or download the file again: it ends before this row of the picture (row 0: possibly in
  /// the header).
  case truncated(ImageFormat, row: Int)
  /// Copy or download the file again: its bytes contradict the format at this row (row 0: possibly
  /// in the header).
  case corrupt(ImageFormat, row: Int)
  /// Correct the PPM or PGM header or number at this offset.
  case malformedNetpbm(offset: Int)
  /// Scale the picture down, or raise the limit: it has more pixels, or longer sides, than allowed.
  case tooLarge(width: Int, height: Int, pixelLimit: Int)
  /// Scale the picture down, or choose another format: the format has no sides as long as these.
  case sideTooLong(ImageFormat, width: Int, height: Int)
  /// Convert the picture to RGB or grey of 8 bits: this kind of the format is not read.
  case unsupported(ImageFormat)
  /// Install libjpeg-turbo's headers (Debian: libjpeg62-turbo-dev) and build again, or convert to
  /// PNG.
  case builtWithoutJPEG
  /// Free memory, or scale the picture down.
  case outOfMemory
  /// Name the file .png, .jpg, .jpeg or .ppm.
  case unknownExtension
  /// The system refused the file: see the operation and the code.
  case file(FileError)
}
