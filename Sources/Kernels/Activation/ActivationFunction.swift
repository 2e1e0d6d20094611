// SPDX-License-Identifier: Apache-2.0

/// An element-wise non-linearity.
public enum ActivationFunction: Equatable, Sendable {
  /// max(x, 0)
  case relu
  /// min(max(x, 0), 6)
  case relu6
  /// x for x ≥ 0, else slope · x
  case leakyReLU(slope: Float)
  /// x · Φ(x), Φ the cumulative normal distribution (Hendrycks & Gimpel, arXiv:1606.08415), by erf,
  /// not by tanh
  case gelu
  /// 1 / (1 + e⁻ˣ)
  case sigmoid
  /// tanh(x)
  case tanh
  /// x · min(max(x + 3, 0), 6) / 6 (Howard et al., arXiv:1905.02244)
  case hardSwish
  /// min(max(x, −1), 1)
  case hardTanh

  /// Whether the output alone determines the derivative, so that the output may overwrite the
  /// input.
  package var hasGradientFromOutput: Bool {
    switch self {
    case .gelu, .hardSwish: false
    case .leakyReLU(let slope): slope > 0
    case .relu, .relu6, .sigmoid, .tanh, .hardTanh: true
    }
  }
}

extension ActivationFunction? {
  /// f(x) in double precision, as defined above; x itself for nil.
  package func reference(_ x: Double) -> Double {
    switch self {
    case nil: x
    case .relu: max(x, 0)
    case .relu6: min(max(x, 0), 6)
    case .leakyReLU(let slope): x >= 0 ? x : Double(slope) * x
    case .gelu: x * 0.5 * (1 + ElementaryFunctions.doubleErf(x / 2.0.squareRoot()))
    case .sigmoid: 1 / (1 + ElementaryFunctions.doubleExp(-x))
    case .tanh: 1 - 2 / (ElementaryFunctions.doubleExp(2 * x) + 1)
    case .hardSwish: x * min(max(x + 3, 0), 6) / 6
    case .hardTanh: min(max(x, -1), 1)
    }
  }
}

/// A function of one variable on vectors, with its derivative: what `ActivationFunction` names.
///
/// Each is a type, so that loops over it are compiled with it inlined.
protocol VectorFunction {
  /// f(x)
  func value(_ x: Vector) -> Vector
  /// gradient · f′(x), from the output y = f(x) where that is enough, else from the input x.
  func gradient(_ gradient: Vector, at point: Vector) -> Vector
}

struct Identity: VectorFunction {
  @inline(__always) func value(_ x: Vector) -> Vector { x }
  @inline(__always) func gradient(_ gradient: Vector, at point: Vector) -> Vector { gradient }
}

/// NaN stays NaN, as everywhere here: comparisons are written so that it falls through.
struct ReLU: VectorFunction {
  @inline(__always) func value(_ x: Vector) -> Vector {
    x.replacing(with: 0, where: x .<= Vector(repeating: 0))
  }
  @inline(__always) func gradient(_ gradient: Vector, at output: Vector) -> Vector {
    gradient.replacing(with: 0, where: output .<= Vector(repeating: 0))
  }
}

/// ReLU6 and the hard tanh.
struct Clamp: VectorFunction {
  let lower: Float
  let upper: Float
  @inline(__always) func value(_ x: Vector) -> Vector {
    x.maximum(Vector(repeating: lower)).minimum(Vector(repeating: upper))
  }
  @inline(__always) func gradient(_ gradient: Vector, at output: Vector) -> Vector {
    let isFlat = (output .<= Vector(repeating: lower)) .| (output .>= Vector(repeating: upper))
    return gradient.replacing(with: 0, where: isFlat)
  }
}

/// The sign of the output is that of the input for a positive slope.
struct LeakyReLU: VectorFunction {
  let slope: Float
  @inline(__always) func value(_ x: Vector) -> Vector {
    x.replacing(with: x * slope, where: x .< Vector(repeating: 0))
  }
  @inline(__always) func gradient(_ gradient: Vector, at point: Vector) -> Vector {
    gradient.replacing(with: gradient * slope, where: point .<= Vector(repeating: 0))
  }
}

/// Φ(x) = (1 + erf(x/√2)) / 2, f = x · Φ, f′ = Φ + x · e^(−x²/2) / √(2π); from the input.
struct GaussianErrorLinear: VectorFunction {
  @inline(__always) private func cumulative(_ x: Vector) -> Vector {
    ElementaryFunctions.erf(x * 0.707_106_77) * 0.5 + 0.5
  }
  @inline(__always) func value(_ x: Vector) -> Vector { x * cumulative(x) }
  @inline(__always) func gradient(_ gradient: Vector, at input: Vector) -> Vector {
    let density = ElementaryFunctions.exp(input * input * -0.5) * 0.398_942_3
    return gradient * (cumulative(input) + input * density)
  }
}

struct Logistic: VectorFunction {
  @inline(__always) func value(_ x: Vector) -> Vector { ElementaryFunctions.sigmoid(x) }
  @inline(__always) func gradient(_ gradient: Vector, at output: Vector) -> Vector {
    gradient * (output * (1 - output))
  }
}

struct HyperbolicTangent: VectorFunction {
  @inline(__always) func value(_ x: Vector) -> Vector { ElementaryFunctions.tanh(x) }
  @inline(__always) func gradient(_ gradient: Vector, at output: Vector) -> Vector {
    gradient * (1 - output * output)
  }
}

/// f′ = (2x + 3) / 6 between −3 and 3, 0 below and 1 above; from the input.
struct HardSwish: VectorFunction {
  @inline(__always) func value(_ x: Vector) -> Vector {
    x * Clamp(lower: 0, upper: 6).value(x + 3) * (1 / 6)
  }
  @inline(__always) func gradient(_ gradient: Vector, at input: Vector) -> Vector {
    let slope = input * (1 / 3) + 0.5
    let inside = slope.replacing(with: 0, where: input .<= Vector(repeating: -3))
    return gradient * inside.replacing(with: 1, where: input .>= Vector(repeating: 3))
  }
}

/// Any of the functions, told apart at each vector.
struct ChosenFunction: VectorFunction {
  let function: ActivationFunction
  @inline(__always) func value(_ x: Vector) -> Vector { Optional(function).value(x) }
  @inline(never) func gradient(_ gradient: Vector, at point: Vector) -> Vector {
    switch function {
    case .relu: ReLU().gradient(gradient, at: point)
    case .relu6: Clamp(lower: 0, upper: 6).gradient(gradient, at: point)
    case .leakyReLU(let slope): LeakyReLU(slope: slope).gradient(gradient, at: point)
    case .gelu: GaussianErrorLinear().gradient(gradient, at: point)
    case .sigmoid: Logistic().gradient(gradient, at: point)
    case .tanh: HyperbolicTangent().gradient(gradient, at: point)
    case .hardSwish: HardSwish().gradient(gradient, at: point)
    case .hardTanh: Clamp(lower: -1, upper: 1).gradient(gradient, at: point)
    }
  }
}

extension ActivationFunction? {
  /// φ(x), for the functions that a kernel's loop has no code of its own for.
  @inline(never) func value(_ x: Vector) -> Vector {
    switch self {
    case nil: x
    case .relu: ReLU().value(x)
    case .relu6: Clamp(lower: 0, upper: 6).value(x)
    case .leakyReLU(let slope): LeakyReLU(slope: slope).value(x)
    case .gelu: GaussianErrorLinear().value(x)
    case .sigmoid: Logistic().value(x)
    case .tanh: HyperbolicTangent().value(x)
    case .hardSwish: HardSwish().value(x)
    case .hardTanh: Clamp(lower: -1, upper: 1).value(x)
    }
  }
}

/// Work that is compiled once for each activation function; for boards, for the common ones.
protocol ActivationBody { func run(_ function: some VectorFunction) }

extension Optional<ActivationFunction> {
  /// Runs `body` with the type that implements this function; with the identity for `nil`.
  @inline(__always) func specialize(_ body: some ActivationBody) {
    switch self {
    case nil: body.run(Identity())
    case .relu: body.run(ReLU())
    case .relu6: body.run(Clamp(lower: 0, upper: 6))
    case .hardTanh: body.run(Clamp(lower: -1, upper: 1))
    case .some(let function) where Machine.isBoard: body.run(ChosenFunction(function: function))
    case .leakyReLU(let slope): body.run(LeakyReLU(slope: slope))
    case .gelu: body.run(GaussianErrorLinear())
    case .sigmoid: body.run(Logistic())
    case .tanh: body.run(HyperbolicTangent())
    case .hardSwish: body.run(HardSwish())
    }
  }
}
