// SPDX-License-Identifier: Apache-2.0
import Kernels

/// An exponential moving average of a session's parameters: average ← d · average + (1 − d) ·
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

  /// average ← d · average + (1 − d) · parameters, of the parameters that are floats.
  public func update(decay: Float) {
    for (target, source) in zip(average.entries, session.parameters.entries)
    where source.declaration.format == .float32 {
      let count = source.declaration.count
      guard let average = average.values(of: target).baseAddress,
        let parameters = session.parameters.values(of: source).baseAddress
      else { continue }
      ParameterUpdate.exponentialAverage(
        average: average, parameters: parameters, count: count, decay: decay, pool: session.pool)
    }
  }

  /// Makes the average the session's parameters.
  public func apply() { session.parameters.copyParameters(from: average) }
}
