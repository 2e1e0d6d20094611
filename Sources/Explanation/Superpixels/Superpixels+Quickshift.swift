// SPDX-License-Identifier: Apache-2.0
import Foundation
public import Imaging
import Kernels

extension Superpixels {
  /// Quickshift (Vedaldi & Soatto, 2008): each pixel is linked with the nearest of those around it
  /// that lie in a denser place of colour, in CIELAB, and place; the trees are the parts. They are
  /// those of scikit-image's `quickshift`, up to the numbers by chance that break ties.
  ///
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
