// SPDX-License-Identifier: Apache-2.0
import Datasets
import Foundation
import Imaging
import Testing

/// A PPM file of one colour.
private func picture(_ value: UInt8, width: Int = 3, height: Int = 2) -> [UInt8] {
  Image(width: width, height: height, filledWith: (value, value, value)).encodedPPM()
}

@Suite struct FolderReaderTests {
  private let folder = TemporaryFolder()

  @Test func `reads a folder per class in the order of names`() throws {
    folder.write(picture(30), to: "dog/2.ppm")
    folder.write(picture(20), to: "dog/10.PPM")
    folder.write(picture(10), to: "cat/a.ppm")
    folder.write([1, 2, 3], to: "cat/.hidden")
    folder.write([1], to: "cat/Thumbs.db")
    folder.write([1], to: "README.txt")
    let dataset = try Dataset.load(folder.path)
    #expect(dataset.classNames == ["cat", "dog"])
    #expect(dataset.labels == [0, 1, 1])
    #expect((0..<3).map { dataset.image(at: $0).pixels[0] } == [10, 20, 30])
    #expect(
      dataset.sourceNames.map { $0.dropFirst(folder.path.count) } == [
        "/cat/a.ppm", "/dog/10.PPM", "/dog/2.ppm",
      ])
    #expect(dataset.width == 3 && dataset.height == 2)
    let parts = try Dataset.loadParts(folder.path)
    #expect(parts.train.count == 3 && parts.test == nil)
  }

  @Test func `recognises train and test, whose labels are those of train`() throws {
    for name in ["train/a/1", "train/b/1", "train/c/1", "train/c/2", "test/c/9", "test/a/9"] {
      folder.write(picture(UInt8(name.utf8.last ?? 0)), to: name + ".ppm")
    }
    let parts = try Dataset.loadParts(folder.path)
    let test = try #require(parts.test)
    #expect(parts.train.labels == [0, 1, 2, 2] && test.labels == [0, 2])
    #expect(test.classNames == ["a", "b", "c"])
    #expect(try Dataset.load(folder.path).labels == [0, 1, 2, 2, 0, 2])
    #expect(parts.train.name.hasSuffix("/train") && test.name.hasSuffix("/test"))
  }

  @Test func `resizes to the size that is asked for, and reports progress`() throws {
    for index in 0..<300 { folder.write(picture(9, width: 1 + index % 3), to: "a/\(index).ppm") }
    var reports: [[Int]] = []
    let dataset = try Dataset.load(folder.path, size: (5, 4)) { reports.append([$0, $1]) }
    #expect(dataset.count == 300 && dataset.width == 5 && dataset.height == 4)
    #expect(allPixels(dataset).allSatisfy { $0 == 9 })
    #expect(reports == [[256, 300], [300, 300]])
  }

  @Test func `refuses pictures of several sizes unless a size is given`() {
    folder.write(picture(1), to: "a/1.ppm")
    let odd = folder.write(picture(1, width: 4), to: "a/2.ppm")
    let error = #expect(throws: DatasetError.self) { try Dataset.load(folder.path) }
    #expect(
      error?.message.hasPrefix("\(odd): 4x2 pixels, but \(folder.path)/a/1.ppm has 3x2") == true)
  }

  @Test func `names the first picture that cannot be decoded`() {
    folder.write(picture(1), to: "a/1.ppm")
    let bad = folder.write(Array(picture(1).dropLast()), to: "a/2.ppm")
    folder.write([], to: "a/3.png")
    let error = #expect(throws: DatasetError.self) { try Dataset.load(folder.path) }
    #expect(error?.message.hasPrefix("\(bad): ") == true)
  }

  @Test func `refuses what is no picture, by name`() {
    let file = folder.write([0x42, 0x4D], to: "a/1.bmp")
    #expect(throws: DatasetError.unsupportedPicture(path: file)) { try Dataset.load(folder.path) }
  }

  @Test func `refuses an empty class folder and folders in class folders`() {
    folder.write(picture(1), to: "a/1.ppm")
    let empty = folder.makeFolder("b")
    #expect(throws: DatasetError.emptyClass(path: empty)) { try Dataset.load(folder.path) }
    let nested = folder.makeFolder("b/c")
    #expect(throws: DatasetError.nestedFolder(path: nested)) { try Dataset.load(folder.path) }
  }

  @Test func `refuses a folder without class folders, a file of no data set, and nothing at all`() {
    let file = folder.write(picture(1), to: "1.ppm")
    #expect(throws: DatasetError.unrecognised(path: folder.path)) { try Dataset.load(folder.path) }
    #expect(throws: DatasetError.self) { try Dataset.load(file) }
    let error = #expect(throws: DatasetError.self) { try Dataset.load(folder.path + "/none") }
    #expect(error?.message == "\(folder.path)/none: cannot be read: no such file or folder")
    let train = folder.makeFolder("train")
    #expect(throws: DatasetError.noClasses(path: train)) { try Dataset.load(folder.path) }
  }

  @Test func `refuses a part that is not there, and a test class that train lacks`() {
    folder.write(picture(1), to: "train/a/1.ppm")
    #expect(throws: DatasetError.missingPart(path: folder.path, part: .test)) {
      try Dataset.load(folder.path, part: .test)
    }
    folder.write(picture(1), to: "test/z/1.ppm")
    let error = #expect(throws: DatasetError.self) { try Dataset.load(folder.path, part: .test) }
    #expect(error?.message == "\(folder.path)/test/z: no such class in \(folder.path)/train")
  }

  @Test func `refuses images that do not fit in memory before it touches any`() throws {
    for index in 0..<2000 { folder.write([], to: "a/\(index).ppm") }
    let error = #expect(throws: DatasetError.self) {
      try Dataset.load(folder.path, size: (16_384, 16_384))
    }
    #expect(error?.message.contains("2000 images of 16384x16384 pixels do not fit") == true)
  }

  @Test(arguments: [(0, 4), (4, -1), (20_000, 4), (Int.max, Int.max)])
  func `refuses a size that no image can have`(width: Int, height: Int) {
    folder.write(picture(1), to: "a/1.ppm")
    #expect(throws: DatasetError.invalidSize(.init(width: width, height: height))) {
      try Dataset.load(folder.path, size: (width, height))
    }
  }
}
