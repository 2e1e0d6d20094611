// SPDX-License-Identifier: Apache-2.0

/// One item of an `ImplicitGEMM`: some pixels of one stencil times some panels of W.
struct ImplicitGEMMBlock {
  var operands: ImplicitGEMM.Operands
  let stencil: Stencil
  let layout: PanelLayout
  let pixels: Range<Int>
  let panels: Range<Int>
  /// Scratch memory: `gatheredRowLimit` rows of X, then of y.
  let gathered: UnsafeMutablePointer<Float>
  let gatheredRowLimit: Int
  let blockDepth: Int
  var sourceChannels = 0..<0
  var firstTargetChannel = 0

  private var gatheredRowStride: Int { blockDepth + 2 * PixelBlock.slack }

  /// The channels of y, counted in the group, that the panels hold.
  private var columns: Range<Int> {
    layout.columns(ofPanel: panels.lowerBound)
      .lowerBound..<layout.columns(ofPanel: panels.upperBound - 1).upperBound
  }

  /// Whether the stencil's pixels are all pixels of y, in order.
  private var writesInPlace: Bool {
    stencil.rows.outputStep == 1 && stencil.columns.outputStep == 1
  }

  /// Columns with those past the last channel, to whole vectors.
  private var paddedColumnCount: Int {
    (columns.count + Machine.vectorFloats - 1) / Machine.vectorFloats * Machine.vectorFloats
  }

  func run() {
    let target = firstTargetChannel + columns.lowerBound
    let bias = operands.bias.map { $0 + target }
    if writesInPlace && columns.count == paddedColumnCount {
      let c = operands.target.pixel(pixels.lowerBound) + target
      let stride = operands.target.pixelStride
      multiply(into: c, rowStride: stride, bias: bias, accumulate: operands.accumulate)
      activate(c, rowStride: stride)
    } else {
      let stride = paddedColumnCount
      let c = gathered + gatheredRowLimit * gatheredRowStride + Machine.vectorFloats
      let paddedBias = c + gatheredRowLimit * stride
      if let bias {
        paddedBias.update(repeating: 0, count: stride)
        paddedBias.update(from: bias, count: columns.count)
      }
      multiply(
        into: c, rowStride: stride, bias: bias.map { _ in UnsafePointer(paddedBias) },
        accumulate: false)
      activate(c, rowStride: stride)
      if writesInPlace && columns.count == operands.target.pixelStride && !operands.accumulate {
        copyNeighbours(c, rowStride: stride)
      } else {
        scatter(c, rowStride: stride)
      }
    }
  }

  /// C = (C or bias or 0) + X · W, block of columns by block of columns.
  private func multiply(
    into c: UnsafeMutablePointer<Float>, rowStride: Int, bias: UnsafePointer<Float>?,
    accumulate: Bool
  ) {
    let depth = layout.depth
    let fused = operands.activation.flatMap { $0.isFusedInMicroKernel ? $0 : nil }
    var start = 0
    repeat {
      let end = min(depth, start + blockDepth)
      multiply(
        start..<end, into: c, rowStride: rowStride,
        adding: accumulate || start > 0 ? .existing : bias.map { .bias($0) } ?? .zero,
        activation: end == depth ? fused : nil)
      start = end
    } while start < depth
  }

  private func multiply(
    _ range: Range<Int>, into c: UnsafeMutablePointer<Float>, rowStride: Int,
    adding addend: MatrixMultiply.Addend, activation: ActivationFunction?
  ) {
    let a = leftFactor(range)
    if let strides = operands.weightStrides { packWeights(range, strides) }
    for panel in panels {
      let skipped = layout.columns(ofPanel: panel).lowerBound - columns.lowerBound
      let width = layout.width(ofPanel: panel)
      let b = weights(ofPanel: panel, range)
      let microKernel = MicroKernel(
        depth: range.count, columns: width, addend: addend.dropping(columns: skipped),
        activation: activation)
      let c = c + skipped
      if width == TwoVectorRow.width {
        microKernel.run(TwoVectorRow.self, a, rows: pixels.count, b, into: c, rowStride: rowStride)
      } else {
        microKernel.run(OneVectorRow.self, a, rows: pixels.count, b, into: c, rowStride: rowStride)
      }
    }
  }

  /// Rows `range` of a panel of W: packed, or packed by `packWeights`.
  private func weights(ofPanel panel: Int, _ range: Range<Int>) -> UnsafePointer<Float> {
    if operands.weightStrides != nil {
      let skipped = layout.columns(ofPanel: panel).lowerBound - columns.lowerBound
      return UnsafePointer(packedWeights + skipped * range.count)
    }
    return operands.packed + layout.offset(ofPanel: panel) + range.lowerBound
      * layout.width(ofPanel: panel)
  }

  private var packedWeights: UnsafeMutablePointer<Float> {
    gathered + gatheredRowLimit * (gatheredRowStride + paddedColumnCount) + paddedColumnCount
      + Machine.vectorFloats
  }

  /// Packs rows `range` of the panels of W from weights that are read where they are, going along
  /// the rows of the weights.
  private func packWeights(_ range: Range<Int>, _ strides: WeightStrides) {
    let step = strides.source == 1 ? range.count : 16
    for start in stride(from: range.lowerBound, to: range.upperBound, by: step) {
      for panel in panels {
        let panelColumns = layout.columns(ofPanel: panel)
        let width = layout.width(ofPanel: panel)
        let skipped = panelColumns.lowerBound - columns.lowerBound
        strides.pack(
          operands.packed + start * strides.source + panelColumns.lowerBound * strides.target,
          depth: min(step, range.upperBound - start), columns: panelColumns.count,
          into: packedWeights + skipped * range.count + (start - range.lowerBound) * width,
          width: width)
      }
    }
  }

  /// Columns `range` of X: gathered, or where they are when a pixel reads just its own.
  private func leftFactor(_ range: Range<Int>) -> MatrixMultiply.LeftFactor {
    let source = operands.source
    if stencil.isPointwise {
      return MatrixMultiply.LeftFactor(
        source.pixel(pixels.lowerBound) + sourceChannels.lowerBound + range.lowerBound,
        rowStride: source.pixelStride)
    }
    PixelBlock(
      stencil: stencil, source: source, firstChannel: sourceChannels.lowerBound,
      channels: sourceChannels.count
    ).gather(pixels: pixels, columns: range, into: gathered, rowStride: gatheredRowStride)
    return MatrixMultiply.LeftFactor(gathered, rowStride: gatheredRowStride)
  }

  /// Applies an activation function that the micro-kernel has not applied.
  private func activate(_ c: UnsafeMutablePointer<Float>, rowStride: Int) {
    guard let activation = operands.activation, !activation.isFusedInMicroKernel else { return }
    Optional(activation).specialize(
      RowActivation(first: c, rows: pixels.count, rowStride: rowStride, count: columns.count))
  }

  /// Copies the rows of `c` to pixels that lie next to each other: the padding that whole vectors
  /// write behind one pixel is overwritten with the next.
  private func copyNeighbours(_ c: UnsafeMutablePointer<Float>, rowStride: Int) {
    let first = operands.target.pixel(pixels.lowerBound)
    let end = pixels.count * columns.count
    for row in 0..<pixels.count {
      let y = row * columns.count
      if y + rowStride <= end {
        for k in stride(from: 0, to: rowStride, by: Machine.vectorFloats) {
          Vector(at: c + row * rowStride + k).store(to: first + y + k)
        }
      } else {
        copyExactly(c + row * rowStride, to: first + y, count: columns.count)
      }
    }
  }

  /// Copies `count` floats, by halves of vectors at the end.
  @inline(__always) private func copyExactly(
    _ source: UnsafePointer<Float>, to target: UnsafeMutablePointer<Float>, count: Int
  ) {
    func copy<Piece: SIMD>(_: Piece.Type, at k: Int) {
      UnsafeMutableRawPointer(target + k).storeBytes(
        of: UnsafeRawPointer(source + k).loadUnaligned(as: Piece.self), as: Piece.self)
    }
    var k = 0
    while k + 16 <= count {
      copy(SIMD16<Float>.self, at: k)
      k += 16
    }
    if count & 8 != 0 {
      copy(SIMD8<Float>.self, at: k)
      k += 8
    }
    if count & 4 != 0 {
      copy(SIMD4<Float>.self, at: k)
      k += 4
    }
    if count & 2 != 0 {
      copy(SIMD2<Float>.self, at: k)
      k += 2
    }
    if count & 1 != 0 { target[k] = source[k] }
  }

  /// Copies the rows of `c` to the stencil's pixels of y, or adds them.
  private func scatter(_ c: UnsafeMutablePointer<Float>, rowStride: Int) {
    let target = operands.target
    var position = stencil.position(of: pixels.lowerBound)
    var row = c
    for _ in pixels {
      let pixel = target.pixel(
        position.n, stencil.rows.outputStart + position.i * stencil.rows.outputStep,
        stencil.columns.outputStart + position.j * stencil.columns.outputStep)
      let y = pixel + firstTargetChannel + columns.lowerBound
      if operands.accumulate {
        VectorLoop.map(row, into: y, count: columns.count, accumulate: true) { $0 }
      } else {
        copyExactly(row, to: y, count: columns.count)
      }
      row += rowStride
      stencil.advance(&position)
    }
  }
}

extension MatrixMultiply.Addend {
  /// The addend of the columns behind the first `count`.
  fileprivate func dropping(columns count: Int) -> Self {
    if case .bias(let bias) = self { .bias(bias + count) } else { self }
  }
}

/// x = φ(x) for some rows in a matrix.
private struct RowActivation: ActivationBody {
  let first: UnsafeMutablePointer<Float>
  let rows: Int
  let rowStride: Int
  let count: Int

  func run(_ function: some VectorFunction) {
    for row in 0..<rows {
      let x = first + row * rowStride
      VectorLoop.map(x, into: x, count: count) { function.value($0) }
    }
  }
}

extension ActivationFunction {
  /// Whether the micro-kernel applies the function while it stores.
  var isFusedInMicroKernel: Bool {
    switch self {
    case .relu, .relu6: true
    case .leakyReLU, .gelu, .sigmoid, .tanh, .hardSwish, .hardTanh: false
    }
  }
}
