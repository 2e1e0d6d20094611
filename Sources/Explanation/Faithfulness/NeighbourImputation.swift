// SPDX-License-Identifier: Apache-2.0
package import Kernels
package import Network

/// Fills removed pixels with the noisy weighted mean of their eight neighbours, those that are
/// removed themselves included (Rong et al., arXiv:2202.00449): 1/6 for the four beside it, 1/12
/// for the four at its corners, of those inside the image.
///
/// It is a system of linear equations, symmetric and positive definite as long as one pixel is
/// left; conjugate gradients solve it.
package enum NeighbourImputation {
  private static let offsets: [(down: Int, right: Int, weight: Double)] = [
    (-1, -1, 1.0 / 12), (-1, 0, 1.0 / 6), (-1, 1, 1.0 / 12), (0, -1, 1.0 / 6), (0, 1, 1.0 / 6),
    (1, -1, 1.0 / 12), (1, 0, 1.0 / 6), (1, 1, 1.0 / 12),
  ]

  /// - Parameter noise: the deviation of what is added to each filled number.
  package static func filled(
    _ image: [Float], _ shape: Shape, removed: some Collection<Int>, noise: Float,
    random: inout RandomGenerator
  ) -> [Float] {
    let system = System(shape, removed: Array(removed).sorted())
    var result = image
    for channel in 0..<shape.channels {
      let values = system.solution { Double(image[$0 * shape.channels + channel]) }
      for (unknown, pixel) in system.pixels.enumerated() {
        result[pixel * shape.channels + channel] = Float(values[unknown]) + noise * random.normal()
      }
    }
    return result
  }

  /// (Σ wⱼ) xᵢ − Σ wⱼ xⱼ = 0 for each removed pixel i, j over its neighbours.
  private struct System {
    /// The removed pixels; an unknown's number is its place here.
    let pixels: [Int]
    private var diagonal: [Double] = []
    /// Of each unknown: neighbours that are unknown too, and known ones by their pixel.
    private var unknownNeighbours: [[(Int, Double)]] = []
    private var knownNeighbours: [[(Int, Double)]] = []

    init(_ shape: Shape, removed: [Int]) {
      pixels = removed
      var unknowns = [Int](repeating: -1, count: shape.height * shape.width)
      for (unknown, pixel) in removed.enumerated() { unknowns[pixel] = unknown }
      for pixel in removed {
        var (total, open, known): (Double, [(Int, Double)], [(Int, Double)]) = (0, [], [])
        for (down, right, weight) in NeighbourImputation.offsets {
          let (y, x) = (pixel / shape.width + down, pixel % shape.width + right)
          guard y >= 0, x >= 0, y < shape.height, x < shape.width else { continue }
          total += weight
          let neighbour = y * shape.width + x
          if unknowns[neighbour] >= 0 {
            open.append((unknowns[neighbour], weight))
          } else {
            known.append((neighbour, weight))
          }
        }
        diagonal.append(total)
        unknownNeighbours.append(open)
        knownNeighbours.append(known)
      }
    }

    /// From the values of known pixels; zeros where there are none.
    func solution(_ value: (_ pixel: Int) -> Double) -> [Double] {
      let right = knownNeighbours.map { $0.reduce(0) { $0 + $1.1 * value($1.0) } }
      var x = [Double](repeating: 0, count: right.count)
      var residual = right
      var scaled = zip(residual, diagonal).map { $0 / $1 }
      var direction = scaled
      var energy = Self.dot(residual, scaled)
      let goal = energy * 1e-16
      for _ in 0..<max(10, 4 * right.count) where energy > goal && energy > 0 {
        let image = product(direction)
        let step = energy / Self.dot(direction, image)
        for index in x.indices {
          x[index] += step * direction[index]
          residual[index] -= step * image[index]
          scaled[index] = residual[index] / diagonal[index]
        }
        let next = Self.dot(residual, scaled)
        for index in x.indices {
          direction[index] = scaled[index] + next / energy * direction[index]
        }
        energy = next
      }
      return x
    }

    private func product(_ x: [Double]) -> [Double] {
      x.indices.map { index in
        unknownNeighbours[index].reduce(diagonal[index] * x[index]) { $0 - $1.1 * x[$1.0] }
      }
    }

    private static func dot(_ a: [Double], _ b: [Double]) -> Double {
      var sum = 0.0
      for index in a.indices { sum += a[index] * b[index] }
      return sum
    }
  }
}
