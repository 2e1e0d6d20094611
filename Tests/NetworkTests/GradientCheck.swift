// SPDX-License-Identifier: Apache-2.0
import Kernels
import Network
import TestSupport

/// Compares a session's gradients with central differences of L = Σ r · output, r random.
///
/// L is summed in double precision, but the outputs are single: with some hundred outputs of
/// magnitude 1 their rounding moves L by about 2·10⁻⁶, and a difference over 2h = 4·10⁻³ by 5·10⁻⁴;
/// h² adds less. The tolerance is ten times that. Where L has a kink within h, half of h is tried.
struct GradientCheck {
  static let tolerance = 5e-3
  static let step: Float = 4e-3
  /// Elements of each tensor that are looked at.
  static let sampleCount = 8

  let run: NetworkRun
  private let weights: [Float]
  private var input: [Float]
  /// Differences that were left out because L has a kink there (a ReLU, a maximum).
  private(set) var kinkCount = 0
  private(set) var differenceCount = 0
  private(set) var failures: [String] = []

  init?(
    _ graph: Graph, batch: Int = 2, threadCount: Int = 2, inputRange: Range<Float> = -1..<1,
    configure: (inout PlanRequest) -> Void = { _ in }
  ) {
    let run = NetworkRun(graph, batch: batch, threadCount: threadCount) { request in
      request.lossNodes = [graph.output]
      request.wantsInputGradient = true
      configure(&request)
    }
    guard let run else { return nil }
    self.run = run
    weights = NetworkRun.drawn("r", count: batch * graph.outputShape.elementCount, -1..<1)
    input = NetworkRun.drawn("x", count: batch * graph.inputShape.elementCount, inputRange)
  }

  /// L, with the inputs and the parameters as they are.
  private func loss() -> Double {
    run.session.input.fill(input)
    run.session.forward(seed: 7)
    return zip(run.session.output.elements, weights).reduce(0) { $0 + Double($1.0) * Double($1.1) }
  }

  /// Compares all gradients, each multiplied by `factor`: anything but 1 must give failures.
  mutating func compare(factor: Float = 1) {
    _ = loss()
    run.session.gradient(of: run.graph.output).fill(weights)
    run.session.backward()
    let inputGradient = run.session.gradient(of: 0).elements
    let gradients = run.session.trainedParameters.map { [Float](run.session.gradient(of: $0)) }
    compare("input", inputGradient.map { $0 * factor }) { check, index, value in
      let old = check.input[index]
      check.input[index] = value ?? old
      return old
    }
    for (parameter, gradient) in zip(run.session.trainedParameters, gradients) {
      let values = run.parameters.values(of: parameter.entry)
      compare(parameter.entry.name, gradient.map { $0 * factor }) { _, index, value in
        let old = values[index]
        values[index] = value ?? old
        return old
      }
    }
  }

  /// - Parameter exchange: gives the value at an index, after setting it to another if there is
  ///   one.
  private mutating func compare(
    _ name: String, _ gradient: [Float],
    exchange: (inout GradientCheck, Int, Float?) -> Float
  ) {
    let scale = Double(gradient.reduce(1) { max($0, abs($1)) })
    let count = min(gradient.count, Self.sampleCount)
    for sample in 0..<count {
      let index = sample * gradient.count / count
      differenceCount += 1
      // A kink that lies within one step may lie outside of a smaller one.
      var slope: Double?
      for step in [Self.step, Self.step / 2] where slope == nil {
        slope = self.slope(
          at: index, step: step, threshold: Self.tolerance / 2 * scale, exchange)
      }
      guard let slope else {
        kinkCount += 1
        continue
      }
      if !(abs(slope - Double(gradient[index])) <= Self.tolerance * scale) {
        failures.append("\(name)[\(index)] is \(gradient[index]), the difference \(slope)")
      }
    }
  }

  /// ∂L/∂(the value at an index) by differences over `step` and half of it; `nil` at a kink.
  private mutating func slope(
    at index: Int, step: Float, threshold: Double,
    _ exchange: (inout GradientCheck, Int, Float?) -> Float
  ) -> Double? {
    let old = exchange(&self, index, nil)
    defer { _ = exchange(&self, index, old) }
    func loss(_ check: inout GradientCheck, _ step: Float) -> Double {
      _ = exchange(&check, index, old + step)
      return check.loss()
    }
    let middle = loss(&self, 0)
    func slopes(_ check: inout GradientCheck, _ step: Float) -> Slopes {
      Slopes(loss(&check, -step), middle, loss(&check, step), step: Double(step))
    }
    let wide = slopes(&self, step)
    let narrow = slopes(&self, step / 2)
    return wide.hasKink(comparedWith: narrow, threshold: threshold) ? nil : narrow.central
  }
}

/// Differences of L on both sides of a point.
private struct Slopes {
  let below: Double
  let above: Double
  var central: Double { (below + above) / 2 }

  init(_ lower: Double, _ middle: Double, _ upper: Double, step: Double) {
    below = (middle - lower) / step
    above = (upper - middle) / step
  }

  /// A smooth function has the same central difference over half the step, and half the difference
  /// of slopes. No place of a kink satisfies both.
  func hasKink(comparedWith half: Slopes, threshold: Double) -> Bool {
    abs(central - half.central) > threshold
      || abs((above - below) - 2 * (half.above - half.below)) > threshold
  }
}
