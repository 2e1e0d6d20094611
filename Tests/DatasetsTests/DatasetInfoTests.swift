// SPDX-License-Identifier: Apache-2.0
import Datasets
import Foundation
import Imaging
import Testing

@Suite struct DatasetInfoTests {
  /// A picture of diagonal stripes and a bright corner that survives being saved again.
  private func stripes(_ phase: Int, brighter: UInt8 = 0) -> Image {
    var image = Image(width: 36, height: 32)
    for y in 0..<32 {
      for x in 0..<36 {
        let step = x * (3 + phase) + y * 5 * phase
        let value = UInt8(step % 97 * 2) + brighter
        let start = 3 * (36 * y + x)
        image.pixels.replaceSubrange(start..<start + 3, with: [value, value / 2, 255 - value])
      }
    }
    return image
  }

  @Test func `counts, averages and hashes`() {
    let dataset = Dataset(
      name: "two", classNames: ["a", "b", "c"], labels: [0, 2],
      images: [
        Image(width: 2, height: 1, filledWith: (0, 51, 255)),
        Image(width: 2, height: 1, filledWith: (255, 51, 0)),
      ])
    let info = DatasetInfo(dataset)
    #expect(info.classes.map(\.count) == [1, 0, 1])
    #expect(info.mean.map { ($0 * 1000).rounded() } == [500, 200, 500])
    #expect(info.standardDeviation.map { ($0 * 1000).rounded() } == [500, 0, 500])
    #expect(info.hash == dataset.contentHash.description)
    #expect(info.table.contains("2 of 2x1 pixels in 3 classes"))
    #expect(info.table.contains("0.5000 0.2000 0.5000"))
  }

  @Test func `the hash follows pixels, labels, order and class names`() {
    let dataset = randomDataset(counts: [3, 3])
    let relabelled = Dataset(
      name: "sample", classNames: dataset.classNames, labels: [1, 0, 1, 0, 1, 0],
      images: (0..<6).map { dataset.image(at: $0) })
    let hashes = [
      dataset.contentHash, relabelled.contentHash, dataset.subset([1, 0, 2, 3, 4, 5]).contentHash,
      randomDataset(counts: [3, 3], seed: 2).contentHash, dataset.subset([0, 1, 2]).contentHash,
    ]
    #expect(Set(hashes).count == hashes.count)
    #expect(dataset.subset(Array(0..<6), name: "other").contentHash == dataset.contentHash)
  }

  @Test func `finds copies and look-alikes, and tells them apart`() {
    let images = [
      stripes(1), stripes(2), stripes(1), stripes(3), stripes(2, brighter: 3), stripes(5),
    ]
    let dataset = Dataset(
      name: "s", classNames: ["x"], labels: [Int32](repeating: 0, count: 6), images: images)
    #expect(dataset.duplicates == [[0, 2]])
    #expect(dataset.nearDuplicates() == [[1, 4]])
    let info = DatasetInfo(dataset)
    #expect(info.duplicates == [["s#0", "s#2"]] && info.nearDuplicates == [["s#1", "s#4"]])
  }

  @Test func `takes images of one pixel and sets of none`() throws {
    let tiny = randomDataset(counts: [2], width: 1, height: 1)
    #expect(DatasetInfo(tiny).imageCount == 2)
    #expect(DatasetInfo(tiny.subset([])).mean == [0, 0, 0])
    let data = try JSONEncoder().encode(DatasetInfo(tiny))
    #expect(try JSONDecoder().decode(DatasetInfo.self, from: data) == DatasetInfo(tiny))
  }
}
