// SPDX-License-Identifier: Apache-2.0
import Datasets
import Imaging
import Testing

@Suite struct NearDuplicatesTests {
  @Test func `thousands of plain images are one group, found without comparing all pairs`() {
    var images: [Image] = []
    for index in 0..<4000 {
      let (red, green, blue) = (index % 16, index / 16 % 16, index / 256)
      images.append(
        Image(width: 9, height: 8, filledWith: (UInt8(red), UInt8(green), UInt8(blue))))
    }
    let dataset = Dataset(
      name: "plain", classNames: ["x"], labels: [Int32](repeating: 0, count: 4000), images: images)
    #expect(dataset.duplicates.isEmpty)
    #expect(dataset.nearDuplicates() == [Array(0..<4000)])
  }

  @Test func `random images are no look-alikes`() {
    let dataset = randomDataset(counts: [300, 300], width: 9, height: 8)
    #expect(dataset.nearDuplicates().isEmpty)
  }

  @Test func `sets of other sizes share nothing`() {
    let dataset = randomDataset(counts: [3], width: 9, height: 8)
    #expect(dataset.overlap(with: randomDataset(counts: [3])).isEmpty)
  }
}
