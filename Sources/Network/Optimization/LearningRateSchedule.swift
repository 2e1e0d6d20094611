// SPDX-License-Identifier: Apache-2.0
import Kernels

/// How the learning rate moves during a run, as a fraction of its peak.
public struct LearningRateSchedule: Equatable, Sendable {
  /// How the rate moves after the warm-up; t is the fraction of the run that is done.
  public enum Shape: Equatable, Sendable {
    case constant
    /// Multiplied by `factor` at each of the given fractions of the run.
    case step(at: [Float], factor: Float)
    /// ½ (1 + cos πt), down to `final`.
    case cosine(final: Float)
    /// From `initial` linearly up to 1 at the fraction `peak`, then linearly down to `final`
    /// (Smith, arXiv:1708.07120).
    case oneCycle(initial: Float, peak: Float, final: Float)
  }

  /// How the rate moves after the warm-up.
  public var shape: Shape
  /// The fraction of the run over which the rate first rises linearly from 0.
  public var warmUp: Float

  /// A schedule of this shape.
  public init(_ shape: Shape, warmUp: Float = 0) {
    self.shape = shape
    self.warmUp = warmUp
  }

  /// The multiplier of the peak learning rate at step `step` of `count`.
  public func multiplier(step: Int, of count: Int) -> Float {
    let progress = Float(step) / Float(max(1, count))
    let rise = warmUp > 0 ? min(1, (Float(step) + 1) / max(1, warmUp * Float(count))) : 1
    return rise * multiplier(progress)
  }

  private func multiplier(_ progress: Float) -> Float {
    switch shape {
    case .constant: 1
    case .step(let fractions, let factor): fractions.reduce(1) { progress >= $1 ? $0 * factor : $0 }
    case .cosine(let final): final + (1 - final) * 0.5 * (1 + Self.cosine(halfTurns: progress))
    case .oneCycle(let initial, let peak, let final):
      progress < peak || peak >= 1
        ? initial + (1 - initial) * progress / peak
        : 1 + (final - 1) * (progress - peak) / (1 - peak)
    }
  }

  /// cos(π · t) for t in 0…1, by its Taylor series around ½: within 2⁻²².
  private static func cosine(halfTurns t: Float) -> Float {
    let x = Double(0.5 - t) * Double.pi
    let square = x * x
    var (term, sum) = (x, x)
    for k in 1...7 {
      term *= -square / Double((2 * k) * (2 * k + 1))
      sum += term
    }
    return Float(sum)
  }
}
