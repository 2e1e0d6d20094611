// SPDX-License-Identifier: Apache-2.0

/// Element-wise non-linearities and their gradients.
package enum Activation {
  /// y = f(x), element by element. `y` may be `x`.
  ///
  /// **Shapes**: x and y have the same. **Cost**: one read, one write.
  package static func forward(
    _ f: ActivationFunction, _ x: TensorView<Float>, into y: TensorView<Float>, pool: ThreadPool
  ) {
    precondition(x.hasShape(of: y), "an activation keeps the shape")
    Optional(f).specialize(Forward(x: x, y: y, pool: pool))
  }

  /// ∂L/∂x = ∂L/∂y · f′(x), or += with `accumulate`. `dx` may be `dy`.
  ///
  /// The output y is enough where `f.hasGradientFromOutput`, else the input x is needed.
  /// **Cost**: two reads, one write; three reads with `accumulate`.
  package static func gradient(
    _ f: ActivationFunction, input: TensorView<Float>?, output: TensorView<Float>?,
    of dy: TensorView<Float>, into dx: TensorView<Float>, accumulate: Bool, pool: ThreadPool
  ) {
    let point: TensorView<Float>? = if f.hasGradientFromOutput { output } else { input }
    guard let point else { preconditionFailure("the gradient needs the tensor f is a function of") }
    precondition(point.hasShape(of: dy) && dx.hasShape(of: dy), "an activation keeps the shape")
    Optional(f).specialize(
      Gradient(point: point, dy: dy, dx: dx, accumulate: accumulate, pool: pool))
  }

  private struct Forward: ActivationBody {
    let x: TensorView<Float>
    let y: TensorView<Float>
    let pool: ThreadPool

    func run(_ function: some VectorFunction) {
      VectorLoop.forEachRun(
        pixels: y.pixelCount, channels: y.channels, isContiguous: x.isContiguous && y.isContiguous,
        pool: pool
      ) { pixel, count in
        VectorLoop.map(x.pixel(pixel), into: y.pixel(pixel), count: count) { function.value($0) }
      }
    }
  }

  private struct Gradient: ActivationBody {
    let point: TensorView<Float>
    let dy: TensorView<Float>
    let dx: TensorView<Float>
    let accumulate: Bool
    let pool: ThreadPool

    func run(_ function: some VectorFunction) {
      VectorLoop.forEachRun(
        pixels: dx.pixelCount, channels: dx.channels,
        isContiguous: point.isContiguous && dy.isContiguous && dx.isContiguous, pool: pool
      ) { pixel, count in
        VectorLoop.map(
          dy.pixel(pixel), point.pixel(pixel), into: dx.pixel(pixel), count: count,
          accumulate: accumulate
        ) { function.gradient($0, at: $1) }
      }
    }
  }
}

extension Activation {
  /// Floats of scratch memory that ``gradientInPlace`` needs.
  package static func scratchCount(channels: Int, pixelCount: Int) -> Int {
    ChannelRows.scratchCount(channels: channels, pixelCount: pixelCount, valuesPerElement: 1)
  }

  /// g ← g · f′(y), and in the same pass b[c] = Σ over pixels of the new g[·, c]: what the backward
  /// pass of y = f(convolution + bias) begins with.
  ///
  /// With `f` nil, g is only read. **Exactness**: sums are taken in single precision over fixed
  /// chunks and combined in double precision. **Cost**: two reads, one write. **Preconditions**:
  /// `f.hasGradientFromOutput`.
  package static func gradientInPlace(
    _ f: ActivationFunction?, output: TensorView<Float>, gradient: TensorView<Float>,
    biasGradient: UnsafeMutablePointer<Float>?, scratch: UnsafeMutablePointer<Float>,
    pool: ThreadPool
  ) {
    precondition(output.hasShape(of: gradient), "an activation keeps the shape")
    precondition(f?.hasGradientFromOutput ?? true, "the gradient needs the input of this function")
    guard let biasGradient else {
      guard let f else { return }
      return Activation.gradient(
        f, input: nil, output: output, of: gradient, into: gradient, accumulate: false, pool: pool)
    }
    f.specialize(
      BiasGradient(
        output: output, gradient: gradient, writesGradient: f != nil, biasGradient: biasGradient,
        scratch: scratch, pool: pool))
  }

  private struct BiasGradient: ActivationBody {
    let output: TensorView<Float>
    let gradient: TensorView<Float>
    let writesGradient: Bool
    let biasGradient: UnsafeMutablePointer<Float>
    let scratch: UnsafeMutablePointer<Float>
    let pool: ThreadPool

    func run(_ function: some VectorFunction) {
      let rows = ChannelRows(
        channels: gradient.channels, pixelCount: gradient.pixelCount,
        isContiguous: gradient.isContiguous && output.isContiguous)
      pool.forEach(rows.chunkCount) { chunk, _ in
        let sums = scratch + chunk * rows.width
        sums.initialize(repeating: 0, count: rows.width)
        rows.forEachRow(ofChunk: chunk) { pixel, count in
          let g = gradient.pixel(pixel)
          if writesGradient {
            add(function, at: output.pixel(pixel), to: g, sums: sums, count: count)
          } else {
            VectorLoop.map(sums, g, into: sums, count: count) { $0 + $1 }
          }
        }
      }
      rows.combine(scratch, valuesPerElement: 1, pool: pool) { channel, totals in
        biasGradient[channel] = Float(totals[0])
      }
    }

    @inline(__always) private func add(
      _ function: some VectorFunction, at y: UnsafePointer<Float>,
      to g: UnsafeMutablePointer<Float>, sums: UnsafeMutablePointer<Float>, count: Int
    ) {
      VectorLoop.forEachVector(of: count) { offset in
        let value = function.gradient(Vector(at: g + offset), at: Vector(at: y + offset))
        value.store(to: g + offset)
        (Vector(at: sums + offset) + value).store(to: sums + offset)
      } rest: { offset, lanes in
        let value = function.gradient(
          Vector(first: lanes, at: g + offset), at: Vector(first: lanes, at: y + offset))
        value.store(first: lanes, to: g + offset)
        (Vector(first: lanes, at: sums + offset) + value).store(first: lanes, to: sums + offset)
      }
    }
  }
}
