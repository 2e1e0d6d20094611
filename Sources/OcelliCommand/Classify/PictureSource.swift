// SPDX-License-Identifier: Apache-2.0
import Classification
import Foundation
import Imaging
import Network
import Platform

/// The pictures that arguments name, one at a time: files, folders, and the stream on standard
/// input.
struct PictureSource {
  /// A picture as it was found.
  struct Picture {
    /// For people: a path, or `-:3` for the third picture of the stream.
    var name: String
    /// For a file that is made of it, relative to a folder.
    var fileName: String
    var content: Content

    /// The picture at the size of a session's input.
    func decoded(for session: Session) throws -> Image {
      switch content {
      case .failed(let problem): throw CommandError(problem)
      case .bytes(let bytes):
        return try bytes.withUnsafeBytes { bytes throws(ImageError) in try session.decode(bytes) }
      case .file(let file):
        defer { withExtendedLifetime(file) {} }
        return try session.decode(file.bytes)
      }
    }
  }

  enum Content {
    case file(ReadableFile)
    case bytes([UInt8])
    /// There are no bytes to decode.
    case failed(String)
  }

  private static let endings = ["png", "jpg", "jpeg", "ppm", "pgm"]

  /// Calls `body` with every picture.
  static func forEach(_ arguments: [String], _ body: (Picture) throws -> Void) throws {
    for argument in arguments {
      if argument == "-" {
        try forEachInStream(body)
      } else if isFolder(argument) {
        try forEachPath(inFolder: argument, below: "") { path, fileName in
          try body(
            fileName.map { open(path, $0) }
              ?? Picture(name: path, fileName: "", content: .failed("cannot be listed")))
        }
      } else {
        try body(open(argument, URL(filePath: argument).lastPathComponent))
      }
    }
  }

  private static func open(_ path: String, _ fileName: String) -> Picture {
    let content: Content
    do throws(Platform.FileError) {
      content = .file(try ReadableFile(path: path, access: .copied))
    } catch { content = .failed("\(error)") }
    return Picture(name: path, fileName: fileName, content: content)
  }

  /// How many pictures arguments name; `nil` where a stream is among them.
  static func count(_ arguments: [String]) -> Int? {
    var count = 0
    for argument in arguments {
      if argument == "-" { return nil }
      if isFolder(argument) {
        forEachPath(inFolder: argument, below: "") { _, _ in count += 1 }
      } else {
        count += 1
      }
    }
    return count
  }

  /// All files that are named as pictures, those in folders within too, in the order of their
  /// names' bytes. Links to folders are not followed.
  /// - Parameter body: gets a path and its part below the folder; no part of a folder that cannot
  ///   be listed.
  private static func forEachPath(
    inFolder path: String, below prefix: String, _ body: (String, String?) throws -> Void
  ) rethrows {
    guard let names = try? FileManager.default.contentsOfDirectory(atPath: path) else {
      return try body(path, nil)
    }
    let folder = path.hasSuffix("/") ? path : path + "/"
    for name in names.sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) })
    where !name.hasPrefix(".") {
      let child = folder + name
      if isFolder(child) {
        let isLink = (try? FileManager.default.destinationOfSymbolicLink(atPath: child)) != nil
        if !isLink { try forEachPath(inFolder: child, below: prefix + name + "/", body) }
      } else if endings.contains(URL(filePath: name).pathExtension.lowercased()) {
        try body(child, prefix + name)
      }
    }
  }

  private static func isFolder(_ path: String) -> Bool {
    var isDirectory: ObjCBool = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory)
      && isDirectory.boolValue
  }

  private static func forEachInStream(_ body: (Picture) throws -> Void) throws {
    var problem: Int32 = 0
    let stream = PictureStream { target in
      while true {
        let count = Foundation.read(STDIN_FILENO, target.baseAddress, target.count)
        if count >= 0 { return count }
        if errno != EINTR {
          problem = errno
          return 0
        }
      }
    }
    var parts = stream
    var number = 0
    while let part = parts.next() {
      number += 1
      let content: Content =
        switch part {
        case .picture(let bytes), .damaged(let bytes): .bytes(bytes)
        case .unknown(let count): .failed("\(count) bytes are not a PNG, JPEG, PPM or PGM picture")
        }
      try body(Picture(name: "-:\(number)", fileName: "\(number)", content: content))
    }
    if problem != 0 {
      let reason = String(cString: strerror(problem))
      try body(Picture(name: "-", fileName: "", content: .failed("cannot be read: \(reason)")))
    } else if number == 0 {
      try body(Picture(name: "-", fileName: "", content: .failed("holds no pictures")))
    }
  }
}
