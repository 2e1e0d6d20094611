// SPDX-License-Identifier: Apache-2.0
import Datasets
import Imaging
import Testing

@Suite struct STL10ReaderTests {
  private let folder = TemporaryFolder()

  /// Images whose reds are `x`, greens `y` and blues `tag`, written column by column.
  private func images(_ tags: [UInt8]) -> [UInt8] {
    var bytes: [UInt8] = []
    for tag in tags {
      for channel in 0..<3 {
        for x in 0..<96 {
          for y in 0..<96 { bytes.append([UInt8(x), UInt8(y), tag][channel]) }
        }
      }
    }
    return bytes
  }

  private func writeAll() {
    folder.write(images([7, 8, 9]), to: "train_X.bin")
    folder.write([1, 10, 5], to: "train_y.bin")
    folder.write(images([4]), to: "test_X.bin")
    folder.write([2], to: "test_y.bin")
  }

  @Test func `reads images column by column and labels from 1`() throws {
    writeAll()
    let parts = try Dataset.loadParts(folder.path)
    #expect(parts.train.labels == [0, 9, 4] && parts.test?.labels == [1])
    #expect(parts.train.classNames[7] == "monkey")
    let image = parts.train.image(at: 1)
    for (x, y) in [(0, 0), (95, 0), (0, 95), (17, 60)] {
      #expect(
        Array(image.pixels[3 * (96 * y + x)..<3 * (96 * y + x) + 3]) == [UInt8(x), UInt8(y), 8])
    }
    #expect(try Dataset.load(folder.path).labels == [0, 9, 4, 1])
  }

  @Test func `refuses cut images, too few labels and labels out of range`() {
    writeAll()
    let file = folder.write(Array(images([1]).dropLast()), to: "test_X.bin")
    let cut = #expect(throws: DatasetError.self) { try Dataset.load(folder.path, part: .test) }
    #expect(cut?.message.hasPrefix("\(file): 27647 bytes") == true)
    let labels = folder.write([1, 2], to: "train_y.bin")
    let few = #expect(throws: DatasetError.self) { try Dataset.load(folder.path, part: .train) }
    #expect(few?.message.hasPrefix("\(labels): 2 bytes: expected 3") == true)
    for label: UInt8 in [0, 11] {
      folder.write([1, 2, label], to: "train_y.bin")
      #expect(
        throws: DatasetError.wrongLabel(
          path: labels, record: 2, label: Int(label), expected: 1...10)
      ) { try Dataset.load(folder.path, part: .train) }
    }
  }
}
