// SPDX-License-Identifier: Apache-2.0
import Assessments
import Datasets
import Imaging
import Scenes
import Testing

/// White squares on one colour each: two red pictures, a green one, and one without a mask.
struct MaskedPicturesTests {
  private typealias Color = (red: UInt8, green: UInt8, blue: UInt8)
  private let dataset: Dataset
  private let pictures: MaskedPictures

  init() throws {
    let colors: [Color] = [(200, 0, 0), (100, 0, 0), (0, 150, 0), (0, 0, 90)]
    var mask = Mask(width: 10, height: 8)
    for y in 2..<6 { for x in 3..<7 { mask.pixels[10 * y + x] = 255 } }
    let images = colors.map { color in
      var image = Image(width: 10, height: 8, filledWith: color)
      for pixel in 0..<80 where mask.pixels[pixel] > 0 {
        for channel in 0..<3 { image.pixels[3 * pixel + channel] = 255 }
      }
      return image
    }
    dataset = Dataset(
      name: "squares", classNames: ["red", "green"], labels: [0, 0, 1, 1], images: images)
    pictures = try MaskedPictures(dataset, masks: [mask, mask, mask, nil])
  }

  private var known: Dataset { dataset.subset(pictures.indices(in: dataset)) }

  private func colors(
    _ variant: BackgroundVariant
  ) throws -> [(object: [UInt8], background: [UInt8], label: Int?)] {
    let (drawn, labels) = pictures.variant(variant, of: known, seed: 1)
    return (0..<drawn.count).map { index in
      let image = drawn.image(at: index)
      return (Array(image.pixels[3 * 34..<3 * 35]), Array(image.pixels[..<3]), labels[index])
    }
  }

  @Test func `pictures with masks are known`() {
    #expect(pictures.indices(in: dataset) == [0, 1, 2])
    #expect(pictures.variant(.original, of: known, seed: 1).dataset.hashes == known.hashes)
  }

  @Test func `only the background is the colour around the object`() throws {
    let found = try colors(.onlyBackground)
    #expect(found.map(\.object) == [[200, 0, 0], [100, 0, 0], [0, 150, 0]])
    #expect(found.map(\.label) == [0, 0, 1])
  }

  @Test func `objects stay and backgrounds are those of others`() throws {
    for variant in [BackgroundVariant.onlyForeground, .sameClass, .randomClass, .texture] {
      #expect(try colors(variant).allSatisfy { $0.object == [255, 255, 255] }, "\(variant)")
    }
    #expect(try colors(.onlyForeground).allSatisfy { $0.background == [128, 128, 128] })
    let same = try colors(.sameClass)
    // Of the only green one it is its own.
    #expect(same.map(\.background) == [[100, 0, 0], [200, 0, 0], [0, 150, 0]])
    for picture in try colors(.randomClass) {
      #expect((picture.label == 1) == (picture.background == [0, 150, 0]))
    }
    #expect(try colors(.texture).allSatisfy { $0.label == nil })
  }
}
