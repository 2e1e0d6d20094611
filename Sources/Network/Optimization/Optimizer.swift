// SPDX-License-Identifier: Apache-2.0
import CPlatform
import Kernels

/// A rule by which gradients change parameters.
public enum UpdateRule: Equatable, Sendable {
  /// v ← m · v + g; w ← w − r · v (Nesterov: r · (g + m · v)). Weight decay is added to g.
  case sgd(momentum: Float, nesterov: Bool)
  /// Kingma & Ba, arXiv:1412.6980. Weight decay is added to g.
  case adam(beta1: Float, beta2: Float, epsilon: Float)
  /// Adam whose weight decay shrinks the weights themselves (Loshchilov & Hutter,
  /// arXiv:1711.05101).
  case adamW(beta1: Float, beta2: Float, epsilon: Float)

  /// Values of state a parameter.
  var momentCount: Int {
    switch self {
    case .sgd(let momentum, _): momentum == 0 ? 0 : 1
    case .adam, .adamW: 2
    }
  }
}

/// What a run asks of its optimiser.
public struct OptimizerOptions: Equatable, Sendable {
  /// How gradients change parameters.
  public var rule: UpdateRule
  /// Weight decay of weights; biases and normalisations have none.
  public var weightDecay: Float
  /// Gradients are scaled so that their norm is at most this.
  public var gradientClip: Float?
  /// The learning rate of scales of batch normalisations, in units of that of weights.
  public var scaleRateMultiplier: Float
  /// The same of their offsets.
  public var offsetRateMultiplier: Float

  /// A rule without decay or clipping, unless told.
  public init(
    _ rule: UpdateRule, weightDecay: Float = 0, gradientClip: Float? = nil,
    scaleRateMultiplier: Float = 1, offsetRateMultiplier: Float = 1
  ) {
    self.rule = rule
    self.weightDecay = weightDecay
    self.gradientClip = gradientClip
    self.scaleRateMultiplier = scaleRateMultiplier
    self.offsetRateMultiplier = offsetRateMultiplier
  }
}

extension OptimizerOptions {
  func rateMultiplier(_ role: ParameterRole) -> Float {
    switch role {
    case .scale: scaleRateMultiplier
    case .offset: offsetRateMultiplier
    case .weights, .bias, .slopes, .mean, .variance, .weightScales, .value: 1
    }
  }
}

/// Changes a session's trained parameters by their gradients, and holds the moments that this
/// takes.
public final class Optimizer {
  /// What it was made with.
  public let options: OptimizerOptions
  /// Steps taken.
  public private(set) var stepCount = 0
  private let session: Session
  private let moments: UnsafeMutablePointer<Float>
  private let byteCount: Int
  private let scratch: UnsafeMutablePointer<Float>

  /// - Returns: `nil` when there is no memory for the moments.
  public init?(_ session: Session, _ options: OptimizerOptions) {
    self.options = options
    self.session = session
    let scratchCount = ParameterUpdate.scratchCount(count: session.trainedCount)
    let count = session.trainedCount * options.rule.momentCount + scratchCount
    byteCount = (count + Machine.vectorFloats) * MemoryLayout<Float>.stride
    guard let pages = ocelli_pages_allocate(byteCount) else { return nil }
    moments = pages.bindMemory(to: Float.self, capacity: count + Machine.vectorFloats)
    scratch = moments + session.trainedCount * options.rule.momentCount
  }

  deinit { ocelli_pages_free(moments, byteCount) }

  /// The state, one name and tensor a moment and trained parameter: for checkpoints.
  public var state: [(name: String, values: UnsafeMutableBufferPointer<Float>)] {
    (0..<options.rule.momentCount).flatMap { moment in
      session.trainedParameters.map { parameter in
        (
          parameter.entry.name + (moment == 0 ? "/moment1" : "/moment2"),
          UnsafeMutableBufferPointer(
            start: moments + moment * session.trainedCount + parameter.offset,
            count: parameter.entry.declaration.count)
        )
      }
    }
  }

  /// Continues after `stepCount` steps, once `state` has been filled.
  public func resume(stepCount: Int) { self.stepCount = stepCount }

  /// The Euclidean norm of all gradients. Not finite when any gradient is not.
  public func gradientNorm() -> Float {
    var sum = 0.0
    for parameter in session.trainedParameters {
      let gradient = session.gradient(of: parameter)
      guard let base = gradient.baseAddress else { continue }
      sum += Double(
        ParameterUpdate.sumOfSquares(
          base, count: gradient.count, scratch: scratch, pool: session.pool))
    }
    return Float(sum.squareRoot())
  }

  /// Takes one step, after clipping.
  /// - Parameter norm: what `gradientNorm()` gave for these gradients.
  public func step(learningRate: Float, gradientNorm norm: Float) {
    if let clip = options.gradientClip, norm > clip {
      for parameter in session.trainedParameters {
        let gradient = session.gradient(of: parameter)
        guard let base = gradient.baseAddress else { continue }
        ParameterUpdate.scale(base, count: gradient.count, by: clip / norm, pool: session.pool)
      }
    }
    stepCount += 1
    for parameter in session.trainedParameters { update(parameter, learningRate: learningRate) }
  }

  private func update(_ parameter: Session.TrainedParameter, learningRate: Float) {
    let role = parameter.entry.declaration.role
    guard let values = session.parameters.values(of: parameter.entry).baseAddress,
      let gradients = session.gradient(of: parameter).baseAddress
    else { return }
    let count = parameter.entry.declaration.count
    let first = moments + parameter.offset
    let second = first + session.trainedCount
    let decay = role == .weights ? options.weightDecay : 0
    let rate = learningRate * options.rateMultiplier(role)
    switch options.rule {
    case .sgd(let momentum, let nesterov):
      ParameterUpdate.SGD(
        learningRate: rate, momentum: momentum, nesterov: nesterov, weightDecay: decay
      ).update(
        values, gradients: gradients, velocity: momentum == 0 ? nil : first, count: count,
        pool: session.pool)
    case .adam(let beta1, let beta2, let epsilon), .adamW(let beta1, let beta2, let epsilon):
      let isDecoupled = if case .adamW = options.rule { true } else { false }
      ParameterUpdate.Adam(
        learningRate: rate, beta1: beta1, beta2: beta2, epsilon: epsilon, weightDecay: decay,
        decoupled: isDecoupled
      ).update(
        values, gradients: gradients, firstMoment: first, secondMoment: second, count: count,
        step: stepCount, pool: session.pool)
    }
  }
}

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
