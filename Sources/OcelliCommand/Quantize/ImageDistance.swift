// SPDX-License-Identifier: Apache-2.0
import Datasets
import Foundation
import Kernels
import Network
import Training

/// How near the images are that two enhancers make of the same images.
struct ImageDistance {
  /// Peak signal-to-noise ratio: −10 · log₁₀ of the mean squared difference of values in [0, 1].
  let decibels: Double

  init(_ first: Model, _ second: Model, _ images: Dataset, _ pool: ThreadPool) throws {
    let batch = min(64, images.count)
    var squares = 0.0
    var values = 0
    // A part at a time: the first enhancer's images are kept until the second has made its own.
    for start in stride(from: 0, to: images.count, by: 512) {
      let part = images.subset(Array(start..<min(start + 512, images.count)))
      var made: [[Float]] = []
      try Evaluator(first, pool, batch: min(batch, part.count)).images(for: part) {
        made.append(Array($1))
      }
      try Evaluator(second, pool, batch: min(batch, part.count)).images(for: part) {
        index, floats in
        for (a, b) in zip(made[index], floats) { squares += Double((a - b) * (a - b)) }
        values += floats.count
      }
    }
    decibels = squares == 0 ? .infinity : -10 * log10(squares / Double(values))
  }
}
