// SPDX-License-Identifier: Apache-2.0
import Foundation
public import Imaging
import Kernels

extension Superpixels {
  /// Felzenszwalb and Huttenlocher's segmentation (2004, doi:10.1023/B:VISI.0000022288.19776.77):
  /// neighbours are joined from the most alike on, unless they differ by more than each part does
  /// within itself, plus `scale` / 255 through its size; then small parts join a neighbour. The
  /// parts are those of scikit-image's `felzenszwalb`, up to the order of equal differences.
  /// - Parameters:
  ///   - scale: larger parts for larger values.
  ///   - sigma: the deviation of the Gaussian by which colours, in sRGB, are smoothed.
  ///   - smallest: pixels that a part has at least.
  public static func felzenszwalb(
    _ image: Image, scale: Double = 1, sigma: Double = 0.8, smallest: Int = 20
  ) -> Superpixels {
    let field = ColorField(image).smoothed(sigma: sigma)
    let edges = neighbourEdges(field)
    var forest = DisjointSets(count: field.colors.count)
    var inner = [Double](repeating: 0, count: field.colors.count)
    for edge in edges {
      let (a, b) = (forest.root(of: edge.first), forest.root(of: edge.second))
      guard a != b else { continue }
      let limit = min(
        inner[a] + scale / 255 / Double(forest.sizes[a]),
        inner[b] + scale / 255 / Double(forest.sizes[b]))
      if edge.difference < limit { inner[forest.join(a, b)] = edge.difference }
    }
    for edge in edges {
      let (a, b) = (forest.root(of: edge.first), forest.root(of: edge.second))
      if a != b, min(forest.sizes[a], forest.sizes[b]) < smallest { _ = forest.join(a, b) }
    }
    return Superpixels(
      width: image.width, height: image.height,
      labels: (0..<field.colors.count).map { forest.root(of: $0) })
  }

  private struct Edge {
    var first: Int
    var second: Int
    var difference: Double
  }

  /// Each pixel and its eight neighbours, once a pair, from the least difference on.
  private static func neighbourEdges(_ field: ColorField) -> [Edge] {
    var edges: [Edge] = []
    for (down, right) in [(0, 1), (1, 0), (1, 1), (1, -1)] {
      for y in 0..<max(0, field.height - down) {
        for x in max(0, -right)..<max(0, -right, min(field.width, field.width - right)) {
          let pixel = y * field.width + x
          let other = (y + down) * field.width + x + right
          edges.append(
            Edge(
              first: pixel, second: other,
              difference: field.squaredDistance(pixel, other).squareRoot()))
        }
      }
    }
    // The order of equal ones is kept.
    return edges.enumerated().sorted {
      ($0.element.difference, $0.offset) < ($1.element.difference, $1.offset)
    }.map(\.element)
  }
}

/// Sets that are joined, each known by its smallest member.
private struct DisjointSets {
  private var parents: [Int]
  /// Of each root.
  private(set) var sizes: [Int]

  init(count: Int) {
    parents = Array(0..<count)
    sizes = [Int](repeating: 1, count: count)
  }

  mutating func root(of member: Int) -> Int {
    var root = member
    while parents[root] != root {
      parents[root] = parents[parents[root]]
      root = parents[root]
    }
    return root
  }

  /// The root of the sets of two roots.
  mutating func join(_ a: Int, _ b: Int) -> Int {
    let (root, other) = (min(a, b), max(a, b))
    parents[other] = root
    sizes[root] += sizes[other]
    return root
  }
}

extension Superpixels {
  /// Quickshift (Vedaldi & Soatto, 2008): each pixel is linked with the nearest of those around it
  /// that lie in a denser place of colour, in CIELAB, and place; the trees are the parts. They are
  /// those of scikit-image's `quickshift`, up to the numbers by chance that break ties.
  /// - Parameters:
  ///   - kernelSize: the deviation of the Gaussian by which density is measured, in pixels; links
  ///     reach three times as far.
  ///   - largestDistance: longer links are cut.
  ///   - ratio: how much colour counts beside place.
  ///   - seed: what breaks ties between equally dense pixels; `nil` to leave them unlinked.
  public static func quickshift(
    _ image: Image, kernelSize: Double = 4, largestDistance: Double = 200, ratio: Double = 0.2,
    seed: UInt64? = 1
  ) -> Superpixels {
    let field = ColorField(image).lab.scaled(by: ratio)
    let reach = Int((3 * kernelSize).rounded(.up))
    var densities = [Double](repeating: 0, count: field.colors.count)
    forEachPair(field, reach) { pixel, _, distance in
      densities[pixel] += exp(-0.5 * distance / (kernelSize * kernelSize))
    }
    if let seed {
      var random = RandomGenerator(seed: seed, stream: 0)
      for pixel in densities.indices { densities[pixel] += 1e-5 * Double(random.normal()) }
    }
    var parents = Array(densities.indices)
    var nearest = [Double](repeating: .infinity, count: densities.count)
    forEachPair(field, reach) { pixel, other, distance in
      if densities[other] > densities[pixel], distance < nearest[pixel] {
        nearest[pixel] = distance
        parents[pixel] = other
      }
    }
    for pixel in parents.indices where nearest[pixel].squareRoot() > largestDistance {
      parents[pixel] = pixel
    }
    return Superpixels(
      width: image.width, height: image.height,
      labels: parents.indices.map { pixel in
        var root = pixel
        while parents[root] != root { root = parents[root] }
        return root
      })
  }

  /// Calls `body` with each pixel, each one around it, and the square of their distance.
  private static func forEachPair(
    _ field: ColorField, _ reach: Int, _ body: (Int, Int, Double) -> Void
  ) {
    for y in 0..<field.height {
      for x in 0..<field.width {
        let pixel = y * field.width + x
        for otherY in max(0, y - reach)..<min(field.height, y + reach + 1) {
          for otherX in max(0, x - reach)..<min(field.width, x + reach + 1) {
            let other = otherY * field.width + otherX
            let place = (y - otherY) * (y - otherY) + (x - otherX) * (x - otherX)
            body(pixel, other, field.squaredDistance(pixel, other) + Double(place))
          }
        }
      }
    }
  }
}
