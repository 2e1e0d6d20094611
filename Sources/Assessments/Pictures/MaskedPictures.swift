// SPDX-License-Identifier: Apache-2.0
public import Datasets
import Explanation
public import Imaging
import Kernels
import Network
public import Scenes

/// Pictures with masks of their objects. Their background is the picture with the object filled in
/// from around it (`NeighbourImputation`); it belongs to the picture's class.
public struct MaskedPictures: BackgroundSource {
  private let pictures: Dataset
  private let masks: [Mask]
  private let backgrounds: Dataset
  private let indicesBySource: [String: Int]
  /// The pictures of each class.
  private let members: [[Int]]

  /// - Parameter masks: of each picture, `nil` where there is none.
  public init(_ pictures: Dataset, masks: [Mask?]) throws(DatasetError) {
    let known = masks.indices.filter { masks[$0] != nil }
    let pictures = pictures.subset(known)
    let masks = masks.compactMap(\.self)
    let shape = Shape(height: pictures.height, width: pictures.width, channels: 3)
    backgrounds = try pictures.mapped(
      name: pictures.name, width: pictures.width, height: pictures.height
    ) { image, index throws(ImageError) in
      let object = masks[index].pixels.indices.filter { masks[index].holdsObject(at: $0) }
      var random = RandomGenerator(seed: 0)
      let filled = NeighbourImputation.filled(
        image.pixels.map { Float($0) / 255 }, shape, removed: object, noise: 0, random: &random)
      return Image(filled, shape)
    }
    indicesBySource = Dictionary(
      pictures.sourceNames.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    members = pictures.indicesPerClass
    (self.pictures, self.masks) = (pictures, masks)
  }

  /// The pictures with a mask.
  public func indices(in dataset: Dataset) -> [Int] {
    dataset.sourceNames.indices.filter { indicesBySource[dataset.sourceNames[$0]] != nil }
  }

  /// See `BackgroundSource`. Backgrounds are those of other pictures of the set.
  public func variant(
    _ variant: BackgroundVariant, of dataset: Dataset, seed: UInt64
  ) -> (dataset: Dataset, backgrounds: [Int?]) {
    let drawn = dataset.sourceNames.map { source in
      guard let index = indicesBySource[source] else {
        preconditionFailure("a picture is one of those with masks")
      }
      return picture(index, as: variant, seed: seed)
    }
    return (
      dataset.replacing(drawn.map(\.image), name: "\(dataset.name), \(variant.rawValue)"),
      drawn.map(\.background)
    )
  }

  private func picture(
    _ index: Int, as variant: BackgroundVariant, seed: UInt64
  ) -> (image: Image, background: Int?) {
    var random = RandomGenerator(seed: seed, stream: UInt64(index))
    func draw(_ candidates: [Int]) -> Int { candidates[random.index(below: candidates.count)] }
    let label = Int(pictures.labels[index])
    switch variant {
    case .original: return (pictures.image(at: index), label)
    case .onlyForeground:
      let grey = Image(
        width: pictures.width, height: pictures.height, filledWith: (128, 128, 128))
      return (object(index, before: grey), nil)
    case .onlyBackground: return (backgrounds.image(at: index), label)
    case .sameClass:
      // That of another picture, if there is one.
      let others = members[label].filter { $0 != index }
      let other = others.isEmpty ? index : draw(others)
      return (object(index, before: backgrounds.image(at: other)), label)
    case .randomClass:
      let other = draw(members[draw(members.indices.filter { !members[$0].isEmpty })])
      return (object(index, before: backgrounds.image(at: other)), Int(pictures.labels[other]))
    case .texture:
      let marble = Image.marble(size: max(pictures.width, pictures.height), seed: random.next())
      return (object(index, before: marble), nil)
    }
  }

  /// The object of a picture before the upper left part of another, at least as large.
  private func object(_ index: Int, before background: Image) -> Image {
    var image = pictures.image(at: index)
    for y in 0..<image.height {
      for x in 0..<image.width where !masks[index].holdsObject(at: y * image.width + x) {
        for channel in 0..<3 {
          image.pixels[3 * (y * image.width + x) + channel] =
            background.pixels[3 * (y * background.width + x) + channel]
        }
      }
    }
    return image
  }
}

extension Mask {
  /// Whether a pixel, counted row by row, is at least half white.
  fileprivate func holdsObject(at pixel: Int) -> Bool { pixels[pixel] >= 128 }
}
