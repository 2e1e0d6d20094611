// SPDX-License-Identifier: Apache-2.0

extension Arithmetic {
  /// ∂L/∂a and ∂L/∂b of ``forward(_:_:_:activation:into:pool:)`` without an activation:
  ///
  ///     add: g, g     subtract: g, −g     multiply: g · b, g · a
  ///     rectify: g · (a < 0 ? b : 1), a < 0 ? g · a : 0
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
  @inline(__always)
  fileprivate func repeated(_ n: Int, _ y: Int, _ x: Int) -> UnsafeMutablePointer<Element> {
    pixel(batch == 1 ? 0 : n, height == 1 ? 0 : y, width == 1 ? 0 : x)
  }
}
