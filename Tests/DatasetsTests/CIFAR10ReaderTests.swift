// SPDX-License-Identifier: Apache-2.0
import Datasets
import Imaging
import Testing

/// A CIFAR-10 record whose reds, greens and blues tell their place: `x + channel` in even rows, `y
/// + channel` in odd ones.
private func record(label: UInt8) -> [UInt8] {
  var bytes = [label]
  for channel in 0..<3 {
    for y in 0..<32 { for x in 0..<32 { bytes.append(UInt8((y % 2 == 0 ? x : y) + channel)) } }
  }
  return bytes
}

@Suite struct CIFAR10ReaderTests {
  private let folder = TemporaryFolder()

  private func writeAll() {
    for batch in 1...5 {
      folder.write(record(label: UInt8(batch)) + record(label: 0), to: "data_batch_\(batch).bin")
    }
    folder.write(record(label: 9), to: "test_batch.bin")
  }

  @Test func `reads the batches in order, planes as pixels`() throws {
    writeAll()
    let parts = try Dataset.loadParts(folder.path)
    #expect(parts.train.labels == [1, 0, 2, 0, 3, 0, 4, 0, 5, 0])
    #expect(parts.test?.labels == [9])
    #expect(parts.train.classNames[9] == "truck")
    #expect(parts.train.sourceNames[3] == folder.path + "/data_batch_2.bin#1")
    let image = parts.train.image(at: 3)
    for y in 0..<32 {
      for x in 0..<32 {
        for channel in 0..<3 {
          #expect(Int(image.pixels[3 * (32 * y + x) + channel]) == (y % 2 == 0 ? x : y) + channel)
        }
      }
    }
    #expect(try Dataset.load(folder.path).count == 11)
    #expect(try Dataset.load(folder.path, size: (16, 16), part: .test).width == 16)
  }

  @Test func `takes the class names from batches meta txt`() throws {
    writeAll()
    let file = folder.write(
      Array("a\nb\r\nc\nd\ne\nf\ng\nh\ni\nj j\n\n".utf8), to: "batches.meta.txt")
    #expect(try Dataset.load(folder.path).classNames.last == "j j")
    folder.write(Array("a\nb\n".utf8), to: "batches.meta.txt")
    #expect(throws: DatasetError.wrongClassNames(path: file, count: 2, expected: 10)) {
      try Dataset.load(folder.path)
    }
  }

  @Test(arguments: [0, 1, 3072, 3074, 2 * 3073 - 1])
  func `refuses a file that is cut`(byteCount: Int) {
    writeAll()
    let file = folder.write([UInt8](repeating: 0, count: byteCount), to: "data_batch_3.bin")
    let error = #expect(throws: DatasetError.self) { try Dataset.load(folder.path, part: .train) }
    #expect(error?.message.hasPrefix("\(file): \(byteCount) bytes: expected ") == true)
  }

  @Test func `refuses a label above 9 and names the record`() {
    writeAll()
    let file = folder.write(record(label: 3) + record(label: 10), to: "test_batch.bin")
    let error = #expect(throws: DatasetError.self) { try Dataset.load(folder.path, part: .test) }
    #expect(error?.message == "\(file): label 10 in record 1: expected 0 to 9")
  }

  @Test func `names a batch that is missing`() {
    folder.write(record(label: 3), to: "data_batch_1.bin")
    let error = #expect(throws: DatasetError.self) { try Dataset.load(folder.path, part: .train) }
    #expect(error?.message.contains("data_batch_2.bin: cannot be read") == true)
  }
}
