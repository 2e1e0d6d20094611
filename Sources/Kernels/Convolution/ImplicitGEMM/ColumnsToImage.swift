// SPDX-License-Identifier: Apache-2.0

/// The gradient of an input with few channels: one matrix product for all taps, whose columns are
/// then added to the pixels that they belong to (col2im).
///
///     P[pixel of ∂L/∂y, (tap, c)] = Σ_o ∂L/∂y[pixel, o] · w[o, tap, c]
///     ∂L/∂x[pixel, c] (+)= Σ P[p, (tap, c)] over the taps and pixels p that read the pixel
///
/// The columns (tap, c) fill vectors where c alone, 3 for an image, would leave most lanes empty. P
/// is computed for a band of the input's rows at a time, in scratch memory that stays in cache.
struct ColumnsToImage {
  let geometry: ConvolutionGeometry

  static func wins(_ geometry: ConvolutionGeometry) -> Bool {
    let taps = geometry.kernelHeight * geometry.kernelWidth
    return geometry.groups == 1 && geometry.inputChannels <= Machine.vectorFloats
      && 2 * padded(taps * geometry.inputChannels) <= taps * padded(geometry.inputChannels)
  }

  private static func padded(_ count: Int) -> Int {
    (count + Machine.vectorFloats - 1) / Machine.vectorFloats * Machine.vectorFloats
  }

  private var taps: Int { geometry.kernelHeight * geometry.kernelWidth }
  private var columns: Int { Self.padded(taps * geometry.inputChannels) }

  /// w[o, (tap, c)], columns padded to whole vectors.
  var layout: PanelLayout { PanelLayout(depth: geometry.outputChannels, columns: columns) }

  func pack(_ weights: UnsafePointer<Float>, into packed: UnsafeMutablePointer<Float>) {
    let layout = layout
    let columnCount = taps * geometry.inputChannels
    for panel in 0..<layout.panelCount {
      let width = layout.width(ofPanel: panel)
      let first = layout.columns(ofPanel: panel).lowerBound
      var row = packed + layout.offset(ofPanel: panel)
      for o in 0..<geometry.outputChannels {
        let weight = weights + o * columnCount
        for j in 0..<width { row[j] = first + j < columnCount ? weight[first + j] : 0 }
        row += width
      }
    }
  }

  /// Rows of P that a band of input rows needs besides one for every `strideHeight` of them.
  private var haloRows: Int {
    ((geometry.kernelHeight - 1) * geometry.dilationHeight + geometry.strideHeight - 1)
      / geometry.strideHeight + 1
  }
  /// Rows of P that fit in a quarter of a megabyte, but at least twice the halo.
  private var productRows: Int {
    min(geometry.outputHeight, max(2 * haloRows, 65_536 / max(1, geometry.outputWidth * columns)))
  }
  private var bandRows: Int { max(1, productRows - haloRows) * geometry.strideHeight }
  private var bandCount: Int { (geometry.inputHeight + bandRows - 1) / bandRows }
  private var workerScratchCount: Int {
    productRows * geometry.outputWidth * columns + 2 * Machine.vectorFloats
  }

  func scratchCount(threadCount: Int) -> Int { threadCount * workerScratchCount }

  func run(
    _ operands: ImplicitGEMM.Operands, scratch: UnsafeMutablePointer<Float>, pool: ThreadPool
  ) {
    let g = geometry
    let reach = (g.kernelHeight - 1) * g.dilationHeight
    pool.forEach(g.batch * bandCount) { item, worker in
      let (n, band) = item.quotientAndRemainder(dividingBy: bandCount)
      let rows = band * bandRows..<min(g.inputHeight, (band + 1) * bandRows)
      // i · stride + a · dilation − padding reaches the band for some a.
      let first = max(0, rows.lowerBound + g.paddingTop - reach + g.strideHeight - 1)
      let start = min(g.outputHeight, first / g.strideHeight)
      let last = (rows.upperBound - 1 + g.paddingTop) / g.strideHeight
      let end = max(start, min(g.outputHeight, last + 1))
      let product = scratch + worker * workerScratchCount
      MatrixMultiply.multiply(
        MatrixMultiply.LeftFactor(
          operands.source.pixel(n, start, 0), rowStride: operands.source.pixelStride),
        rows: (end - start) * g.outputWidth, operands.packed, layout, panels: 0..<layout.panelCount,
        into: product, rowStride: columns)
      add(
        product - start * g.outputWidth * columns, n, rows: rows, into: operands.target,
        accumulate: operands.accumulate)
    }
  }

  /// Adds what belongs to the pixels of `rows`; P[i, j] is at `product` + (i · width + j) ·
  /// columns.
  private func add(
    _ product: UnsafePointer<Float>, _ n: Int, rows: Range<Int>, into target: TensorView<Float>,
    accumulate: Bool
  ) {
    let g = geometry
    for y in rows {
      let (t, phase) = y.quotientAndRemainder(dividingBy: g.strideHeight)
      let axis = StencilAxis.adjoint(
        input: g.inputHeight, output: g.outputHeight, kernel: g.kernelHeight,
        stride: g.strideHeight, dilation: g.dilationHeight, padding: g.paddingTop, phase: phase)
      let inside = axis.insideTaps(at: t)
      for phase in 0..<g.strideWidth {
        let columnAxis = StencilAxis.adjoint(
          input: g.inputWidth, output: g.outputWidth, kernel: g.kernelWidth, stride: g.strideWidth,
          dilation: g.dilationWidth, padding: g.paddingLeft, phase: phase)
        for t in 0..<columnAxis.outputCount {
          let x = columnAxis.outputStart + t * columnAxis.outputStep
          let sum = sum(product, axis, y / g.strideHeight, inside, columnAxis, t)
          let pixel = target.pixel(n, y, x)
          for c in 0..<g.inputChannels { pixel[c] = accumulate ? pixel[c] + sum[c] : sum[c] }
        }
      }
    }
  }

  @inline(__always) private func sum(
    _ product: UnsafePointer<Float>, _ rows: StencilAxis, _ i: Int, _ rowTaps: Range<Int>,
    _ columnAxis: StencilAxis, _ j: Int
  ) -> Vector {
    let width = geometry.outputWidth * columns
    let tapStride = columnAxis.tapStep * geometry.inputChannels
    let first = columnAxis.sourceOffset + j * columnAxis.sourceStride
    let columnTaps = columnAxis.insideTaps(at: j)
    var sum = Vector(repeating: 0)
    for a in rowTaps {
      let source = i * rows.sourceStride + rows.sourceOffset + a * rows.sourceStep
      let kernelRow = rows.firstTap + a * rows.tapStep
      let tap = kernelRow * geometry.kernelWidth + columnAxis.firstTap
      let line = product + source * width + first * columns + tap * geometry.inputChannels
      for b in columnTaps {
        sum += Vector(at: line + b * (columnAxis.sourceStep * columns + tapStride))
      }
    }
    return sum
  }
}
