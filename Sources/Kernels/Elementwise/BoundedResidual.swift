// SPDX-License-Identifier: Apache-2.0

/// y = clamp(x + r, 0, 1), where r = ε · tanh(f) with a limit ε and r = f without.
///
/// **Shapes**: x, f, y: N×H×W×C. **Cost**: one pass.
package enum BoundedResidual {
  /// The equation in double precision.
  package static func reference(
    image x: TensorView<Double>, residual f: TensorView<Double>, limit: Float?,
    into y: TensorView<Double>
  ) {
    y.forEachIndex { n, i, j, c in
      let r = limit.map { Double($0) * Optional(.tanh).reference(f[n, i, j, c]) } ?? f[n, i, j, c]
      y[n, i, j, c] = min(max(x[n, i, j, c] + r, 0), 1)
    }
  }

  package static func forward(
    image: TensorView<Float>, residual: TensorView<Float>, limit: Float?,
    into output: TensorView<Float>, pool: ThreadPool
  ) {
    pool.forEachRange(of: output.pixelCount, grain: 1024) { pixels, _ in
      for pixel in pixels {
        let (x, f, y) = (image.pixel(pixel), residual.pixel(pixel), output.pixel(pixel))
        for c in 0..<output.channels { y[c] = min(max(x[c] + bounded(f[c], limit), 0), 1) }
      }
    }
  }

  /// ∂L/∂x = ∂L/∂y · [0 ≤ x + r ≤ 1] and ∂L/∂f = ∂L/∂x · ∂r/∂f, where they are wanted, or += with
  /// `accumulate`.
  package static func gradient(
    image: TensorView<Float>, residual: TensorView<Float>, limit: Float?,
    of outputGradient: TensorView<Float>,
    into gradients: (image: TensorView<Float>?, residual: TensorView<Float>?),
    accumulate: (image: Bool, residual: Bool), pool: ThreadPool
  ) {
    pool.forEachRange(of: outputGradient.pixelCount, grain: 1024) { pixels, _ in
      for pixel in pixels {
        let (x, f, dy) = (image.pixel(pixel), residual.pixel(pixel), outputGradient.pixel(pixel))
        let (dx, df) = (gradients.image?.pixel(pixel), gradients.residual?.pixel(pixel))
        for c in 0..<outputGradient.channels {
          let r = bounded(f[c], limit)
          let y = x[c] + r
          let gradient = y >= 0 && y <= 1 ? dy[c] : 0
          if let dx { dx[c] = accumulate.image ? dx[c] + gradient : gradient }
          if let df {
            let slope = limit.map { $0 - r * r / $0 } ?? 1
            df[c] = accumulate.residual ? df[c] + gradient * slope : gradient * slope
          }
        }
      }
    }
  }

  @inline(__always) private static func bounded(_ f: Float, _ limit: Float?) -> Float {
    guard let limit else { return f }
    return limit * ElementaryFunctions.tanh(f)
  }
}
