// SPDX-License-Identifier: Apache-2.0
import Kernels

/// An exponential moving average of all parameters of a session: average ← d · average + (1 − d) ·
/// parameters.
public final class WeightAverage {
  /// The averaged parameters, in a store like the session's own.
  public let average: ParameterStore
  private let session: Session

  /// Starts from the present parameters; `nil` when memory is out.
  public init?(_ session: Session) {
    guard let average = ParameterStore(session.plan.graph) else { return nil }
    self.average = average
    self.session = session
    average.copyParameters(from: session.parameters)
  }

  public func update(decay: Float) {
    ParameterUpdate.exponentialAverage(
      average: average.base, parameters: session.parameters.base, count: average.count,
      decay: decay, pool: session.pool)
  }

  /// Makes the average the session's parameters.
  public func apply() { session.parameters.copyParameters(from: average) }
}
