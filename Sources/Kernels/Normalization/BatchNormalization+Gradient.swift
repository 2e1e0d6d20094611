// SPDX-License-Identifier: Apache-2.0

extension BatchNormalization {
  /// The gradients of ``forwardTraining`` without its activation, for N pixels and x̂ = (x − μ) ·
  /// r, r = 1/√(σ² + ε):
  ///
  ///     ∂L/∂β = Σ ∂L/∂y
  ///     ∂L/∂γ = Σ ∂L/∂y · x̂
  ///     ∂L/∂x = γ · r · (∂L/∂y − ∂L/∂β / N − x̂ · ∂L/∂γ / N), or += with `accumulate`
  ///
  /// `dx` may be `dy`. `scaleGradient` and `offsetGradient` are overwritten. **Cost**: x and dy are
  /// read twice, dx written once.
  package static func gradientTraining(
    _ x: TensorView<Float>, savedMean: UnsafePointer<Float>,
    savedInverseDeviation: UnsafePointer<Float>, scale: UnsafePointer<Float>,
    of dy: TensorView<Float>, into dx: TensorView<Float>, accumulate: Bool,
    scaleGradient: UnsafeMutablePointer<Float>, offsetGradient: UnsafeMutablePointer<Float>,
    scratch: UnsafeMutablePointer<Float>, pool: ThreadPool
  ) {
    precondition(x.hasShape(of: dy) && dx.hasShape(of: dy), "batch normalisation keeps the shape")
    guard x.elementCount > 0 else { return }
    let rows = ChannelRows(
      channels: x.channels, pixelCount: x.pixelCount,
      isContiguous: x.isContiguous && dy.isContiguous && dx.isContiguous)
    let width = rowWidth(channels: x.channels)
    let parameters = GradientRows(
      mean: scratch, factor: scratch + width, offsetMean: scratch + 2 * width,
      scaleMean: scratch + 3 * width)
    let partial = scratch + parameterRows * width
    rows.repeatValues(savedMean, into: parameters.mean)
    sumProducts(x, dy, mean: parameters.mean, rows, into: partial, pool: pool)
    let count = Double(x.pixelCount)
    rows.combine(partial, valuesPerElement: 2, pool: pool) { c, totals in
      let deviation = savedInverseDeviation[c]
      offsetGradient[c] = Float(totals[0])
      scaleGradient[c] = Float(totals[1] * Double(deviation))
      for pixel in 0..<rows.pixelsPerRow {
        let lane = pixel * rows.channels + c
        parameters.factor[lane] = scale[c] * deviation
        parameters.offsetMean[lane] = Float(totals[0] / count)
        parameters.scaleMean[lane] = Float(
          totals[1] * Double(deviation) * Double(deviation) / count)
      }
    }
    pool.forEach(rows.chunkCount) { chunk, _ in
      rows.forEachRow(ofChunk: chunk) { pixel, count in
        parameters.apply(
          x.pixel(pixel), dy.pixel(pixel), into: dx.pixel(pixel), count: count,
          accumulate: accumulate)
      }
    }
  }

  /// What the gradient of one row needs, for each of its elements.
  private struct GradientRows {
    let mean: UnsafeMutablePointer<Float>
    /// γ · r
    let factor: UnsafeMutablePointer<Float>
    /// ∂L/∂β / N
    let offsetMean: UnsafeMutablePointer<Float>
    /// r · ∂L/∂γ / N
    let scaleMean: UnsafeMutablePointer<Float>

    @inline(__always) func apply(
      _ x: UnsafePointer<Float>, _ dy: UnsafePointer<Float>, into dx: UnsafeMutablePointer<Float>,
      count: Int, accumulate: Bool
    ) {
      VectorLoop.forEachVector(of: count) { i in
        let centred = Vector(at: x + i) - Vector(at: mean + i)
        let rest = Vector(at: dy + i) - Vector(at: offsetMean + i)
        let value = (rest - centred * Vector(at: scaleMean + i)) * Vector(at: factor + i)
        (accumulate ? value + Vector(at: dx + i) : value).store(to: dx + i)
      } rest: { i, lanes in
        let centred = Vector(first: lanes, at: x + i) - Vector(first: lanes, at: mean + i)
        let rest = Vector(first: lanes, at: dy + i) - Vector(first: lanes, at: offsetMean + i)
        let value =
          (rest - centred * Vector(first: lanes, at: scaleMean + i))
          * Vector(first: lanes, at: factor + i)
        (accumulate ? value + Vector(first: lanes, at: dx + i) : value)
          .store(first: lanes, to: dx + i)
      }
    }
  }

  /// Chunk by chunk, Σ dy and Σ dy · (x − μ) for each element of a row.
  private static func sumProducts(
    _ x: TensorView<Float>, _ dy: TensorView<Float>, mean: UnsafePointer<Float>,
    _ rows: ChannelRows, into partial: UnsafeMutablePointer<Float>, pool: ThreadPool
  ) {
    pool.forEach(rows.chunkCount) { chunk, _ in
      let sums = partial + 2 * chunk * rows.width
      let products = sums + rows.width
      sums.initialize(repeating: 0, count: 2 * rows.width)
      rows.forEachRow(ofChunk: chunk) { pixel, count in
        let a = x.pixel(pixel)
        let g = dy.pixel(pixel)
        VectorLoop.forEachVector(of: count) { i in
          let gradient = Vector(at: g + i)
          let centred = Vector(at: a + i) - Vector(at: mean + i)
          (Vector(at: sums + i) + gradient).store(to: sums + i)
          (Vector(at: products + i) + gradient * centred).store(to: products + i)
        } rest: { i, lanes in
          let gradient = Vector(first: lanes, at: g + i)
          let centred = Vector(first: lanes, at: a + i) - Vector(first: lanes, at: mean + i)
          (Vector(first: lanes, at: sums + i) + gradient).store(first: lanes, to: sums + i)
          (Vector(first: lanes, at: products + i) + gradient * centred)
            .store(first: lanes, to: products + i)
        }
      }
    }
  }
}
