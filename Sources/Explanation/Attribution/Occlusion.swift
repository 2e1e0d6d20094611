// SPDX-License-Identifier: Apache-2.0
public import Imaging
public import Kernels
public import Network

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
  public func map(
    for image: [Float], class target: Int?
  ) throws(ExplanationError) -> (map: HeatMap, target: Int) {
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

  private func forEachPixel(
    _ corner: (top: Int, left: Int), _ shape: Shape, _ body: (Int) -> Void
  ) {
    let (top, left) = corner
    for y in top..<min(top + window, shape.height) {
      for x in left..<min(left + window, shape.width) { body(y * shape.width + x) }
    }
  }
}
