// SPDX-License-Identifier: Apache-2.0

/// Batch normalisation (Ioffe & Szegedy, arXiv:1502.03167), with the conventions of PyTorch:
///
///     y[·,c] = f(γ[c] · (x[·,c] − μ[c]) / √(σ²[c] + ε) + β[c])
///
/// In training μ and σ² are the mean and the (biased) variance over the batch; in inference,
/// running averages of them.
package enum BatchNormalization {
  /// Floats of scratch memory that ``forwardTraining`` and ``gradientTraining`` need.
  package static func scratchCount(channels: Int, pixelCount: Int) -> Int {
    let sums = ChannelRows.scratchCount(
      channels: channels, pixelCount: pixelCount, valuesPerElement: 2)
    return sums + parameterRows * rowWidth(channels: channels)
  }

  /// Rows of parameters, repeated for each pixel of a row, that stand at the start of the scratch
  /// memory.
  static let parameterRows = 4

  static func rowWidth(channels: Int) -> Int {
    ChannelRows(channels: channels, pixelCount: 0, isContiguous: true).width
  }

  /// Normalises by the statistics of the batch. `y` must not be `x`.
  ///
  /// `runningMean` and `runningVariance` move towards the batch's by `momentum`, the latter towards
  /// the unbiased one. `savedMean` and `savedInverseDeviation` are what the gradient needs.
  ///
  /// **Exactness**: sums of x − x₀ and of its square, x₀ the first pixel, in single precision over
  /// fixed chunks, combined in double precision. **Cost**: x is read twice, y written once.
  package static func forwardTraining(
    _ x: TensorView<Float>, scale: UnsafePointer<Float>, offset: UnsafePointer<Float>,
    epsilon: Float, momentum: Float, runningMean: UnsafeMutablePointer<Float>,
    runningVariance: UnsafeMutablePointer<Float>, activation: ActivationFunction?,
    into y: TensorView<Float>, savedMean: UnsafeMutablePointer<Float>,
    savedInverseDeviation: UnsafeMutablePointer<Float>, scratch: UnsafeMutablePointer<Float>,
    pool: ThreadPool
  ) {
    precondition(x.hasShape(of: y), "batch normalisation keeps the shape")
    guard x.elementCount > 0 else { return }
    let rows = ChannelRows(
      channels: x.channels, pixelCount: x.pixelCount, isContiguous: x.isContiguous)
    let origin = scratch
    let partial = scratch + parameterRows * rowWidth(channels: x.channels)
    rows.repeatValues(x.pixel(0), into: origin)
    sumDifferences(x, from: origin, rows, into: partial, pool: pool)
    let count = Double(x.pixelCount)
    rows.combine(partial, valuesPerElement: 2, pool: pool) { c, totals in
      let shift = totals[0] / count
      let mean = Double(x.base[c]) + shift
      let variance = max(0, totals[1] / count - shift * shift)
      let unbiased = variance * count / max(1, count - 1)
      savedMean[c] = Float(mean)
      savedInverseDeviation[c] = Float(1 / (variance + Double(epsilon)).squareRoot())
      runningMean[c] += momentum * (Float(mean) - runningMean[c])
      runningVariance[c] += momentum * (Float(unbiased) - runningVariance[c])
    }
    let multiplier = scratch
    let shift = scratch + x.channels
    for c in 0..<x.channels {
      multiplier[c] = scale[c] * savedInverseDeviation[c]
      shift[c] = offset[c] - savedMean[c] * multiplier[c]
    }
    ChannelAffine.forward(
      x, multiplier: multiplier, shift: shift, activation: activation, into: y, pool: pool)
  }

  /// Chunk by chunk, Σ (x − x₀) and Σ (x − x₀)² for each element of a row.
  private static func sumDifferences(
    _ x: TensorView<Float>, from origin: UnsafePointer<Float>, _ rows: ChannelRows,
    into partial: UnsafeMutablePointer<Float>, pool: ThreadPool
  ) {
    pool.forEach(rows.chunkCount) { chunk, _ in
      let sums = partial + 2 * chunk * rows.width
      let squares = sums + rows.width
      sums.initialize(repeating: 0, count: 2 * rows.width)
      rows.forEachRow(ofChunk: chunk) { pixel, count in
        let source = x.pixel(pixel)
        VectorLoop.forEachVector(of: count) { i in
          let difference = Vector(at: source + i) - Vector(at: origin + i)
          (Vector(at: sums + i) + difference).store(to: sums + i)
          (Vector(at: squares + i) + difference * difference).store(to: squares + i)
        } rest: { i, lanes in
          let difference =
            Vector(first: lanes, at: source + i) - Vector(first: lanes, at: origin + i)
          (Vector(first: lanes, at: sums + i) + difference).store(first: lanes, to: sums + i)
          (Vector(first: lanes, at: squares + i) + difference * difference)
            .store(first: lanes, to: squares + i)
        }
      }
    }
  }
}
