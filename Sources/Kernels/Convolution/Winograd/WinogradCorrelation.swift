// SPDX-License-Identifier: Apache-2.0

/// target = φ(b + source ⋆ weights): a forward pass, or an input gradient, over tiles.
///
/// V = Bᵀ d B for a block of tiles, M = V · U for each of the n² products, one panel of target
/// channels after another, and Aᵀ M A to the target. Where U is small it is computed first, and
/// each thread takes whole blocks of tiles through all three steps in its own cache. Else V of a
/// larger chunk is computed first, and each thread takes panels of U, which it computes.
struct WinogradCorrelation<Transform: WinogradTransform> {
  let weights: WinogradWeights
  let tiles: WinogradTiles
  let paddingTop: Int
  let paddingLeft: Int
  /// Whether U is computed first, for all panels.
  let sharesWeights: Bool
  /// Tiles whose V is in memory at one time, for each thread or for all.
  let tileGrain: Int
  /// Source channels whose U is in memory at one time.
  let depthGrain: Int

  init(_ geometry: ConvolutionGeometry, _ direction: Convolution.Direction) {
    weights = WinogradWeights(geometry, direction)
    let isForward = direction.isForward
    paddingTop = isForward ? geometry.paddingTop : 2 - geometry.paddingTop
    paddingLeft = isForward ? geometry.paddingLeft : 2 - geometry.paddingLeft
    tiles = WinogradTiles(
      size: Transform.outputs, batch: geometry.batch,
      height: isForward ? geometry.outputHeight : geometry.inputHeight,
      width: isForward ? geometry.outputWidth : geometry.inputWidth)
    let depth = weights.layout.depth
    sharesWeights = Transform.products * weights.layout.count <= 1_200_000
    let tileFloats = Transform.products * (depth + (sharesWeights ? PanelLayout.panelWidth : 0))
    let budget = sharesWeights ? 160_000 : 2_100_000
    let fitting = max(8, budget / max(1, tileFloats) / 8 * 8)
    // At least sixteen blocks where each thread takes its own, if they have a register tile's rows.
    let shares = sharesWeights ? 16 : 1
    tileGrain = min(fitting, max(8, (tiles.count / shares + 7) / 8 * 8))
    depthGrain = sharesWeights ? depth : min(depth, 128)
  }

  private var vector: Int { Machine.vectorFloats }
  private var inputRow: Int { (weights.layout.depth + vector - 1) / vector * vector }
  /// Floats between the products of V; the odd vector keeps them out of each other's cache sets.
  private var inputStride: Int { tileGrain * inputRow + vector }
  /// The same of U and of M.
  private var weightStride: Int { depthGrain * PanelLayout.panelWidth + vector }
  private var productStride: Int { tileGrain * PanelLayout.panelWidth + vector }
  private var inputCount: Int { Transform.products * inputStride }
  private var panelFloats: Int { Transform.products * weightStride }
  private var sharedCount: Int {
    sharesWeights ? weights.layout.panelCount * panelFloats : inputCount
  }
  private var workerWeightCount: Int { sharesWeights ? inputCount : panelFloats }
  private var workerCount: Int {
    workerWeightCount + Transform.products * productStride + Transform.workspaceCount
  }

  func scratchCount(threadCount: Int) -> Int { sharedCount + threadCount * workerCount + vector }

  /// Runs all steps; `accumulate` adds to the target.
  func run(
    _ source: TensorView<Float>, packed: UnsafePointer<Float>, _ epilogue: WinogradEpilogue,
    scratch: UnsafeMutablePointer<Float>, pool: ThreadPool
  ) {
    let shared = scratch.alignedToVector
    let workers = shared + sharedCount
    let workerCount = workerCount
    if sharesWeights {
      pool.forEach(weights.layout.panelCount) { panel, worker in
        transformWeights(
          panel, packed: packed, into: shared, worker: workers + worker * workerCount)
      }
      pool.forEachRange(of: tiles.count, grain: tileGrain) { range, worker in
        let input = workers + worker * workerCount
        transformInput(source, range, into: input, first: range.lowerBound, worker: input)
        for panel in 0..<weights.layout.panelCount {
          multiply(
            panel, range, input: input, shared: shared + panel * panelFloats, packed: packed,
            epilogue, worker: input)
        }
      }
    } else {
      for first in stride(from: 0, to: tiles.count, by: tileGrain) {
        let chunk = first..<min(tiles.count, first + tileGrain)
        pool.forEachRange(of: chunk.count, grain: 4) { range, worker in
          transformInput(
            source, first + range.lowerBound..<first + range.upperBound, into: shared, first: first,
            worker: workers + worker * workerCount)
        }
        pool.forEach(weights.layout.panelCount) { panel, worker in
          multiply(
            panel, chunk, input: shared, shared: nil, packed: packed, epilogue,
            worker: workers + worker * workerCount)
        }
      }
    }
  }

  /// U of `panel` in the memory that all threads read.
  @inline(never) private func transformWeights(
    _ panel: Int, packed: UnsafePointer<Float>, into shared: UnsafeMutablePointer<Float>,
    worker: UnsafeMutablePointer<Float>
  ) {
    weights.transform(
      Transform.self, panel: panel, depths: 0..<weights.layout.depth, from: packed,
      into: shared + panel * panelFloats, stride: weightStride, workspace: worker)
  }

  /// V of the tiles `range`, in memory whose first tile is `first`.
  @inline(never) private func transformInput(
    _ source: TensorView<Float>, _ range: Range<Int>, into input: UnsafeMutablePointer<Float>,
    first: Int, worker: UnsafeMutablePointer<Float>
  ) {
    let workspace = worker + (workerCount - Transform.workspaceCount)
    for tile in range {
      let (n, y, x) = tiles.origin(of: tile)
      let target = input + (tile - first) * inputRow
      for channel in stride(from: 0, to: source.channels, by: Machine.vectorFloats) {
        Transform.transformInput(
          source, n, y - paddingTop, x - paddingLeft, channel: channel, into: target + channel,
          stride: inputStride, workspace: workspace)
      }
    }
  }

  /// M = V · U for the tiles `range` and the target channels of `panel`, and the target from it.
  private func multiply(
    _ panel: Int, _ range: Range<Int>, input: UnsafePointer<Float>, shared: UnsafePointer<Float>?,
    packed: UnsafePointer<Float>, _ epilogue: WinogradEpilogue, worker: UnsafeMutablePointer<Float>
  ) {
    let products = worker + workerWeightCount
    let workspace = worker + (workerCount - Transform.workspaceCount)
    let width = weights.layout.width(ofPanel: panel)
    for depth in stride(from: 0, to: weights.layout.depth, by: depthGrain) {
      let depths = depth..<min(weights.layout.depth, depth + depthGrain)
      if shared == nil {
        weights.transform(
          Transform.self, panel: panel, depths: depths, from: packed, into: worker,
          stride: weightStride, workspace: workspace)
      }
      let matrices = shared ?? UnsafePointer(worker)
      let microKernel = MicroKernel(
        depth: depths.count, columns: width, addend: depth == 0 ? .zero : .existing, activation: nil
      )
      for index in 0..<Transform.products {
        microKernel.run(
          width: width,
          MatrixMultiply.LeftFactor(input + (index * inputStride + depth), rowStride: inputRow),
          rows: range.count, matrices + index * weightStride,
          into: products + index * productStride, rowStride: width)
      }
    }
    let columns = weights.layout.columns(ofPanel: panel)
    for tile in range {
      let (n, y, x) = tiles.origin(of: tile)
      for channel in stride(from: columns.lowerBound, to: columns.upperBound, by: vector) {
        epilogue.transform(
          Transform.self,
          products + ((tile - range.lowerBound) * width + channel - columns.lowerBound),
          stride: productStride, n, y, x, channel: channel, workspace: workspace)
      }
    }
  }
}

extension UnsafeMutablePointer<Float> {
  /// The first address from here on that a vector can be at without crossing a cache line.
  var alignedToVector: Self {
    let bytes = Machine.vectorFloats * MemoryLayout<Float>.stride
    let past = Int(bitPattern: self) % bytes
    return past == 0 ? self : self + (bytes - past) / MemoryLayout<Float>.stride
  }
}
