// SPDX-License-Identifier: Apache-2.0
import Foundation
public import Imaging
public import Kernels
public import Network

/// How much each number of an image matters for a class: methods of gradients that go back to the
/// image.
public final class InputAttribution {
  /// How gradients become a value for each pixel.
  public enum Method: String, CaseIterable, Sendable {
    /// |∂s/∂x| (Simonyan et al., arXiv:1312.6034)
    case saliency
    /// (x − x₀) · ∫ ∂s/∂x along the line from the baseline x₀ to x, which adds up to s(x) − s(x₀)
    /// (Sundararajan et al., arXiv:1703.01365)
    case integratedGradients = "integrated-gradients"
    /// The mean of |∂s/∂x| at noisy copies of the image (Smilkov et al., arXiv:1706.03825)
    case smoothGrad = "smooth-grad"
    /// ∂s/∂x with ReLUs that pass only positive gradients (Springenberg et al.,
    /// arXiv:1412.6806)
    case guidedBackpropagation = "guided-backpropagation"
  }

  /// The method.
  public let method: Method
  /// Points on the line of integrated gradients, by the rule of Gauss and Legendre.
  public var steps = 50
  /// SmoothGrad's noisy copies of an image in [0, 1].
  public var samples = 25
  /// The standard deviation of SmoothGrad's noise.
  public var noise: Float = 0.15
  /// What the noise is drawn from.
  public var seed: UInt64 = 1
  /// Called with the number of images that have run and the total.
  public var progress: ((Int, Int) -> Void)? {
    get { run.progress }
    set { run.progress = newValue }
  }
  private let run: GradientRun

  /// - Parameter model: a classifier in floats, or an enhancer and a classifier composed.
  public init(
    _ model: Model, by method: Method, batch: Int, _ pool: ThreadPool
  ) throws(ExplanationError) {
    self.method = method
    run = try GradientRun(
      model, wantsInputGradient: true, isGuided: method == .guidedBackpropagation, batch: batch,
      pool)
  }

  /// One number for each of the image's.
  /// - Parameter target: a class, `nil` for the predicted one.
  public func values(for image: [Float], class target: Int?) throws(ExplanationError) -> (
    values: [Float], target: Int
  ) {
    let target = try run.target(target, for: image)
    switch method {
    case .saliency: return (meanGradient([image], target) { abs($0) }, target)
    case .guidedBackpropagation: return (meanGradient([image], target) { $0 }, target)
    case .smoothGrad:
      let copies = (0..<samples).map { index in
        var random = RandomGenerator(seed: seed, stream: UInt64(index))
        return image.map { $0 + noise * random.normal() }
      }
      return (meanGradient(copies, target) { abs($0) }, target)
    case .integratedGradients:
      let rule = GaussLegendre(count: steps)
      let points = rule.nodes.map { node in image.map { $0 * Float(node) } }
      let mean = meanGradient(points, target, weights: rule.weights) { $0 }
      return (zip(image, mean).map { $0 * $1 }, target)
    }
  }

  /// The mean of f of the gradient over some points.
  private func meanGradient(
    _ points: [[Float]], _ target: Int, weights: [Double]? = nil, _ f: (Float) -> Float
  ) -> [Float] {
    var sums = [Double](repeating: 0, count: points.first?.count ?? 0)
    run.forEachBatch(of: points.count, { points[$0] }) { numbers in
      run.backward(numbers.map { _ in target })
      for (row, number) in numbers.enumerated() {
        let weight = weights?[number] ?? 1 / Double(points.count)
        for (index, value) in run.inputGradient(of: row).enumerated() {
          sums[index] += weight * Double(f(value))
        }
      }
    }
    return sums.map { Float($0) }
  }

  /// One number a pixel: the sum over the channels of signed values, else the largest.
  public func map(_ values: [Float], height: Int, width: Int) -> HeatMap {
    let channels = values.count / (height * width)
    let isSigned = method == .integratedGradients || method == .guidedBackpropagation
    return HeatMap(
      width: width, height: height,
      values: (0..<height * width).map { pixel in
        let elements = values[pixel * channels..<(pixel + 1) * channels]
        return isSigned ? elements.reduce(0, +) : elements.max() ?? 0
      })
  }
}

/// Nodes and weights of Gauss and Legendre's quadrature over [0, 1].
struct GaussLegendre {
  private(set) var nodes: [Double] = []
  private(set) var weights: [Double] = []

  init(count: Int) {
    for index in 0..<count {
      // Newton's iteration from a guess that is good to 1/count².
      var x = -cos(Double.pi * (Double(index) + 0.75) / (Double(count) + 0.5))
      for _ in 0..<50 {
        let (value, derivative) = Self.polynomial(count, x)
        let change = value / derivative
        x -= change
        if abs(change) < 1e-15 { break }
      }
      let slope = Self.polynomial(count, x).derivative
      nodes.append((1 + x) / 2)
      weights.append(1 / ((1 - x * x) * slope * slope))
    }
  }

  /// Legendre's polynomial of a degree and its derivative.
  private static func polynomial(_ degree: Int, _ x: Double) -> (value: Double, derivative: Double)
  {
    var (last, value) = (1.0, x)
    for n in 1..<max(2, degree) where degree > 1 {
      (last, value) = (value, (Double(2 * n + 1) * x * value - Double(n) * last) / Double(n + 1))
    }
    return (value, Double(degree) * (x * value - last) / (x * x - 1))
  }
}

/// What a class's logit loses when a part of the image is hidden (Zeiler & Fergus,
/// arXiv:1311.2901): each pixel gets the mean over the windows that hide it.
public final class Occlusion {
  /// The side of the square that is hidden, in pixels.
  public var window = 8
  /// How far the square moves at a time, in pixels.
  public var stride = 4
  /// What is put in its place.
  public var baseline: Float = 0
  /// Called with the number of images that have run and the total.
  public var progress: ((Int, Int) -> Void)? {
    get { run.progress }
    set { run.progress = newValue }
  }
  private let run: GradientRun

  /// - Parameters:
  ///   - model: A classifier in floats.
  ///   - batch: Images that run at once.
  public init(_ model: Model, batch: Int, _ pool: ThreadPool) throws(ExplanationError) {
    run = try GradientRun(model, batch: batch, pool)
  }

  /// - Parameter target: a class, `nil` for the predicted one.
  public func map(for image: [Float], class target: Int?) throws(ExplanationError) -> (
    map: HeatMap, target: Int
  ) {
    let shape = run.graph.inputShape
    run.forward([image])
    let scores = run.scores(of: 0)
    let target = try run.target(target)
    let windows = starts(shape.height).flatMap { top in
      starts(shape.width).map { left in (top: top, left: left) }
    }
    var sums = [Double](repeating: 0, count: shape.height * shape.width)
    var counts = sums
    let hidden = run.scores(of: windows.count, class: target) { number in
      var copy = image
      forEachPixel(windows[number], shape) { pixel in
        for c in 0..<shape.channels { copy[pixel * shape.channels + c] = baseline }
      }
      return copy
    }
    for (window, score) in zip(windows, hidden) {
      forEachPixel(window, shape) { pixel in
        sums[pixel] += Double(scores[target] - score)
        counts[pixel] += 1
      }
    }
    let values = zip(sums, counts).map { $1 > 0 ? Float($0 / $1) : 0 }
    return (HeatMap(width: shape.width, height: shape.height, values: values), target)
  }

  /// Where windows start along one axis; the last may reach over the border.
  private func starts(_ size: Int) -> [Int] {
    let count = max(0, size - window + stride - 1) / stride + 1
    return (0..<count).map { $0 * stride }
  }

  private func forEachPixel(_ corner: (top: Int, left: Int), _ shape: Shape, _ body: (Int) -> Void)
  {
    let (top, left) = corner
    for y in top..<min(top + window, shape.height) {
      for x in left..<min(left + window, shape.width) { body(y * shape.width + x) }
    }
  }
}

/// Images moved by at most ε in each number so that a classifier errs: what its gradient can do to
/// it in so small a space.
public final class GradientAttack {
  private let run: GradientRun

  /// - Parameter model: a classifier in floats, or an enhancer and a classifier composed.
  public init(_ model: Model, batch: Int, _ pool: ThreadPool) throws(ExplanationError) {
    run = try GradientRun(model, wantsInputGradient: true, batch: batch, pool)
  }

  /// x + ε · sign(∂L/∂x), L the cross-entropy (Goodfellow et al., arXiv:1412.6572).
  public func fastGradientSign(_ images: [[Float]], labels: [Int], epsilon: Float) -> [[Float]] {
    stepped(images, around: images, labels, epsilon: epsilon, size: epsilon)
  }

  /// Projected gradient descent (Madry et al., arXiv:1706.06083): `steps` such steps of 2.5 ε /
  /// steps from a random place, each brought back to within ε of the image.
  /// - Parameter seed: draws the start; `nil` starts from the image itself.
  public func projectedGradient(
    _ images: [[Float]], labels: [Int], epsilon: Float, steps: Int, seed: UInt64?
  ) -> [[Float]] {
    var result = images
    if let seed {
      for index in images.indices {
        var random = RandomGenerator(seed: seed, stream: UInt64(index))
        result[index] = images[index].map {
          min(max($0 + random.uniform(-epsilon..<epsilon), 0), 1)
        }
      }
    }
    for _ in 0..<steps {
      result = stepped(
        result, around: images, labels, epsilon: epsilon, size: 2.5 * epsilon / Float(steps))
    }
    return result
  }

  private func stepped(
    _ images: [[Float]], around origins: [[Float]], _ labels: [Int], epsilon: Float, size: Float
  ) -> [[Float]] {
    var result: [[Float]] = []
    run.forEachBatch(of: images.count, { images[$0] }) { numbers in
      run.backward(
        numbers.map { number in
          var gradient = ElementaryFunctions.softmax(run.scores(of: number - numbers.lowerBound))
          gradient[labels[number]] -= 1
          return gradient
        })
      for (row, number) in numbers.enumerated() {
        let gradient = run.inputGradient(of: row)
        result.append(
          images[number].indices.map { index in
            let origin = origins[number][index]
            let sign: Float = gradient[index] > 0 ? 1 : gradient[index] < 0 ? -1 : 0
            let moved = images[number][index] + size * sign
            return min(max(min(max(moved, origin - epsilon), origin + epsilon), 0), 1)
          })
      }
    }
    return result
  }
}
