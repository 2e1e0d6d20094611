// SPDX-License-Identifier: Apache-2.0
import Imaging
import Platform
import Testing

/// Files of Tests/ImagingTests/Fixtures, which tools/oracles/imaging.py makes.
enum Fixture {
  /// The absolute path of a fixture.
  static func path(_ name: String) -> String {
    "\(#filePath)".split(separator: "/", omittingEmptySubsequences: false).dropLast()
      .joined(separator: "/") + "/Fixtures/" + name
  }

  static func bytes(_ name: String) throws -> [UInt8] {
    let file = try ReadableFile(path: path(name), access: .copied)
    defer { withExtendedLifetime(file) {} }
    return [UInt8](file.bytes)
  }

  static func image(_ name: String) throws -> Image { try Image.decode(bytes(name)) }

  /// A line of the manifest: a size and a hash for a file or a filter.
  struct Expectation: Sendable, CustomTestStringConvertible {
    let subject: String
    let width: Int
    let height: Int
    let hash: UInt64

    var testDescription: String { "\(subject) \(width)x\(height)" }
  }

  /// The lines of the manifest that start with `kind`.
  static func expectations(_ kind: String) -> [Expectation] {
    guard let bytes = try? bytes("manifest.txt") else { return [] }
    return String(decoding: bytes, as: UTF8.self).split(separator: "\n").compactMap { line in
      let words = line.split(separator: " ")
      guard words.count == 5, words[0] == kind, let width = Int(words[2]),
        let height = Int(words[3]), let hash = UInt64(words[4], radix: 16)
      else { return nil }
      return Expectation(subject: String(words[1]), width: width, height: height, hash: hash)
    }
  }

  static func filter(_ name: String) throws -> ResampleFilter {
    switch name {
    case "nearest": .nearest
    case "box": .box
    case "bicubic": .bicubic
    default: try #require(name == "bilinear" ? .bilinear : nil)
    }
  }
}

/// 64-bit FNV-1a.
func hash(_ bytes: [UInt8]) -> UInt64 {
  bytes.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
}
