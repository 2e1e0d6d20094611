// SPDX-License-Identifier: Apache-2.0

/// The gradient of the weights of a depthwise convolution.
///
///     ∂L/∂w[c, tap] = Σ_{n,i,j} ∂L/∂y[n,i,j,c] · x[n, pixel of (i, j) and tap, c]
///
/// The output rows are cut into parts by the shape alone; the parts' sums are added in order.
/// **Cost**: two loads for each multiply-add.
struct DepthwiseWeightGradient {
  let geometry: ConvolutionGeometry

  private var taps: Int { geometry.kernelHeight * geometry.kernelWidth }
  private var vectors: Int {
    (geometry.inputChannels + Machine.vectorFloats - 1) / Machine.vectorFloats
  }
  private var rowCount: Int { geometry.batch * geometry.outputHeight }
  private var partRows: Int { max(4, (rowCount + 15) / 16) }
  private var partCount: Int { (rowCount + partRows - 1) / partRows }
  /// Floats of one part's sums: [vector of channels, tap, channel of the vector].
  private var partFloats: Int { vectors * taps * Machine.vectorFloats }

  var scratchCount: Int { partCount * partFloats }

  func run(
    input: TensorView<Float>, outputGradient: TensorView<Float>,
    into gradient: UnsafeMutablePointer<Float>, scratch: UnsafeMutablePointer<Float>,
    pool: ThreadPool
  ) {
    let stencil = Stencil(forward: geometry)
    pool.forEach(partCount * vectors) { item, _ in
      let (part, vector) = item.quotientAndRemainder(dividingBy: vectors)
      let rows = part * partRows..<min(rowCount, (part + 1) * partRows)
      let sums = scratch + part * partFloats + vector * taps * Machine.vectorFloats
      for tap in 0..<taps {
        let (a, b) = tap.quotientAndRemainder(dividingBy: geometry.kernelWidth)
        sum(
          input, outputGradient, stencil, a, b, rows: rows, channel: vector * Machine.vectorFloats
        ).store(to: sums + tap * Machine.vectorFloats)
      }
    }
    for c in 0..<geometry.inputChannels {
      let (vector, lane) = c.quotientAndRemainder(dividingBy: Machine.vectorFloats)
      for tap in 0..<taps {
        var total: Float = 0
        for part in 0..<partCount {
          total += scratch[part * partFloats + (vector * taps + tap) * Machine.vectorFloats + lane]
        }
        gradient[c * taps + tap] = total
      }
    }
  }

  /// The sum of tap (a, b) over `rows`, for a vector of channels.
  private func sum(
    _ input: TensorView<Float>, _ outputGradient: TensorView<Float>, _ stencil: Stencil, _ a: Int,
    _ b: Int, rows: Range<Int>, channel: Int
  ) -> Vector {
    let columns = stencil.columns
    let first = columns.sourceOffset + b * columns.sourceStep
    let step = columns.sourceStride
    // Output columns whose tap b is inside: 0 ≤ first + j · step < width.
    let end = max(0, min(columns.outputCount, (columns.sourceSize - first + step - 1) / step))
    let start = min(end, max(0, (step - 1 - first) / step))
    let xStep = step * input.pixelStride
    let dyStep = outputGradient.pixelStride
    let zero = Vector(repeating: 0)
    var (s0, s1, s2, s3) = (zero, zero, zero, zero)
    for row in rows {
      let (n, i) = row.quotientAndRemainder(dividingBy: stencil.rows.outputCount)
      guard stencil.rows.insideTaps(at: i).contains(a) else { continue }
      let y =
        i * stencil.rows.sourceStride + stencil.rows.sourceOffset + a * stencil.rows.sourceStep
      var x =
        UnsafePointer(input.pixel(n, y, 0)) + (first + start * step) * input.pixelStride + channel
      var dy = UnsafePointer(outputGradient.pixel(n, i, start)) + channel
      var j = start
      while j + 4 <= end {
        s0 = s0.addingProduct(Vector(at: x), Vector(at: dy))
        s1 = s1.addingProduct(Vector(at: x + xStep), Vector(at: dy + dyStep))
        s2 = s2.addingProduct(Vector(at: x + 2 * xStep), Vector(at: dy + 2 * dyStep))
        s3 = s3.addingProduct(Vector(at: x + 3 * xStep), Vector(at: dy + 3 * dyStep))
        x += 4 * xStep
        dy += 4 * dyStep
        j += 4
      }
      while j < end {
        s0 = s0.addingProduct(Vector(at: x), Vector(at: dy))
        x += xStep
        dy += dyStep
        j += 1
      }
    }
    return (s0 + s1) + (s2 + s3)
  }
}
