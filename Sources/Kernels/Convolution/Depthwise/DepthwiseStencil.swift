// SPDX-License-Identifier: Apache-2.0

/// A depthwise convolution, or its adjoint: every channel by itself, a vector of channels at a
/// time.
///
///     y[pixel, c] = φ(b[c] + Σ_tap x[pixel of tap, c] · w[c, tap])
///
/// **Packed weights**: w[tap, c], channels padded with 0 to whole vectors. **Cost**: one load for
/// each multiply-add; with maps that are not in cache, the time to read x and to write y.
struct DepthwiseStencil {
  let geometry: ConvolutionGeometry
  /// Whether ∂L/∂x is computed from ∂L/∂y.
  let isAdjoint: Bool

  private static var rowsPerItem: Int { 4 }

  private var taps: Int { geometry.kernelHeight * geometry.kernelWidth }
  private var channels: Int { geometry.inputChannels }
  private var paddedChannels: Int {
    (channels + Machine.vectorFloats - 1) / Machine.vectorFloats * Machine.vectorFloats
  }

  var packedCount: Int { taps * paddedChannels }

  func pack(_ weights: UnsafePointer<Float>, into packed: UnsafeMutablePointer<Float>) {
    for tap in 0..<taps {
      let row = packed + tap * paddedChannels
      for c in 0..<channels { row[c] = weights[c * taps + tap] }
      for c in channels..<paddedChannels { row[c] = 0 }
    }
  }

  func run(_ operands: ImplicitGEMM.Operands, pool: ThreadPool) {
    let gemm = ImplicitGEMM(geometry: geometry, isAdjoint: isAdjoint)
    for index in 0..<gemm.stencilCount {
      let stencil = gemm.stencil(index)
      let rows = stencil.batch * stencil.rows.outputCount
      pool.forEachRange(of: rows, grain: Self.rowsPerItem) { range, _ in
        for row in range {
          let (n, i) = row.quotientAndRemainder(dividingBy: stencil.rows.outputCount)
          for channel in stride(from: 0, to: channels, by: Machine.vectorFloats) {
            DepthwiseRow(
              stencil: stencil, operands: operands, n: n, i: i, channel: channel,
              kernelWidth: geometry.kernelWidth, weightStride: paddedChannels
            ).run()
          }
        }
      }
    }
  }
}

/// One vector of channels of one row of output pixels.
private struct DepthwiseRow {
  let stencil: Stencil
  let operands: ImplicitGEMM.Operands
  let n: Int
  let i: Int
  let channel: Int
  let kernelWidth: Int
  let weightStride: Int

  func run() {
    let columns = stencil.columns
    // Where all taps of a row are inside: first + j · stride ≥ 0, and the last tap below the width.
    let room =
      columns.sourceSize - columns.sourceOffset - (columns.tapCount - 1) * columns.sourceStep
    let step = columns.sourceStride
    let end = max(0, min(columns.outputCount, (room + step - 1) / step))
    let start = min(end, max(0, (step - 1 - columns.sourceOffset) / step))
    let lanes = min(Machine.vectorFloats, operands.target.channels - channel)
    let epilogue = Epilogue(operands, channel: channel, lanes: lanes)
    let rowTaps = stencil.rows.insideTaps(at: i)
    let y = stencil.rows.outputStart + i * stencil.rows.outputStep
    let target = operands.target.pixel(n, y, columns.outputStart) + channel
    let targetStep = columns.outputStep * operands.target.pixelStride
    var j = 0
    while j < columns.outputCount {
      if j >= start && j + 4 <= end {
        let sums = fourSums(at: j, rowTaps, from: epilogue.bias)
        epilogue.store(sums.0, to: target + j * targetStep)
        epilogue.store(sums.1, to: target + (j + 1) * targetStep)
        epilogue.store(sums.2, to: target + (j + 2) * targetStep)
        epilogue.store(sums.3, to: target + (j + 3) * targetStep)
        j += 4
      } else {
        let sum = sum(at: j, rowTaps, columns.insideTaps(at: j), from: epilogue.bias)
        epilogue.store(sum, to: target + j * targetStep)
        j += 1
      }
    }
  }

  /// The source's channels at the first tap column of output pixel `j`, in the row of tap `a`.
  @inline(__always) private func source(_ a: Int, _ j: Int) -> UnsafePointer<Float> {
    let y = i * stencil.rows.sourceStride + stencil.rows.sourceOffset + a * stencil.rows.sourceStep
    let x = j * stencil.columns.sourceStride + stencil.columns.sourceOffset
    return UnsafePointer(operands.source.pixel(n, y, 0)) + x * operands.source.pixelStride + channel
  }

  /// The weights of tap (a, 0).
  @inline(__always) private func weights(_ a: Int) -> UnsafePointer<Float> {
    let tap =
      (stencil.rows.firstTap + a * stencil.rows.tapStep) * kernelWidth + stencil.columns.firstTap
    return operands.packed + tap * weightStride + channel
  }

  @inline(__always) private func sum(
    at j: Int, _ rowTaps: Range<Int>, _ columnTaps: Range<Int>, from bias: Vector
  ) -> Vector {
    let step = stencil.columns.sourceStep * operands.source.pixelStride
    let weightStep = stencil.columns.tapStep * weightStride
    var sum = bias
    for a in rowTaps {
      let x = source(a, j)
      let w = weights(a)
      for b in columnTaps {
        sum = sum.addingProduct(Vector(at: x + b * step), Vector(at: w + b * weightStep))
      }
    }
    return sum
  }

  /// The sums of pixels j … j + 3, whose taps are all inside the row.
  @inline(__always) private func fourSums(at j: Int, _ rowTaps: Range<Int>, from bias: Vector) -> (
    Vector, Vector, Vector, Vector
  ) {
    let next = stencil.columns.sourceStride * operands.source.pixelStride
    let step = stencil.columns.sourceStep * operands.source.pixelStride
    let weightStep = stencil.columns.tapStep * weightStride
    var (s0, s1, s2, s3) = (bias, bias, bias, bias)
    for a in rowTaps {
      var x = source(a, j)
      var w = weights(a)
      for _ in 0..<stencil.columns.tapCount {
        let weight = Vector(at: w)
        s0 = s0.addingProduct(Vector(at: x), weight)
        s1 = s1.addingProduct(Vector(at: x + next), weight)
        s2 = s2.addingProduct(Vector(at: x + 2 * next), weight)
        s3 = s3.addingProduct(Vector(at: x + 3 * next), weight)
        x += step
        w += weightStep
      }
    }
    return (s0, s1, s2, s3)
  }

  /// What happens to a sum before it is stored.
  private struct Epilogue {
    let bias: Vector
    private let lanes: Int
    private let accumulate: Bool
    private let activation: ActivationFunction?

    init(_ operands: ImplicitGEMM.Operands, channel: Int, lanes: Int) {
      bias = operands.bias.map { Vector(first: lanes, at: $0 + channel) } ?? Vector(repeating: 0)
      self.lanes = lanes
      accumulate = operands.accumulate
      activation = operands.activation
    }

    @inline(__always) func store(_ sum: Vector, to target: UnsafeMutablePointer<Float>) {
      var y = sum
      if accumulate { y += Vector(first: lanes, at: target) }
      switch activation {
      case nil: break
      case .relu: y = y.maximum(Vector(repeating: 0))
      case .relu6: y = y.maximum(Vector(repeating: 0)).minimum(Vector(repeating: 6))
      default: y = activation.value(y)
      }
      if lanes == Machine.vectorFloats {
        y.store(to: target)
      } else {
        y.store(first: lanes, to: target)
      }
    }
  }
}
