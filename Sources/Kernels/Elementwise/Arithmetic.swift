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

  /// y[n,i,j,c] = f(a[n,i,j,c] ∘ b[n,i,j,c]); `activation` nil is the identity.
  ///
  /// **Shapes**: each extent of `a` and `b` is that of `y` or 1. `y` may be an input that has its
  /// shape and stride.
  package static func forward(
    _ operation: Operation, _ a: TensorView<Float>, _ b: TensorView<Float>,
    activation: ActivationFunction? = nil, into y: TensorView<Float>, pool: ThreadPool
  ) {
    activation.specialize(Forward(operation: operation, a: a, b: b, y: y, pool: pool))
  }

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
          f(left.vector(at: offset), right.vector(at: offset))
            .store(first: lanes, to: target + offset)
        }
      }
    }
  }
}
