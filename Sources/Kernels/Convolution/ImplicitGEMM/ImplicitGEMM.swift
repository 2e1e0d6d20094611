// SPDX-License-Identifier: Apache-2.0

/// A convolution, or its adjoint, as a matrix product whose left factor is gathered block by block.
///
///     y[pixel m, t] = φ(b[t] + Σ_k X[m,k] · W[k,t]),   k = (tap, source channel)
///
/// Forward there is one stencil, that of the convolution. The adjoint with stride s has s·s of
/// them, one for each phase of the pixels that it writes: each output is computed where it is, by
/// gathering, and never by adding from several sides. **Cost**: the products of taps in the padding
/// are computed too, as products with 0.
struct ImplicitGEMM {
  let geometry: ConvolutionGeometry
  /// Whether the convolution's output is the source and its input is what is computed.
  let isAdjoint: Bool

  /// Pixels in a block, and rows of W that meet it before the next block of columns is gathered:
  /// X's part stays in the second-level cache with the panels of W that it meets.
  private static var blockPixels: Int { 112 }
  private static var blockDepth: Int { 384 }
  private static var chunkPanels: Int { 8 }

  /// Channels of the source that one group reads.
  var sourceChannels: Int { isAdjoint ? geometry.groupOutputChannels : geometry.groupInputChannels }
  /// Channels that one group computes.
  var targetChannels: Int { isAdjoint ? geometry.groupInputChannels : geometry.groupOutputChannels }
  var stencilCount: Int { isAdjoint ? geometry.strideHeight * geometry.strideWidth : 1 }

  func stencil(_ index: Int) -> Stencil {
    let g = geometry
    guard isAdjoint else { return Stencil(forward: g) }
    return Stencil(
      rows: .adjoint(
        input: g.inputHeight, output: g.outputHeight, kernel: g.kernelHeight,
        stride: g.strideHeight, dilation: g.dilationHeight, padding: g.paddingTop,
        phase: index / g.strideWidth),
      columns: .adjoint(
        input: g.inputWidth, output: g.outputWidth, kernel: g.kernelWidth, stride: g.strideWidth,
        dilation: g.dilationWidth, padding: g.paddingLeft, phase: index % g.strideWidth),
      batch: g.batch)
  }

  /// W of one stencil and group.
  func layout(of stencil: Stencil) -> PanelLayout {
    PanelLayout(depth: stencil.tapCount * sourceChannels, columns: targetChannels)
  }

  /// Whether a run reads the weights where they are, and packs what it needs of them in scratch
  /// memory: in dense layers with few rows, whose weights would take longer to pack than to use.
  var readsWeightsInPlace: Bool {
    let g = geometry
    return g.kernelHeight == 1 && g.kernelWidth == 1 && g.groups == 1 && stencilCount == 1
      && g.batch * g.outputHeight * g.outputWidth <= Self.blockPixels && g.weightCount >= 32_768
  }

  /// Every tap belongs to one stencil.
  var packedCount: Int {
    if readsWeightsInPlace { return geometry.weightCount }
    let taps = geometry.kernelHeight * geometry.kernelWidth
    return geometry.groups
      * PanelLayout(depth: taps * sourceChannels, columns: targetChannels).count
  }

  /// Floats that one thread needs: a block of X, and a block of y where its pixels are not
  /// neighbours.
  private var workerScratchCount: Int {
    let row = Self.blockDepth + 2 * PixelBlock.slack
    let result = min(Self.chunkPanels * PanelLayout.panelWidth, targetChannels)
    let vector = Machine.vectorFloats
    let paddedResult = (result + vector - 1) / vector * vector
    let packed = readsWeightsInPlace ? Self.blockDepth * paddedResult : 0
    return Self.blockPixels * (row + paddedResult) + paddedResult + packed + 2 * vector
  }

  func scratchCount(threadCount: Int) -> Int { threadCount * workerScratchCount }

  /// The operands of a run.
  struct Operands {
    var source: TensorView<Float>
    var packed: UnsafePointer<Float>
    var bias: UnsafePointer<Float>?
    var activation: ActivationFunction?
    var target: TensorView<Float>
    var accumulate: Bool
    /// How the weights lie that are read where they are.
    var weightStrides: WeightStrides?
  }

  func run(_ given: Operands, scratch: UnsafeMutablePointer<Float>, pool: ThreadPool) {
    let pixels = (0..<stencilCount).reduce(0) { max($0, stencil($1).pixelCount) }
    guard pixels > 0 && targetChannels > 0 else { return }
    var operands = given
    if !readsWeightsInPlace { operands.weightStrides = nil }
    let tile = MicroKernel.tileRows
    // Blocks are whole tiles, and scratch memory has room for `blockPixels` rows.
    let limit = Self.blockPixels / tile * tile
    let blocks = (pixels + limit - 1) / limit
    let grain = ((pixels + blocks - 1) / blocks + tile - 1) / tile * tile
    let panels = (targetChannels + PanelLayout.panelWidth - 1) / PanelLayout.panelWidth
    let chunk = max(1, min(Self.chunkPanels, panels * blocks * geometry.groups / 16))
    let chunks = (panels + chunk - 1) / chunk
    pool.forEach(blocks * chunks * geometry.groups) { [operands] item, worker in
      let (rest, chunkIndex) = item.quotientAndRemainder(dividingBy: chunks)
      let (group, block) = rest.quotientAndRemainder(dividingBy: blocks)
      var offset = 0
      for index in 0..<stencilCount {
        let stencil = stencil(index)
        let layout = layout(of: stencil)
        let end = min(stencil.pixelCount, (block + 1) * grain)
        if block * grain < end {
          var part = ImplicitGEMMBlock(
            operands: operands, stencil: stencil, layout: layout, pixels: block * grain..<end,
            panels: chunkIndex * chunk..<min(panels, (chunkIndex + 1) * chunk),
            gathered: scratch + worker * workerScratchCount, gatheredRowLimit: Self.blockPixels,
            blockDepth: Self.blockDepth)
          part.operands.packed += geometry.groups * offset + group * layout.count
          part.sourceChannels = group * sourceChannels..<(group + 1) * sourceChannels
          part.firstTargetChannel = group * targetChannels
          part.run()
        }
        offset += layout.count
      }
    }
  }
}

extension Stencil {
  /// The one stencil of a convolution.
  init(forward g: ConvolutionGeometry) {
    self.init(
      rows: .forward(
        input: g.inputHeight, output: g.outputHeight, kernel: g.kernelHeight,
        stride: g.strideHeight, dilation: g.dilationHeight, padding: g.paddingTop),
      columns: .forward(
        input: g.inputWidth, output: g.outputWidth, kernel: g.kernelWidth, stride: g.strideWidth,
        dilation: g.dilationWidth, padding: g.paddingLeft), batch: g.batch)
  }
}

/// How the weights of one group lie in memory: that of target channel t, tap number `tap` of the
/// kernel and source channel c is at t · `target` + `tap` · `tap` + c · `source`.
struct WeightStrides {
  let target: Int
  let tap: Int
  let source: Int

  /// Weights whose first dimension is what is computed.
  static func targetMajor(taps: Int, sourceChannels: Int) -> WeightStrides {
    WeightStrides(target: taps * sourceChannels, tap: sourceChannels, source: 1)
  }

  /// Weights whose first dimension is what is read.
  static func sourceMajor(taps: Int, targetChannels: Int) -> WeightStrides {
    WeightStrides(target: 1, tap: targetChannels, source: taps * targetChannels)
  }

  /// Packs `depth` source channels by `columns` target channels of one tap: row c of the panel,
  /// `width` floats, holds the weights of source channel c, and 0 behind the last column.
  func pack(
    _ weights: UnsafePointer<Float>, depth: Int, columns: Int,
    into panel: UnsafeMutablePointer<Float>, width: Int
  ) {
    var c = 0
    if source == 1 {
      // A cache line of each weight row at a time.
      while c + 16 <= depth {
        packSixteen(weights + c, columns: columns, into: panel + c * width, width: width)
        c += 16
      }
    }
    while c < depth {
      let row = panel + c * width
      let weight = weights + c * source
      if target == 1 && columns == width {
        for t in stride(from: 0, to: width, by: Machine.vectorFloats) {
          Vector(at: weight + t).store(to: row + t)
        }
      } else {
        for t in 0..<columns { row[t] = weight[t * target] }
      }
      for t in columns..<width { row[t] = 0 }
      c += 1
    }
  }

  /// Sixteen neighbouring source channels, by transposing squares of four by four.
  private func packSixteen(
    _ weights: UnsafePointer<Float>, columns: Int, into panel: UnsafeMutablePointer<Float>,
    width: Int
  ) {
    typealias Four = SIMD4<Float>
    func store(_ values: Four, _ c: Int, _ t: Int) {
      UnsafeMutableRawPointer(panel + c * width + t).storeBytes(of: values, as: Four.self)
    }
    for t in stride(from: 0, to: width, by: 4) {
      for c in stride(from: 0, to: 16, by: 4) {
        func load(_ t: Int) -> Four {
          guard t < columns else { return Four(repeating: 0) }
          return UnsafeRawPointer(weights + t * target + c).loadUnaligned(as: Four.self)
        }
        let (p, q, r, s) = (load(t), load(t + 1), load(t + 2), load(t + 3))
        store(Four(p[0], q[0], r[0], s[0]), c, t)
        store(Four(p[1], q[1], r[1], s[1]), c + 1, t)
        store(Four(p[2], q[2], r[2], s[2]), c + 2, t)
        store(Four(p[3], q[3], r[3], s[3]), c + 3, t)
      }
    }
  }
}

extension ImplicitGEMM {
  /// Packs W of every stencil and group in panels, stencil by stencil, group by group.
  func pack(
    _ weights: UnsafePointer<Float>, _ strides: WeightStrides,
    into packed: UnsafeMutablePointer<Float>, pool: ThreadPool
  ) {
    if readsWeightsInPlace {
      packed.update(from: weights, count: geometry.weightCount)
      return
    }
    let groupWeights = geometry.weightCount / max(1, geometry.groups)
    let panels = (targetChannels + PanelLayout.panelWidth - 1) / PanelLayout.panelWidth
    pool.forEach(geometry.groups * panels) { item, _ in
      let (group, panel) = item.quotientAndRemainder(dividingBy: panels)
      var offset = 0
      for index in 0..<stencilCount {
        let stencil = stencil(index)
        let layout = layout(of: stencil)
        pack(
          panel, layout, stencil, weights + group * groupWeights, strides,
          into: packed + geometry.groups * offset + group * layout.count)
        offset += layout.count
      }
    }
  }

  private func pack(
    _ panel: Int, _ layout: PanelLayout, _ stencil: Stencil, _ weights: UnsafePointer<Float>,
    _ strides: WeightStrides, into packed: UnsafeMutablePointer<Float>
  ) {
    let width = layout.width(ofPanel: panel)
    let columns = layout.columns(ofPanel: panel)
    var row = packed + layout.offset(ofPanel: panel)
    for a in 0..<stencil.rows.tapCount {
      for b in 0..<stencil.columns.tapCount {
        let y = stencil.rows.firstTap + a * stencil.rows.tapStep
        let x = stencil.columns.firstTap + b * stencil.columns.tapStep
        let tap = y * geometry.kernelWidth + x
        let first = weights + columns.lowerBound * strides.target + tap * strides.tap
        strides.pack(first, depth: sourceChannels, columns: columns.count, into: row, width: width)
        row += sourceChannels * width
      }
    }
  }
}
