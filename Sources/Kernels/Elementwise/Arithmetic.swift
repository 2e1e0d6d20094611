// SPDX-License-Identifier: Apache-2.0

/// What is computed of two numbers a and b.
public enum ArithmeticFunction: Equatable, Sendable {
  /// a + b, a − b and a · b.
  case addition, subtraction, multiplication
  /// a for a ≥ 0, else a · b: PReLU with the slopes b (He et al., arXiv:1502.01852).
  case parametricReLU
}

/// Operations on two tensors, element by element, where extents of 1 are repeated.
package enum Arithmetic {
  package typealias Operation = ArithmeticFunction

  /// The equation in double precision.
  package static func reference(
    _ operation: Operation, _ a: TensorView<Double>, _ b: TensorView<Double>,
    activation: ActivationFunction? = nil, into y: TensorView<Double>
  ) {
    y.forEachIndex { n, i, j, c in
      let left = a.repeated(n, i, j)[a.channels == 1 ? 0 : c]
      let right = b.repeated(n, i, j)[b.channels == 1 ? 0 : c]
      let result =
        switch operation {
        case .addition: left + right
        case .subtraction: left - right
        case .multiplication: left * right
        case .parametricReLU: left < 0 ? left * right : left
        }
      y[n, i, j, c] = activation.reference(result)
    }
  }

  /// y[n,i,j,c] = f(a[n,i,j,c] ∘ b[n,i,j,c]); `activation` nil is the identity.
  ///
  /// **Shapes**: each extent of `a` and `b` is that of `y` or 1. `y` may be an input that has its
  /// shape and stride.
  package static func forward(
    _ operation: Operation, _ a: TensorView<Float>, _ b: TensorView<Float>,
    activation: ActivationFunction? = nil, into y: TensorView<Float>, pool: ThreadPool
  ) { activation.specialize(Forward(operation: operation, a: a, b: b, y: y, pool: pool)) }

  private struct Forward: ActivationBody {
    let operation: Operation
    let a: TensorView<Float>
    let b: TensorView<Float>
    let y: TensorView<Float>
    let pool: ThreadPool

    func run(_ function: some VectorFunction) {
      switch operation {
      case .addition: map { function.value($0 + $1) }
      case .subtraction: map { function.value($0 - $1) }
      case .multiplication: map { function.value($0 * $1) }
      case .parametricReLU:
        map { x, slope in
          function.value(x.replacing(with: x * slope, where: x .< Vector(repeating: 0)))
        }
      }
    }

    @inline(__always) private func map(_ f: (Vector, Vector) -> Vector) {
      BroadcastLoop.forEachRun(a, b, y, pool: pool) { left, right, target, count in
        VectorLoop.forEachVector(of: count) { offset in
          f(left.vector(at: offset), right.vector(at: offset)).store(to: target + offset)
        } rest: { offset, lanes in
          f(left.vector(at: offset), right.vector(at: offset)).store(
            first: lanes, to: target + offset)
        }
      }
    }
  }
}

extension Arithmetic {
  /// ∂L/∂a and ∂L/∂b of ``forward(_:_:_:activation:into:pool:)`` without an activation:
  ///
  ///     add: g, g     subtract: g, −g     multiply: g · b, g · a
  ///     PReLU: g · (a < 0 ? b : 1), a < 0 ? g · a : 0
  ///
  /// each summed over the extents that were repeated; added to where `accumulate` says so, else
  /// overwritten. `nil` where none is wanted.
  package static func gradient(
    _ operation: Operation, _ a: TensorView<Float>, _ b: TensorView<Float>,
    of dy: TensorView<Float>, into gradients: (TensorView<Float>?, TensorView<Float>?),
    accumulate: (Bool, Bool)
  ) {
    for (target, accumulates) in [(gradients.0, accumulate.0), (gradients.1, accumulate.1)]
    where !accumulates {
      guard let target else { continue }
      for pixel in 0..<target.pixelCount {
        target.pixel(pixel).update(repeating: 0, count: target.channels)
      }
    }
    for n in 0..<dy.batch {
      for i in 0..<dy.height {
        for j in 0..<dy.width {
          let g = dy.pixel(n, i, j)
          let (x, y) = (a.repeated(n, i, j), b.repeated(n, i, j))
          let (dx, dz) = (gradients.0?.repeated(n, i, j), gradients.1?.repeated(n, i, j))
          for c in 0..<dy.channels {
            let (k, l) = (a.channels == 1 ? 0 : c, b.channels == 1 ? 0 : c)
            let (left, right) = partials(operation, x[k], y[l])
            if let dx { dx[k] += g[c] * left }
            if let dz { dz[l] += g[c] * right }
          }
        }
      }
    }
  }

  /// ∂f/∂a and ∂f/∂b
  @inline(__always) private static func partials(
    _ operation: Operation, _ a: Float, _ b: Float
  ) -> (Float, Float) {
    switch operation {
    case .addition: (1, 1)
    case .subtraction: (1, -1)
    case .multiplication: (b, a)
    case .parametricReLU: a < 0 ? (b, a) : (1, 0)
    }
  }
}

extension TensorView {
  /// The pixel at a position of a larger tensor, in which extents of 1 are repeated.
  @inline(__always) fileprivate func repeated(_ n: Int, _ y: Int, _ x: Int) -> UnsafeMutablePointer<
    Element
  > { pixel(batch == 1 ? 0 : n, height == 1 ? 0 : y, width == 1 ? 0 : x) }
}

/// The sum of two tensors of one shape, where a residual connection joins: ``Arithmetic`` without
/// repetition.
package enum Addition {
  /// y = f(a + b), element by element; `activation` nil is the identity. `y` may be `a` or `b`.
  ///
  /// The gradient for a and for b is that of f alone. **Cost**: two reads, one write.
  package static func forward(
    _ a: TensorView<Float>, _ b: TensorView<Float>, activation: ActivationFunction?,
    into y: TensorView<Float>, pool: ThreadPool
  ) {
    precondition(a.hasShape(of: y) && b.hasShape(of: y), "an addition has operands of one shape")
    activation.specialize(Forward(a: a, b: b, y: y, pool: pool))
  }

  private struct Forward: ActivationBody {
    let a: TensorView<Float>
    let b: TensorView<Float>
    let y: TensorView<Float>
    let pool: ThreadPool

    func run(_ function: some VectorFunction) {
      VectorLoop.forEachRun(
        pixels: y.pixelCount, channels: y.channels,
        isContiguous: a.isContiguous && b.isContiguous && y.isContiguous, pool: pool
      ) { pixel, count in
        VectorLoop.map(a.pixel(pixel), b.pixel(pixel), into: y.pixel(pixel), count: count) {
          function.value($0 + $1)
        }
      }
    }
  }
}
