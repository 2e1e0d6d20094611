// SPDX-License-Identifier: Apache-2.0
import CIntrinsics

/// Functions of one quantised tensor as tables of their 256 results.
///
/// A function's rule is evaluated once for each byte, when ``table(for:input:output:from:to:)``
/// makes the table; the kernel is the same for all functions.
package enum IntegerLookup {
  /// The equation for one byte.
  package static func reference(_ table: [UInt8], _ x: Int8) -> Int8 {
    Int8(bitPattern: table[Int(UInt8(bitPattern: x))])
  }

  /// y = table[x], the table being indexed by the bits of x.
  ///
  /// **Shapes**: equal, pixel strides may differ; `y` may be `x`. **Cost**: 64 bytes in a few
  /// cycles where the CPU permutes bytes between registers, else a load for each.
  package static func apply<Input, Output>(
    _ table: UnsafePointer<UInt8>, _ x: TensorView<Input>, into y: TensorView<Output>,
    pool: ThreadPool
  ) {
    precondition(x.hasShape(of: y), "a table keeps the shape")
    precondition(
      MemoryLayout<Input>.size == 1 && MemoryLayout<Output>.size == 1, "a table maps bytes")
    let x: TensorView<UInt8> = x.reinterpreted()
    let y: TensorView<UInt8> = y.reinterpreted()
    VectorLoop.forEachRun(
      pixels: y.pixelCount, channels: y.channels, isContiguous: x.isContiguous && y.isContiguous,
      pool: pool
    ) { pixel, count in ocelli_lookup(table, x.pixel(pixel), y.pixel(pixel), Int64(count)) }
  }
}

extension IntegerLookup {
  /// A function that a table can hold.
  package enum Function: Equatable, Sendable {
    /// The input at another scale: QUANTIZE.
    case rescale
    /// LOGISTIC
    case sigmoid
    /// TANH
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
      case .hardSwish: self = .hardSwish(HardSwishRule(input: input, output: output))
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
      case .hardSwish(let rule): return rule.apply(d)
      }
    }
  }
}

/// x · min(max(x + 3, 0), 6) / 6 of one integer, in the 16-bit arithmetic of TensorFlow Lite's
/// reference kernel HARD_SWISH:
///
///     h = 2⁷ · d,   o = ⌊h · m_o⌉,   r = (clamp(⌊h · m_r⌉) + 2¹⁵) / 2,   y = z_y + ⌊r · o⌉ / 2^e
///
/// h is the input at a finer scale, o it at the output's scale times 2^e, and r the factor in [0,
/// 1) that stands for min(max(x + 3, 0), 6) / 6.
struct HardSwishRule {
  /// A real factor as multiplier · 2^(exponent − 15), the multiplier in 2¹⁴...2¹⁵.
  private struct Factor {
    let multiplier: Int16
    let exponent: Int32

    init(_ real: Float) {
      let fixed = FixedPointMultiplier(Double(real))
      multiplier = Int16(clamping: (Int64(fixed.multiplier) + 0x8000) >> 16)
      exponent = fixed.shift
    }
  }

  private let toOutput: Factor
  private let toUnit: Factor
  private let zeroPoint: Int32

  init(input: AffineQuantization, output: AffineQuantization) {
    let fine = input.scale * 0x1p-7
    toOutput = Factor(fine / output.scale)
    toUnit = Factor(fine / (3 * 0x1p-15))
    zeroPoint = output.zeroPoint
  }

  /// The output integer for the difference `d` of an input from its zero point, in the range of
  /// `Int16`.
  func apply(_ d: Int32) -> Int32 {
    let fine = Int16(truncatingIfNeeded: d << 7)
    let atOutput = Self.roundedHighProduct(fine, toOutput.multiplier)
    var unit = fine
    let exponent = toUnit.exponent
    if exponent > 0 { unit = Self.shiftedLeft(unit, by: exponent - 1) }
    unit = Self.roundedHighProduct(unit, toUnit.multiplier)
    if exponent > 0 { unit = Self.shiftedLeft(unit, by: 1) }
    if exponent < 0 { unit = Self.shiftedRight(unit, by: -exponent) }
    let factor = Int16((Int32(unit) + 0x8000) >> 1)
    let product = Int16(Int32(factor) * Int32(atOutput) / 0x8000)
    return Int32(Self.shiftedRight(product, by: -toOutput.exponent)) + zeroPoint
  }

  /// x · y / 2¹⁵, halves up.
  private static func roundedHighProduct(_ x: Int16, _ y: Int16) -> Int16 {
    Int16(clamping: (Int32(x) * Int32(y) + 0x4000) >> 15)
  }

  /// x · 2^count, saturated.
  private static func shiftedLeft(_ x: Int16, by count: Int32) -> Int16 {
    Int16(clamping: Int64(x) << Int64(count))
  }

  /// x / 2^count, halves away from zero.
  private static func shiftedRight(_ x: Int16, by count: Int32) -> Int16 {
    guard count > 0 else { return x }
    let half = (Int64(1) << Int64(count - 1)) - (x < 0 ? 1 : 0)
    return Int16((Int64(x) + half) >> Int64(count))
  }
}
