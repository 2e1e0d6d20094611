// SPDX-License-Identifier: Apache-2.0
public import Imaging
import Kernels

/// How much of an explanation lies on the object: measures against a mask of it.
///
/// What is negative speaks against the class and counts as 0.
public struct Localization: Equatable, Sendable {
  /// Whether the largest value lies on the object, or within a tolerance of it (the pointing game;
  /// Zhang et al., arXiv:1608.00507).
  public let isHit: Bool
  /// Σ map · mask / Σ map.
  public let energy: Double
  /// Of as many of the largest values as the object has pixels, the share on it (Arras et al.,
  /// arXiv:2003.07258).
  public let rankAccuracy: Double

  /// The tolerance of the pointing game, as a share of the shorter side: 15 of 224 pixels.
  public static let tolerance = 0.07

  /// `nil` for a map without a positive value, or a mask of nothing or everything.
  ///
  /// - Parameter map: of any size; it is enlarged to the mask's.
  public init?(_ map: HeatMap, _ mask: Mask, seed: UInt64) {
    let sized =
      map.width == mask.width && map.height == mask.height
      ? map : map.resized(width: mask.width, height: mask.height)
    let values = sized.values.map { Double(max($0, 0)) }
    let total = values.reduce(0, +)
    let selected = mask.pixels.map { $0 >= 128 }
    let count = selected.count { $0 }
    guard total > 0, count > 0, count < selected.count else { return nil }
    energy = zip(values, selected).reduce(0) { $0 + ($1.1 ? $1.0 : 0) } / total
    let ranking = PixelRanking(sized, seed: seed).order
    rankAccuracy = Double(ranking.prefix(count).count { selected[$0] }) / Double(count)
    let (y, x) = ranking[0].quotientAndRemainder(dividingBy: mask.width)
    let reach = Self.tolerance * Double(min(mask.width, mask.height))
    isHit = selected.indices.contains { pixel in
      let (dy, dx) = (Double(pixel / mask.width - y), Double(pixel % mask.width - x))
      return selected[pixel] && dy * dy + dx * dx <= reach * reach
    }
  }

  /// The share of an image that its object covers: the energy of a map that knows nothing.
  public static func area(of mask: Mask) -> Double {
    Double(mask.pixels.count { $0 >= 128 }) / Double(mask.pixels.count)
  }

  /// A Gaussian in the image's middle, of a quarter of each side: what a map gets for nothing where
  /// objects are centred.
  public static func centred(width: Int, height: Int) -> HeatMap {
    func distance(_ place: Int, _ count: Int) -> Float {
      (Float(place) + 0.5 - Float(count) / 2) / (Float(count) / 4)
    }
    return HeatMap(
      width: width, height: height,
      values: (0..<width * height).map { pixel in
        let (dy, dx) = (distance(pixel / width, height), distance(pixel % width, width))
        return ElementaryFunctions.exp(-(dy * dy + dx * dx) / 2)
      })
  }
}
