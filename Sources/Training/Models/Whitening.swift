// SPDX-License-Identifier: Apache-2.0
public import Datasets
public import Network

/// Sets the fixed first layer of a speed-run network from the statistics of its training images:
/// the eigenvectors of the covariance of 2×2 patches over the roots of their eigenvalues, and their
/// negatives (Page, 2018; arXiv:2404.00498, section 3.2).
public enum Whitening {
  /// Makes the outputs of the first convolution uncorrelated and of equal variance on `dataset`.
  ///
  /// - Parameters:
  ///   - node: the convolution, of 24 channels and a 2×2 window over 3 normalised channels.
  ///   - normalization: what the images go through before: multiplier and shift a channel.
  public static func apply(
    to parameters: ParameterStore, node: Int,
    normalization: (multiplier: [Float], shift: [Float]), dataset: Dataset, imageLimit: Int = 5000
  ) {
    let size = 12
    let covariance = patchCovariance(
      dataset, normalization: normalization, imageCount: min(imageLimit, dataset.count))
    let (values, vectors) = SymmetricEigen.decompose(covariance, size: size)
    guard let entry = parameters.entries(of: node).first else { return }
    let weights = parameters.values(of: entry)
    precondition(weights.count == 2 * size * size, "the layer has 24 filters of 12 weights")
    for filter in 0..<size {
      let scale = 1 / (values[filter] + 5e-4).squareRoot()
      for element in 0..<size {
        let weight = Float(vectors[element * size + filter] * scale)
        weights[filter * size + element] = weight
        weights[(size + filter) * size + element] = -weight
      }
    }
  }

  /// The second moments of all 2×2×3 patches, in OHWI order of their elements.
  private static func patchCovariance(
    _ dataset: Dataset, normalization: (multiplier: [Float], shift: [Float]), imageCount: Int
  ) -> [Double] {
    let size = 12
    var sums = [Double](repeating: 0, count: size * size)
    var patch = [Double](repeating: 0, count: size)
    for index in 0..<imageCount {
      dataset.withPixels(at: index) { pixels in
        // Every second position is plenty.
        for y in stride(from: 0, to: dataset.height - 1, by: 2) {
          for x in stride(from: 0, to: dataset.width - 1, by: 2) {
            for element in 0..<size {
              let (row, column, c) = (y + element / 6, x + element / 3 % 2, element % 3)
              let value = Float(pixels[(row * dataset.width + column) * 3 + c]) / 255
              patch[element] = Double(value * normalization.multiplier[c] + normalization.shift[c])
            }
            for i in 0..<size {
              for j in i..<size { sums[i * size + j] += patch[i] * patch[j] }
            }
          }
        }
      }
    }
    let count = Double(imageCount * (dataset.height / 2) * (dataset.width / 2))
    for i in 0..<size {
      for j in i..<size {
        sums[i * size + j] /= count
        sums[j * size + i] = sums[i * size + j]
      }
    }
    return sums
  }
}

/// Eigenvalues and eigenvectors of a small symmetric matrix, by Jacobi's rotations.
enum SymmetricEigen {
  /// `vectors[row · size + column]`: column k belongs to value k. The order is that of the
  /// diagonal.
  static func decompose(
    _ matrix: [Double], size: Int
  ) -> (values: [Double], vectors: [Double]) {
    var a = matrix
    var vectors = [Double](repeating: 0, count: size * size)
    for i in 0..<size { vectors[i * size + i] = 1 }
    // Twelve rows converge to full precision in fewer than ten sweeps.
    for _ in 0..<30 {
      for p in 0..<size - 1 {
        for q in p + 1..<size where abs(a[p * size + q]) > 1e-300 {
          rotate(&a, &vectors, p, q, size)
        }
      }
    }
    return ((0..<size).map { a[$0 * size + $0] }, vectors)
  }

  /// Makes the element (p, q) zero.
  private static func rotate(
    _ a: inout [Double], _ vectors: inout [Double], _ p: Int, _ q: Int, _ size: Int
  ) {
    let theta = (a[q * size + q] - a[p * size + p]) / (2 * a[p * size + q])
    let t = (theta < 0 ? -1 : 1) / (abs(theta) + (theta * theta + 1).squareRoot())
    let c = 1 / (t * t + 1).squareRoot()
    let s = t * c
    for k in 0..<size {
      let (left, right) = (a[k * size + p], a[k * size + q])
      a[k * size + p] = c * left - s * right
      a[k * size + q] = s * left + c * right
    }
    for k in 0..<size {
      let (upper, lower) = (a[p * size + k], a[q * size + k])
      a[p * size + k] = c * upper - s * lower
      a[q * size + k] = s * upper + c * lower
      let (left, right) = (vectors[k * size + p], vectors[k * size + q])
      vectors[k * size + p] = c * left - s * right
      vectors[k * size + q] = s * left + c * right
    }
  }
}
