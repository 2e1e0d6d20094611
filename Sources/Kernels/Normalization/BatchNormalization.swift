// SPDX-License-Identifier: Apache-2.0

/// Batch normalisation (Ioffe & Szegedy, arXiv:1502.03167), with the conventions of PyTorch:
///
///     y[·,c] = f(γ[c] · (x[·,c] − μ[c]) / √(σ²[c] + ε) + β[c])
///
/// In training μ and σ² are the mean and the (biased) variance over the batch; in inference,
/// running averages of them.
package enum BatchNormalization {
  /// What a trained normalisation has for each channel, and its two constants.
  package struct Parameters {
    /// γ
    package var scale: UnsafePointer<Float>
    /// β
    package var offset: UnsafePointer<Float>
    package var runningMean: UnsafeMutablePointer<Float>
    package var runningVariance: UnsafeMutablePointer<Float>
    package var epsilon: Float
    /// How far the running averages move towards those of a batch, from 0 to 1.
    package var momentum: Float

    package init(
      scale: UnsafePointer<Float>, offset: UnsafePointer<Float>,
      runningMean: UnsafeMutablePointer<Float>, runningVariance: UnsafeMutablePointer<Float>,
      epsilon: Float, momentum: Float
    ) {
      self.scale = scale
      self.offset = offset
      self.runningMean = runningMean
      self.runningVariance = runningVariance
      self.epsilon = epsilon
      self.momentum = momentum
    }
  }

  /// Memory for what the gradient needs of a batch, for each channel.
  package struct Statistics {
    /// μ
    package var mean: UnsafeMutablePointer<Float>
    /// 1 / √(σ² + ε)
    package var inverseDeviation: UnsafeMutablePointer<Float>

    package init(mean: UnsafeMutablePointer<Float>, inverseDeviation: UnsafeMutablePointer<Float>) {
      self.mean = mean
      self.inverseDeviation = inverseDeviation
    }
  }

  /// The mean and the biased variance of each channel in double precision.
  package static func referenceStatistics(_ x: TensorView<Double>) -> (
    mean: [Double], variance: [Double]
  ) {
    let zeros = [Double](repeating: 0, count: x.channels)
    var (mean, variance) = (zeros, zeros)
    let count = Double(x.pixelCount)
    x.forEachIndex { n, i, j, c in mean[c] += x[n, i, j, c] / count }
    x.forEachIndex { n, i, j, c in
      variance[c] += (x[n, i, j, c] - mean[c]) * (x[n, i, j, c] - mean[c]) / count
    }
    return (mean, variance)
  }

  /// The equation in double precision, with the statistics of the batch or any other.
  package static func reference(
    _ x: TensorView<Double>, _ statistics: (mean: [Double], variance: [Double]), scale: [Double],
    offset: [Double], epsilon: Double, activation: ActivationFunction?, into y: TensorView<Double>
  ) {
    x.forEachIndex { n, i, j, c in
      let deviation = (statistics.variance[c] + epsilon).squareRoot()
      let normalised = (x[n, i, j, c] - statistics.mean[c]) / deviation
      y[n, i, j, c] = activation.reference(scale[c] * normalised + offset[c])
    }
  }

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

  /// Normalises by the statistics of the batch, which are `saved`. `y` must not be `x`.
  ///
  /// The running averages move towards those of the batch, that of the variance towards the
  /// unbiased one.
  ///
  /// **Exactness**: sums of x − x₀ and of its square, x₀ the first pixel, in single precision over
  /// fixed chunks, combined in double precision. **Cost**: x is read twice, y written once.
  package static func forwardTraining(
    _ x: TensorView<Float>, _ parameters: Parameters, activation: ActivationFunction?,
    into y: TensorView<Float>, saved: Statistics, scratch: UnsafeMutablePointer<Float>,
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
    let p = parameters
    let count = Double(x.pixelCount)
    rows.combine(partial, valuesPerElement: 2, pool: pool) { c, totals in
      let shift = totals[0] / count
      let mean = Double(x.base[c]) + shift
      let variance = max(0, totals[1] / count - shift * shift)
      let unbiased = variance * count / max(1, count - 1)
      saved.mean[c] = Float(mean)
      saved.inverseDeviation[c] = Float(1 / (variance + Double(p.epsilon)).squareRoot())
      p.runningMean[c] += p.momentum * (Float(mean) - p.runningMean[c])
      p.runningVariance[c] += p.momentum * (Float(unbiased) - p.runningVariance[c])
    }
    let multiplier = scratch
    let shift = scratch + x.channels
    for c in 0..<x.channels {
      multiplier[c] = p.scale[c] * saved.inverseDeviation[c]
      shift[c] = p.offset[c] - saved.mean[c] * multiplier[c]
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
          (Vector(first: lanes, at: squares + i) + difference * difference).store(
            first: lanes, to: squares + i)
        }
      }
    }
  }
}

extension BatchNormalization {
  /// The gradients of ``forwardTraining`` without its activation, for N pixels and x̂ = (x − μ) ·
  /// r, r = 1/√(σ² + ε):
  ///
  ///     ∂L/∂β = Σ ∂L/∂y
  ///     ∂L/∂γ = Σ ∂L/∂y · x̂
  ///     ∂L/∂x = γ · r · (∂L/∂y − ∂L/∂β / N − x̂ · ∂L/∂γ / N), or += with `accumulate`
  ///
  /// `dx` may be `dy`; the `parameterGradients` of `channels` elements each are overwritten.
  /// **Cost**: x and dy are read twice, dx written once.
  package static func gradientTraining(
    _ x: TensorView<Float>, _ saved: Statistics, scale: UnsafePointer<Float>,
    of dy: TensorView<Float>, into dx: TensorView<Float>, accumulate: Bool,
    parameterGradients: (scale: UnsafeMutablePointer<Float>, offset: UnsafeMutablePointer<Float>),
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
    rows.repeatValues(saved.mean, into: parameters.mean)
    sumProducts(x, dy, mean: parameters.mean, rows, into: partial, pool: pool)
    let count = Double(x.pixelCount)
    rows.combine(partial, valuesPerElement: 2, pool: pool) { c, totals in
      let deviation = saved.inverseDeviation[c]
      parameterGradients.offset[c] = Float(totals[0])
      parameterGradients.scale[c] = Float(totals[1] * Double(deviation))
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
        (accumulate ? value + Vector(first: lanes, at: dx + i) : value).store(
          first: lanes, to: dx + i)
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
          (Vector(first: lanes, at: products + i) + gradient * centred).store(
            first: lanes, to: products + i)
        }
      }
    }
  }
}

extension BatchNormalization {
  /// The multiplier γ / √(σ² + ε) and the shift β − μ · multiplier that the whole operation amounts
  /// to in inference.
  package static func fold(
    scale: UnsafePointer<Float>, offset: UnsafePointer<Float>, mean: UnsafePointer<Float>,
    variance: UnsafePointer<Float>, epsilon: Float, channels: Int,
    multiplier: UnsafeMutablePointer<Float>, shift: UnsafeMutablePointer<Float>
  ) {
    for c in 0..<channels {
      let factor = Double(scale[c]) / (Double(variance[c]) + Double(epsilon)).squareRoot()
      multiplier[c] = Float(factor)
      shift[c] = Float(Double(offset[c]) - Double(mean[c]) * factor)
    }
  }

  /// y = f(multiplier · x + shift), with both from ``fold``. `y` may be `x`.
  package static func forwardInference(
    _ x: TensorView<Float>, multiplier: UnsafePointer<Float>, shift: UnsafePointer<Float>,
    activation: ActivationFunction?, into y: TensorView<Float>, pool: ThreadPool
  ) {
    ChannelAffine.forward(
      x, multiplier: multiplier, shift: shift, activation: activation, into: y, pool: pool)
  }

  /// The gradient through a frozen normalisation. `dx` may be `dy`.
  package static func gradientInference(
    of dy: TensorView<Float>, multiplier: UnsafePointer<Float>, into dx: TensorView<Float>,
    accumulate: Bool, pool: ThreadPool
  ) {
    ChannelAffine.gradient(
      of: dy, multiplier: multiplier, into: dx, accumulate: accumulate, pool: pool)
  }
}
