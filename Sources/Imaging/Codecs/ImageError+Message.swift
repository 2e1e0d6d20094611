// SPDX-License-Identifier: Apache-2.0
import Platform

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
