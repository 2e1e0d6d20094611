// SPDX-License-Identifier: Apache-2.0
import Datasets
import Foundation
import Testing

/// All images of one epoch in the data set's order, unshuffled.
private func images(
  of dataset: Dataset, _ augmentation: Augmentation?, seed: UInt64 = 1, epoch: Int = 0
) throws -> [[Float]] {
  let loader = try BatchLoader(
    dataset,
    .init(
      batchSize: dataset.count, seed: seed, isShuffled: false, augmentation: augmentation,
      prefetchCount: 0), from: .init(epoch: epoch))
  let loaded = try #require(loader.loadNext())
  return (0..<dataset.count).map { loaded.image($0, of: dataset) }
}

/// `image` moved and mirrored pixel by pixel: the definition of shift and flip.
private func moved(
  _ image: [Float], width: Int, height: Int, x shiftX: Int, y shiftY: Int, flipped: Bool
) -> [Float] {
  func reflect(_ index: Int, _ count: Int) -> Int {
    index < 0 ? -index : index >= count ? 2 * (count - 1) - index : index
  }
  var result: [Float] = []
  for y in 0..<height {
    for x in 0..<width {
      let sourceX = reflect((flipped ? width - 1 - x : x) + shiftX, width)
      let start = 3 * (reflect(y + shiftY, height) * width + sourceX)
      result += image[start..<start + 3]
    }
  }
  return result
}

@Suite struct AugmentationTests {
  private let dataset = randomDataset(counts: [60, 60], width: 7, height: 5)

  @Test
  func `alternating flip mirrors half of the images at first and then all, every other epoch`()
    throws
  {
    let plain = try images(of: dataset, nil)
    let mirrored = plain.map { moved($0, width: 7, height: 5, x: 0, y: 0, flipped: true) }
    let epochs = try (0..<5).map {
      try images(of: dataset, Augmentation(flip: .alternating), epoch: $0)
    }
    let isFlipped = epochs.map { epoch in epoch.indices.map { epoch[$0] == mirrored[$0] } }
    for epoch in 0..<5 {
      for index in 0..<dataset.count {
        #expect(epochs[epoch][index] == (isFlipped[epoch][index] ? mirrored : plain)[index])
        #expect(isFlipped[epoch][index] == (isFlipped[0][index] != (epoch % 2 == 1)))
      }
    }
    #expect((40...80).contains(isFlipped[0].count { $0 }))
  }

  @Test func `random flip mirrors about half of the images, others in each epoch`() throws {
    let plain = try images(of: dataset, nil)
    let epochs = try (0..<4).map { epoch in
      let varied = try images(of: dataset, Augmentation(flip: .random), epoch: epoch)
      return varied.indices.map { varied[$0] != plain[$0] }
    }
    #expect(Set(epochs).count == 4)
    for epoch in epochs { #expect((40...80).contains(epoch.count { $0 })) }
  }

  @Test func `shift moves by every offset up to its bound and reflects at the border`() throws {
    let plain = try images(of: dataset, nil)
    var offsets = Set<[Int]>()
    for epoch in 0..<6 {
      let varied = try images(of: dataset, Augmentation(flip: .random, shift: 2), epoch: epoch)
      for (image, source) in zip(varied, plain) {
        var matches: [[Int]] = []
        for y in -2...2 {
          for x in -2...2 {
            for flipped in [false, true]
            where moved(source, width: 7, height: 5, x: x, y: y, flipped: flipped) == image {
              matches.append([x, y])
            }
          }
        }
        #expect(matches.count == 1)
        offsets.formUnion(matches)
      }
    }
    #expect(offsets.count == 25)
  }

  @Test func `a crop of the whole image changes nothing`() throws {
    let augmentation = Augmentation(resizedCrop: .init(smallestArea: 1, largestAspect: 1))
    for (image, plain) in zip(try images(of: dataset, augmentation), try images(of: dataset, nil)) {
      #expect(zip(image, plain).allSatisfy { abs($0 - $1) < 1e-5 })
    }
  }

  @Test func `a crop stays within the range of its image and differs from it`() throws {
    let augmentation = Augmentation(shift: 1, resizedCrop: .init(smallestArea: 0.3))
    for (image, plain) in zip(try images(of: dataset, augmentation), try images(of: dataset, nil)) {
      #expect(image != plain)
      let range = (plain.min() ?? 0)...(plain.max() ?? 0)
      #expect(image.allSatisfy { range.contains($0) })
    }
  }

  @Test func `cutout leaves one grey square inside of the image`() throws {
    let plain = try images(of: dataset, nil)
    for (image, source) in zip(try images(of: dataset, Augmentation(cutout: 3)), plain) {
      let changed = image.indices.filter { image[$0] != source[$0] }.map { $0 / 3 }
      let (xs, ys) = (changed.map { $0 % 7 }, changed.map { $0 / 7 })
      #expect(Set(changed).count == 9)
      #expect((xs.max() ?? 0) - (xs.min() ?? 0) == 2 && (ys.max() ?? 0) - (ys.min() ?? 0) == 2)
      #expect(changed.allSatisfy { image[3 * $0] == 0.5 })
    }
  }

  @Test func `colour jitter follows torchvision's formulas`() throws {
    // With one setting at a time, every pixel is an affine function of the source with one common
    // factor.
    let plain = try images(of: dataset, nil)
    func grey(_ p: ArraySlice<Float>) -> Float {
      0.299 * p[p.startIndex] + 0.587 * p[p.startIndex + 1] + 0.114 * p[p.startIndex + 2]
    }
    for setting in 0..<3 {
      let jitter = Augmentation.ColorJitter(
        brightness: setting == 0 ? 0.4 : 0, contrast: setting == 1 ? 0.4 : 0,
        saturation: setting == 2 ? 0.4 : 0)
      let varied = try images(of: dataset, Augmentation(colorJitter: jitter))
      for (image, source) in zip(varied, plain) {
        let pixels = stride(from: 0, to: source.count, by: 3).map { source[$0..<$0 + 3] }
        let mean = pixels.map(grey).reduce(0, +) / Float(pixels.count)
        let anchors = pixels.flatMap { pixel -> [Float] in
          let anchor: Float = setting == 0 ? 0 : setting == 1 ? mean : grey(pixel)
          return [anchor, anchor, anchor]
        }
        // The factor shows where nothing is clamped and the lever is long.
        let lever = source.indices.filter { image[$0] > 0 && image[$0] < 1 }
          .max { abs(source[$0] - anchors[$0]) < abs(source[$1] - anchors[$1]) }
        let at = try #require(lever)
        let factor = (image[at] - anchors[at]) / (source[at] - anchors[at])
        #expect(factor > 0.59 && factor < 1.41)
        for index in source.indices {
          let value = anchors[index] + factor * (source[index] - anchors[index])
          #expect(abs(image[index] - min(1, max(0, value))) < 1e-4)
        }
      }
    }
  }

  @Test func `an image's variation does not depend on the others or on their order`() throws {
    let augmentation = Augmentation(
      flip: .random, shift: 2, resizedCrop: .init(), colorJitter: .init(saturation: 0.5), cutout: 2)
    let whole = try images(of: dataset, augmentation, epoch: 3)
    let loader = try BatchLoader(
      dataset, .init(batchSize: 7, seed: 1, augmentation: augmentation), from: .init(epoch: 3))
    for batch in loader.loadNext(count: loader.batchesPerEpoch) {
      for (slot, index) in batch.batch.indices.enumerated() {
        #expect(batch.image(slot, of: dataset) == whole[index])
      }
    }
  }

  @Test func `turning one feature on leaves the draws of the others alone`() throws {
    let shifted = try images(of: dataset, Augmentation(shift: 2))
    let both = try images(of: dataset, Augmentation(shift: 2, cutout: 1))
    for (one, other) in zip(shifted, both) {
      #expect(one.indices.count { one[$0] != other[$0] } <= 3)
    }
  }

  @Test(arguments: [
    Augmentation(shift: -1), Augmentation(shift: 5), Augmentation(cutout: 6),
    Augmentation(mixup: -0.1), Augmentation(mixup: .nan),
    Augmentation(resizedCrop: .init(smallestArea: 0)),
    Augmentation(resizedCrop: .init(largestAspect: 0.5)),
    Augmentation(colorJitter: .init(contrast: 1.5)),
  ])
  func `refuses settings that make no sense`(augmentation: Augmentation) {
    #expect(throws: DatasetError.self) { try augmentation.validate(width: 7, height: 5) }
  }

  @Test func `survives a round trip through JSON`() throws {
    let augmentation = Augmentation(
      flip: .alternating, shift: 4, resizedCrop: .init(), colorJitter: .init(), cutout: 8,
      mixup: 0.2)
    let data = try JSONEncoder().encode(augmentation)
    #expect(try JSONDecoder().decode(Augmentation.self, from: data) == augmentation)
  }
}
