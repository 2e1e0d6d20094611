// SPDX-License-Identifier: Apache-2.0
import Foundation
import Ocelli
import TestSupport
import Testing

/// The library as the README shows it.
struct LibraryTests {
  @Test func `ten lines classify a picture`() throws {
    let model = try Model(contentsOf: Fixture.path("described.tflite"))
    let session = try Session(model, threads: 2)
    let image = Image(width: 20, height: 10, filledWith: (red: 1, green: 2, blue: 250))
    let labels = try session.classify(image, top: 2)
    #expect(labels.map(\.name) == ["blue", "green"])
  }

  @Test func `a file that is no model is told in one line`() throws {
    let folder = try TemporaryFolder()
    let text = try folder.write(Array("hello".utf8), to: "model.tflite")
    var cut = try Fixture.bytes("described.tflite")
    cut.removeLast(300)
    let damaged = try folder.write(cut, to: "cut.tflite")
    for path in [text, damaged, folder.path("none.tflite"), folder.path] {
      do throws(ModelFileError) {
        _ = try Model(contentsOf: path)
        Issue.record("\(path) is read")
      } catch {
        #expect("\(error)".hasPrefix(path + ": ") && !"\(error)".contains("\n"), "\(error)")
      }
    }
  }
}
