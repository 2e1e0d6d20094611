// SPDX-License-Identifier: Apache-2.0
import Datasets
import Testing

@Suite struct SplitTests {
  @Test func `cuts 5000 images of ten classes into exactly 4010 and 990, 401 and 99 of each`()
    throws
  {
    let whole = randomDataset(counts: [Int](repeating: 500, count: 10), width: 2, height: 2)
    let parts = try whole.split(counts: [4010, 990], seed: 7)
    #expect(parts.map(\.count) == [4010, 990])
    #expect(parts[0].countsPerClass == [Int](repeating: 401, count: 10))
    #expect(parts[1].countsPerClass == [Int](repeating: 99, count: 10))
    #expect(Set(parts.flatMap(\.sourceNames)).count == 5000)
  }

  @Test func `cuts 14000 images into 10000 and 4000 with the proportions of uneven classes`() throws
  {
    let counts = [2191, 2271, 2404, 2512, 2274, 2348]
    let whole = randomDataset(counts: counts, width: 1, height: 1)
    let parts = try whole.split(counts: [10_000, 4_000], seed: 1)
    #expect(parts.map(\.count) == [10_000, 4_000])
    for (label, count) in counts.enumerated() {
      #expect(abs(Double(parts[0].countsPerClass[label]) - Double(count) * 10 / 14) < 1)
      #expect(parts[0].countsPerClass[label] + parts[1].countsPerClass[label] == count)
    }
  }

  @Test func `gives the same parts for a seed and others for another`() throws {
    let whole = randomDataset(counts: [20, 30])
    let first = try whole.split(fraction: 0.3, seed: 4)
    let again = try whole.split(fraction: 0.3, seed: 4)
    let other = try whole.split(fraction: 0.3, seed: 5)
    #expect(first.second.count == 15 && first.first.count == 35)
    #expect(first.second.sourceNames == again.second.sourceNames)
    #expect(first.second.sourceNames != other.second.sourceNames)
  }

  @Test func `keeps pixels, labels and hashes together`() throws {
    let whole = randomDataset(counts: [9, 8])
    let part = try whole.split(counts: [5, 5], seed: 3)[1]
    for index in 0..<part.count {
      let name = part.sourceNames[index]
      let place = try #require(whole.sourceNames.firstIndex(of: name))
      #expect(part.image(at: index) == whole.image(at: place))
      #expect(part.labels[index] == whole.labels[place])
      #expect(part.hashes[index] == whole.hashes[place])
    }
  }

  @Test(arguments: [[6, 5], [0, 3], [-1], [11], [Int.max, Int.max, 2], []])
  func `refuses parts that cannot be cut from ten images`(counts: [Int]) {
    let whole = randomDataset(counts: [5, 5])
    #expect(throws: DatasetError.impossibleSplit(name: "sample", wanted: counts, available: 10)) {
      try whole.split(counts: counts, seed: 1)
    }
  }

  @Test func `takes a fraction with the proportions of the classes`() throws {
    let whole = randomDataset(counts: [100, 50])
    #expect(try whole.fraction(0.1, seed: 1).countsPerClass == [10, 5])
    #expect(try whole.fraction(1e-9, seed: 1).count == 1)
    #expect(try whole.fraction(1, seed: 1).count == 150)
    #expect(throws: DatasetError.invalidFraction(0)) { try whole.fraction(0, seed: 1) }
    #expect(throws: DatasetError.self) { try whole.fraction(.nan, seed: 1) }
  }

  @Test func `finds copies of images in a test set and refuses it unless allowed`() throws {
    let whole = randomDataset(counts: [6, 6])
    let train = whole.subset([0, 1, 2, 3, 4, 5, 6], name: "train")
    let test = whole.subset([9, 5, 10], name: "test")
    let shared = [SharedImage(first: 5, second: 1)]
    #expect(train.overlap(with: test) == shared)
    #expect(try train.requireDisjoint(from: test, overlapIsAllowed: true) == shared)
    let error = #expect(throws: DatasetError.self) { try train.requireDisjoint(from: test) }
    #expect(error?.message.contains("sample#5") == true)
    #expect(try train.requireDisjoint(from: whole.subset([8, 9])).isEmpty)
  }

  @Test func `a set without its copies splits into disjoint parts`() throws {
    let whole = randomDataset(counts: [6, 6]).subset([0, 1, 2, 3, 0, 4, 1, 5, 0])
    let unique = whole.withoutDuplicates()
    #expect(unique.sourceNames == [0, 1, 2, 3, 4, 5].map { "sample#\($0)" })
    let parts = try unique.split(counts: [4, 2], seed: 1)
    #expect(try parts[0].requireDisjoint(from: parts[1]).isEmpty)
  }
}
