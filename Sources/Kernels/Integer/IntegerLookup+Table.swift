// SPDX-License-Identifier: Apache-2.0

extension IntegerLookup {
  /// A function that a table can hold.
  package enum Function: Equatable, Sendable {
    /// The input at another scale: QUANTIZE.
    case rescale
    /// LOGISTIC
    case sigmoid
    case tanh
    /// GELU, exact
    case gelu
    case hardSwish
    case leakyReLU(slope: Float)
    /// min(max(x, lower), upper): RELU, RELU6, RELU_N1_TO_1, RELU_0_TO_1
    case clamp(lower: Float, upper: Float)

    package static let relu = Function.clamp(lower: 0, upper: .infinity)
    package static let relu6 = Function.clamp(lower: 0, upper: 6)
  }

  /// The results for inputs of the bits 0…255, as `Int8` or `UInt8` are spelled in bits: those of
  /// TensorFlow Lite's reference kernels.
  ///
  /// `Input` and `Output` are `Int8` or `UInt8`.
  package static func table<Input: FixedWidthInteger, Output: FixedWidthInteger>(
    for function: Function, input: AffineQuantization, output: AffineQuantization,
    from: Input.Type = Int8.self, to: Output.Type = Int8.self
  ) -> [UInt8] {
    let rule = Rule(function, input: input, output: output)
    return (0..<256).map { bits in
      let q = Int32(Input(truncatingIfNeeded: bits))
      return UInt8(truncatingIfNeeded: Output(clamping: rule.apply(q - input.zeroPoint)))
    }
  }

  /// A function's constants, and how a difference d = q − zeroPoint becomes an output integer that
  /// is not yet clamped to its type.
  private enum Rule {
    /// zeroPoint + R(m · d), with one factor for d ≥ 0 and one for d < 0, clamped
    case linear(FixedPointMultiplier, FixedPointMultiplier, zeroPoint: Int32, ClosedRange<Int32>)
    /// zeroPoint + round(f(scale · d) · inverse)
    case real((Float) -> Float, scale: Float, inverse: Float, zeroPoint: Int32)
    case hardSwish(HardSwishRule)

    init(_ function: Function, input: AffineQuantization, output: AffineQuantization) {
      let everything = Int32.min...Int32.max
      let zeroPoint = output.zeroPoint
      switch function {
      case .rescale:
        let factor = FixedPointMultiplier(Double(input.scale) / Double(output.scale))
        self = .linear(factor, factor, zeroPoint: zeroPoint, everything)
      case .sigmoid:
        self = .real(
          ElementaryFunctions.roundedSigmoid, scale: input.scale, inverse: 1 / output.scale,
          zeroPoint: zeroPoint)
      case .tanh:
        self = .real(
          ElementaryFunctions.roundedTanh, scale: input.scale, inverse: 1 / output.scale,
          zeroPoint: zeroPoint)
      case .gelu:
        self = .real(
          ElementaryFunctions.roundedGELU, scale: input.scale, inverse: 1 / output.scale,
          zeroPoint: zeroPoint)
      case .hardSwish:
        self = .hardSwish(HardSwishRule(input: input, output: output))
      case .leakyReLU(let slope):
        var negative = FixedPointMultiplier(Double(abs(input.scale * slope / output.scale)))
        if slope < 0 { negative.multiplier = -negative.multiplier }
        self = .linear(
          FixedPointMultiplier(Double(input.scale / output.scale)), negative, zeroPoint: zeroPoint,
          everything)
      case .clamp(let lower, let upper):
        func integer(_ bound: Float) -> Int32 {
          // Beyond the range of either type, 512 is as good as any.
          let steps = (bound / output.scale).rounded(.toNearestOrAwayFromZero)
          return steps.isNaN ? zeroPoint : zeroPoint + Int32(max(-512, min(512, steps)))
        }
        let factor = FixedPointMultiplier(Double(input.scale / output.scale))
        self = .linear(factor, factor, zeroPoint: zeroPoint, integer(lower)...integer(upper))
      }
    }

    func apply(_ d: Int32) -> Int32 {
      switch self {
      case .linear(let positive, let negative, let zeroPoint, let range):
        // Of absurd scales the sum may be beyond 32 bits.
        return (zeroPoint &+ (d < 0 ? negative : positive).apply(d)).clamped(to: range)
      case .real(let f, let scale, let inverse, let zeroPoint):
        let rounded = (f(scale * Float(d)) * inverse).rounded(.toNearestOrAwayFromZero)
        return rounded.isNaN ? zeroPoint : Int32(max(-512, min(512, rounded))) + zeroPoint
      case .hardSwish(let rule):
        return rule.apply(d)
      }
    }
  }
}
