// SPDX-License-Identifier: Apache-2.0
import Datasets
import Foundation
import Imaging
import Testing

@Suite struct BatchLoaderTests {
  private let dataset = randomDataset(counts: [13, 10])
  private let strong = Augmentation(
    flip: .random, shift: 2, resizedCrop: .init(),
    colorJitter: .init(brightness: 0.2, contrast: 0.2),
    cutout: 2, mixup: 0.4)

  @Test func `serves every image once an epoch, in another order each epoch`() throws {
    let loader = try BatchLoader(
      dataset, .init(batchSize: 5, seed: 3, dropsShortBatch: false, epochCount: 2))
    #expect(loader.batchesPerEpoch == 5)
    let epochs = [loader.loadNext(count: 5), loader.loadNext(count: 5)]
    let orders = epochs.map { $0.flatMap(\.batch.indices) }
    #expect(orders.map { $0.sorted() } == [Array(0..<23), Array(0..<23)])
    #expect(orders[0] != orders[1] && orders[0] != Array(0..<23))
    #expect(epochs[1].map(\.batch.position.epoch) == [1, 1, 1, 1, 1])
    #expect(loader.loadNext() == nil)
    #expect(loader.loadNext() == nil)
  }

  @Test func `gives bytes divided by 255 and one-hot targets, unvaried`() throws {
    let loader = try BatchLoader(dataset, .evaluation(batchSize: 4))
    let loaded = try #require(loader.loadNext())
    #expect(loaded.batch.indices == [0, 1, 2, 3] && loaded.batch.labels == [0, 1, 0, 1])
    for slot in 0..<4 {
      let expected = dataset.image(at: slot).pixels.map { Float($0) / 255 }
      #expect(loaded.image(slot, of: dataset) == expected)
      let copied = [Float](unsafeUninitializedCapacity: expected.count) { floats, count in
        if let start = floats.baseAddress { dataset.copyFloats(at: slot, to: start) }
        count = expected.count
      }
      #expect(copied == expected)
    }
    #expect(loaded.targets == [1, 0, 0, 1, 1, 0, 0, 1])
  }

  @Test func `keeps a short last batch with zeros behind it, or drops it`() throws {
    let loader = try BatchLoader(dataset, .evaluation(batchSize: 20))
    _ = loader.loadNext()
    let last = try #require(loader.loadNext())
    #expect(last.batch.count == 3)
    #expect(last.images[(3 * dataset.imageByteCount)...].allSatisfy { $0 == 0 })
    #expect(last.targets[6...].allSatisfy { $0 == 0 })
    #expect(!last.images[..<(3 * dataset.imageByteCount)].contains { $0.isNaN })
    #expect(loader.loadNext() == nil)
    #expect(try BatchLoader(dataset, .init(batchSize: 20)).batchesPerEpoch == 1)
  }

  @Test(arguments: [1, 2, 5])
  func `gives the same bytes however many batches are prefetched and however slow the caller is`(
    prefetchCount: Int
  ) throws {
    var configuration = BatchLoader.Configuration(
      batchSize: 4, seed: 9, augmentation: strong, prefetchCount: 0)
    let expected = try BatchLoader(dataset, configuration).loadNext(count: 12)
    configuration.prefetchCount = prefetchCount
    let loader = try BatchLoader(dataset, configuration)
    for (number, batch) in expected.enumerated() {
      if number % 3 == 0 { Thread.sleep(forTimeInterval: 0.002) }
      #expect(loader.loadNext() == batch)
    }
  }

  @Test func `resumes with the very same batches from its seed and position`() throws {
    let configuration = BatchLoader.Configuration(batchSize: 4, seed: 9, augmentation: strong)
    let loader = try BatchLoader(dataset, configuration)
    _ = loader.loadNext(count: 7)
    #expect(loader.position == BatchPosition(epoch: 1, batch: 2))
    let saved = try JSONEncoder().encode(loader.position)
    let expected = loader.loadNext(count: 6)
    let position = try JSONDecoder().decode(BatchPosition.self, from: saved)
    let resumed = try BatchLoader(dataset, configuration, from: position)
    #expect(resumed.loadNext(count: 6) == expected)
    resumed.seek(to: position)
    #expect(resumed.loadNext(count: 6) == expected)
  }

  @Test func `spreads label smoothing evenly`() throws {
    let loader = try BatchLoader(
      dataset, .init(batchSize: 2, isShuffled: false, labelSmoothing: 0.2))
    let loaded = try #require(loader.loadNext())
    #expect(loaded.target(0, of: dataset).map { ($0 * 100).rounded() } == [90, 10])
    #expect(loaded.target(1, of: dataset).map { ($0 * 100).rounded() } == [10, 90])
  }

  @Test func `moves the paired image as the image, but leaves its colours and adds no square`()
    throws
  {
    var augmentation = Augmentation(flip: .random, shift: 2)
    let plain = try #require(
      BatchLoader(dataset, .init(batchSize: 8, seed: 5, augmentation: augmentation)).loadNext())
    augmentation.colorJitter = .init(brightness: 0.5, contrast: 0.5, saturation: 0.5)
    augmentation.cutout = 3
    let paired = try #require(
      BatchLoader(
        dataset, .init(batchSize: 8, seed: 5, augmentation: augmentation), pairedWith: dataset
      ).loadNext(paired: true))
    #expect(paired.pairedImages == plain.images)
    #expect(paired.images != plain.images)
  }

  @Test func `mixes images, paired images and targets with one weight`() throws {
    let dataset = randomDataset(counts: [4, 4])
    let loader = try BatchLoader(
      dataset, .init(batchSize: 8, augmentation: .init(mixup: 1)), pairedWith: dataset)
    let mixed = try #require(loader.loadNext(paired: true))
    #expect(mixed.images == mixed.pairedImages)
    for slot in 0..<8 {
      let next = mixed.batch.indices[(slot + 1) % 8]
      let target = mixed.target(slot, of: dataset)
      #expect(abs(target[0] + target[1] - 1) < 1e-6)
      guard mixed.batch.labels[slot] != dataset.labels[next] else { continue }
      let weight = target[Int(mixed.batch.labels[slot])]
      let own = dataset.image(at: mixed.batch.indices[slot]).pixels
      let other = dataset.image(at: next).pixels
      for (index, value) in mixed.image(slot, of: dataset).enumerated() {
        let expected = (weight * Float(own[index]) + (1 - weight) * Float(other[index])) / 255
        #expect(abs(value - expected) < 1e-5)
      }
    }
  }

  @Test func `refuses batch sizes, positions and pairs that do not fit`() throws {
    #expect(throws: DatasetError.invalidBatchSize(0, imageCount: 23)) {
      try BatchLoader(dataset, .init(batchSize: 0))
    }
    #expect(throws: DatasetError.invalidBatchSize(24, imageCount: 23)) {
      try BatchLoader(dataset, .init(batchSize: 24))
    }
    #expect(throws: DatasetError.self) {
      try BatchLoader(dataset, .init(batchSize: .max, dropsShortBatch: false))
    }
    #expect(throws: DatasetError.self) {
      try BatchLoader(dataset, .init(batchSize: 5), from: .init(epoch: 0, batch: 4))
    }
    #expect(throws: DatasetError.self) {
      try BatchLoader(dataset, .init(batchSize: 5), pairedWith: randomDataset(counts: [10, 13]))
    }
    #expect(throws: DatasetError.self) {
      try BatchLoader(
        dataset, .init(batchSize: 5), pairedWith: randomDataset(counts: [13, 10], width: 5))
    }
    #expect(throws: DatasetError.noImages(name: "sample")) {
      try BatchLoader(dataset.subset([]), .init(batchSize: 1, dropsShortBatch: false))
    }
  }
}
