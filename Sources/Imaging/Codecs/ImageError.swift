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

extension ImageError {
  /// What is wrong, without the numbers; follows the file's name.
  public var summary: StaticString {
    switch self {
    case .empty: "is empty"
    case .unknownFormat: "is not a PNG, JPEG, PPM or PGM picture"
    case .truncated: "ends before its picture does"
    case .corrupt: "is corrupt"
    case .malformedNetpbm: "has a malformed PPM or PGM header or number"
    case .tooLarge: "has more pixels than allowed"
    case .sideTooLong: "has sides too long for its format"
    case .unsupported: "is of a kind of its format that is not read; convert it to 8-bit RGB"
    case .builtWithoutJPEG: "is a JPEG, which this build does not read; convert it to PNG"
    case .outOfMemory: "does not fit in memory"
    case .unknownExtension: "does not end in .png, .jpg, .jpeg or .ppm"
    case .file(let error): error.summary
    }
  }
}

extension ImageError: CustomStringConvertible {
  /// The summary with its numbers, such as "ends before its picture does (PNG, row 17)".
  public var description: String {
    switch self {
    case .truncated(let format, let row), .corrupt(let format, let row):
      "\(summary) (\(format.name), row \(row))"
    case .malformedNetpbm(let offset): "\(summary) (at byte \(offset))"
    case .tooLarge(let width, let height, let limit):
      "\(summary) (\(width)x\(height); at most \(limit) pixels, sides up to 65535)"
    case .sideTooLong(let format, let width, let height):
      "\(summary) (\(format.name), \(width)x\(height))"
    case .file(let error): error.problem
    default: "\(summary)"
    }
  }
}

extension ImageFormat {
  fileprivate var name: String {
    switch self {
    case .png: "PNG"
    case .jpeg: "JPEG"
    case .netpbm: "PPM/PGM"
    }
  }
}
