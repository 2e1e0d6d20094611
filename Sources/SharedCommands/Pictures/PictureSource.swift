// SPDX-License-Identifier: Apache-2.0
import Classification
package import Imaging
package import Network
package import Platform
import Text

/// The pictures that arguments name, one at a time: files, folders, and the stream on standard
/// input.
package struct PictureSource {
  /// A picture as it was found.
  package struct Picture {
    /// For people: a path, or `-:3` for the third picture of the stream.
    package var name: String
    /// For a file that is made of it, relative to a folder.
    package var fileName: String
    package var content: Content

    /// Whether its name is a number of a stream.
    package var isStreamed: Bool { name.utf8.starts(with: "-:".utf8) }

    /// The picture at the size of a session's input.
    package func decoded(for session: Session) throws(CommandError) -> Image {
      if case .failed(let problem) = content { throw CommandError(problem) }
      do throws(ImageError) {
        switch content {
        case .bytes(let bytes):
          return try bytes.withUnsafeBufferPointer { bytes throws(ImageError) in
            try session.decode(UnsafeRawBufferPointer(bytes))
          }
        case .file(let file): return try session.decode(file)
        case .failed: throw .unknownFormat
        }
      } catch { throw CommandError(error.description) }
    }
  }

  package enum Content {
    case file(StreamedFile)
    case bytes([UInt8])
    /// There are no bytes to decode.
    case failed(String)
  }

  /// Only every nth picture of a stream is taken, starting with the first.
  private let every: Int
  private let body: (Picture) -> Bool

  /// - Parameter body: is called with each picture, and says whether more are wanted.
  package init(every: Int = 1, _ body: @escaping (Picture) -> Bool) {
    (self.every, self.body) = (every, body)
  }

  /// Goes through the pictures of all arguments.
  package func run(_ arguments: [String]) {
    for argument in arguments {
      let isContinued =
        if argument.isSame("-") { runStream() } else if Folder.isThere(argument) {
          Self.forEachPath(inFolder: argument, below: "") { path, fileName in
            body(
              fileName.map { open(path, $0) }
                ?? Picture(name: path, fileName: "", content: .failed("cannot be listed")))
          }
        } else { body(open(argument, Self.lastComponent(argument))) }
      guard isContinued else { return }
    }
  }

  private static func lastComponent(_ path: String) -> String {
    path.utf8.split(separator: UInt8(ascii: "/")).last.map { String(Substring($0)) } ?? path
  }

  private func open(_ path: String, _ fileName: String) -> Picture {
    let content: Content
    do throws(FileError) { content = .file(try StreamedFile(path: path)) } catch {
      content = .failed(error.problem)
    }
    return Picture(name: path, fileName: fileName, content: content)
  }

  /// How many pictures arguments name; `nil` where a stream is among them.
  package static func count(_ arguments: [String]) -> Int? {
    var count = 0
    for argument in arguments {
      if argument.isSame("-") { return nil }
      guard Folder.isThere(argument) else {
        count += 1
        continue
      }
      _ = forEachPath(inFolder: argument, below: "") { _, _ in
        count += 1
        return true
      }
    }
    return count
  }

  /// All files that are named as pictures, those in folders within too, in the order of their
  /// names' bytes. Links to folders are not followed.
  /// - Parameter body: gets a path and its part below the folder, of a folder that cannot be listed
  ///   no part; and says whether more are wanted.
  private static func forEachPath(
    inFolder path: String, below prefix: String, _ body: (String, String?) -> Bool
  ) -> Bool {
    let names: [String]
    do throws(FileError) { names = try Folder.names(in: path) } catch { return body(path, nil) }
    let folder = path.utf8.last == UInt8(ascii: "/") ? path : path + "/"
    for name in names where name.utf8.first != UInt8(ascii: ".") {
      let child = folder + name
      if Folder.isThere(child) {
        guard !Folder.isLink(child) else { continue }
        guard forEachPath(inFolder: child, below: prefix + name + "/", body) else { return false }
      } else if ImageFormat.isPictureName(name) {
        guard body(child, prefix + name) else { return false }
      }
    }
    return true
  }

  private func runStream() -> Bool {
    let problem = StreamProblem()
    var parts = PictureStream { target in
      do throws(FileError) { return try StandardStreams.read(into: target) } catch {
        problem.error = error
        return 0
      }
    }
    var number = 0
    while let part = parts.next() {
      number += 1
      guard (number - 1) % every == 0 else { continue }
      let content: Content =
        switch part {
        case .picture(let bytes), .damaged(let bytes): .bytes(bytes)
        case .unknown(let count): .failed("\(count) bytes are not a PNG, JPEG, PPM or PGM picture")
        }
      let picture = Picture(name: "-:\(number)", fileName: "\(number)", content: content)
      guard body(picture) else { return false }
    }
    if let error = problem.error {
      return body(Picture(name: "-", fileName: "", content: .failed(error.problem)))
    }
    guard number == 0 else { return true }
    return body(Picture(name: "-", fileName: "", content: .failed("holds no pictures")))
  }

  /// Why a stream ended early.
  private final class StreamProblem { var error: FileError? }
}
