// SPDX-License-Identifier: Apache-2.0
import Imaging

/// One image's output of a layer and the gradient there: pixel by pixel, channels innermost.
struct LayerActivation {
  let height: Int
  let width: Int
  let channels: Int
  let values: [Float]
  let gradients: [Float]
  /// The channels' weights in Score-CAM.
  var scoreWeights: [Float] = []

  private var pixels: Int { height * width }

  /// The map by a method, with what is negative dropped.
  func map(by method: ClassActivationMap.Method) -> HeatMap {
    let result: [Float] =
      switch method {
      case .gradCAM: weighted(by: totals(of: gradients).map { $0 / Float(pixels) })
      case .gradCAMPlusPlus: weighted(by: plusPlusWeights)
      case .hiResCAM: pixelSums { $0 * $1 }
      case .layerCAM: pixelSums { $0 * max($1, 0) }
      case .eigenCAM: firstComponent
      case .scoreCAM: weighted(by: scoreWeights)
      }
    return HeatMap(width: width, height: height, values: result.map { max($0, 0) })
  }

  /// Σₖ f(Aₖᵢ, Gₖᵢ) for each pixel.
  private func pixelSums(_ f: (Float, Float) -> Float) -> [Float] {
    (0..<pixels).map { pixel in
      (pixel * channels..<(pixel + 1) * channels).reduce(Float(0)) {
        $0 + f(values[$1], gradients[$1])
      }
    }
  }

  /// The sum over the pixels for each channel.
  private func totals(of elements: [Float]) -> [Float] {
    var sums = [Float](repeating: 0, count: channels)
    for (index, element) in elements.enumerated() { sums[index % channels] += element }
    return sums
  }

  private func weighted(by weights: [Float]) -> [Float] {
    (0..<pixels).map { pixel in
      (0..<channels).reduce(Float(0)) { $0 + weights[$1] * values[pixel * channels + $1] }
    }
  }

  /// Σᵢ α · max(G, 0) with α = G² / (2 G² + G³ · Σᵢ A), 0 where G is.
  private var plusPlusWeights: [Float] {
    let sums = totals(of: values)
    var weights = [Float](repeating: 0, count: channels)
    for index in values.indices where gradients[index] != 0 {
      let (gradient, channel) = (gradients[index], index % channels)
      let square = gradient * gradient
      let share = square / (2 * square + square * gradient * sums[channel] + 1e-6)
      weights[channel] += share * max(gradient, 0)
    }
    return weights
  }

  /// The pixels along the direction in which their activations vary most.
  private var firstComponent: [Float] {
    let means = totals(of: values).map { $0 / Float(pixels) }
    let centered = values.indices.map { values[$0] - means[$0 % channels] }
    func project(_ direction: [Float]) -> [Float] {
      (0..<pixels).map { pixel in
        (0..<channels).reduce(Float(0)) { $0 + direction[$1] * centered[pixel * channels + $1] }
      }
    }
    // Power iteration on the covariance, from the channel that varies most.
    var direction = [Float](repeating: 0, count: channels)
    for index in centered.indices { direction[index % channels] += abs(centered[index]) }
    for _ in 0..<200 {
      let projection = project(direction)
      var next = [Float](repeating: 0, count: channels)
      for index in centered.indices {
        next[index % channels] += projection[index / channels] * centered[index]
      }
      let norm = next.reduce(Float(0)) { $0 + $1 * $1 }.squareRoot()
      guard norm > 0 else { return [Float](repeating: 0, count: pixels) }
      direction = next.map { $0 / norm }
    }
    let projection = project(direction)
    let totals = weighted(by: [Float](repeating: 1, count: channels))
    let mean = totals.reduce(0, +) / Float(pixels)
    let likeness = zip(projection, totals).reduce(Float(0)) { $0 + $1.0 * ($1.1 - mean) }
    return likeness < 0 ? projection.map { -$0 } : projection
  }

  /// A channel, enlarged with its corners on the image's corners, scaled to [0, 1].
  func mask(ofChannel channel: Int, height targetHeight: Int, width targetWidth: Int) -> [Float] {
    func place(_ target: Int, _ source: Int, _ targetCount: Int) -> (Int, Int, Float) {
      let step = targetCount > 1 ? Float(source - 1) / Float(targetCount - 1) : 0
      let position = Float(target) * step
      let first = min(Int(position), source - 1)
      return (first, min(first + 1, source - 1), position - Float(first))
    }
    var mask: [Float] = []
    mask.reserveCapacity(targetHeight * targetWidth)
    for y in 0..<targetHeight {
      let (top, bottom, down) = place(y, height, targetHeight)
      for x in 0..<targetWidth {
        let (left, right, along) = place(x, width, targetWidth)
        func value(_ row: Int, _ column: Int) -> Float {
          values[(row * width + column) * channels + channel]
        }
        let upper = value(top, left) * (1 - along) + value(top, right) * along
        let lower = value(bottom, left) * (1 - along) + value(bottom, right) * along
        mask.append(upper * (1 - down) + lower * down)
      }
    }
    let (least, most) = (mask.min() ?? 0, mask.max() ?? 0)
    return mask.map { ($0 - least) / (most - least + 1e-8) }
  }
}
