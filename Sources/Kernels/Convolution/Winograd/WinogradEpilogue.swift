// SPDX-License-Identifier: Apache-2.0

/// What becomes of the products: y = φ(b + Aᵀ M A), written to a tile of `target` or added to it.
struct WinogradEpilogue {
  let target: TensorView<Float>
  let bias: UnsafePointer<Float>?
  let activation: ActivationFunction?
  let accumulate: Bool

  /// The outputs of one tile, which starts at (`y`, `x`) of image `n`, for the channels of one
  /// vector from `channel`. M[i, j] is at `products` + (i · n + j) · `stride`.
  @inline(__always) func transform<Transform: WinogradTransform>(
    _: Transform.Type, _ products: UnsafePointer<Float>, stride: Int, _ n: Int, _ y: Int, _ x: Int,
    channel: Int, workspace: UnsafeMutablePointer<Float>
  ) {
    let rows = min(Transform.outputs, target.height - y)
    let columns = min(Transform.outputs, target.width - x)
    let lanes = min(Machine.vectorFloats, target.channels - channel)
    let base = target.pixel(n, y, x) + channel
    let rowStride = target.width * target.pixelStride
    let offset =
      if let bias { Vector(first: lanes, at: bias + channel) } else { Vector(repeating: 0) }
    if lanes == Machine.vectorFloats, let bounds {
      Transform.Output.multiplyBothSides(
        products, rowStride: Transform.points * stride, columnStride: stride, workspace: workspace,
        into: ClampingSink(
          base: base, rowStride: rowStride, pixelStride: target.pixelStride, rows: rows,
          columns: columns, offset: offset, lower: Vector(repeating: bounds.lowerBound),
          upper: Vector(repeating: bounds.upperBound), accumulate: accumulate))
    } else {
      let buffer = workspace + Transform.products * Machine.vectorFloats
      Transform.Output.multiplyBothSides(
        products, rowStride: Transform.points * stride, columnStride: stride, workspace: workspace,
        into: StridedMatrixSink(
          base: buffer, rowStride: Transform.outputs * Machine.vectorFloats,
          columnStride: Machine.vectorFloats))
      for i in 0..<rows {
        for j in 0..<columns {
          write(
            Vector(at: buffer + (i * Transform.outputs + j) * Machine.vectorFloats) + offset,
            lanes: lanes, to: base + (i * rowStride + j * target.pixelStride))
        }
      }
    }
  }

  /// The interval that the activation function clamps to, if that is all it does.
  private var bounds: ClosedRange<Float>? {
    switch activation {
    case nil: -.infinity ... .infinity
    case .relu: 0 ... .infinity
    case .relu6: 0...6
    default: nil
    }
  }

  @inline(never) private func write(
    _ sum: Vector, lanes: Int, to pixel: UnsafeMutablePointer<Float>
  ) {
    let total = accumulate ? sum + Vector(first: lanes, at: pixel) : sum
    activation.specialize(PixelWriter(sum: total, lanes: lanes, pixel: pixel))
  }
}

/// y = φ(x) for some channels of one pixel.
private struct PixelWriter: ActivationBody {
  let sum: Vector
  let lanes: Int
  let pixel: UnsafeMutablePointer<Float>

  func run(_ function: some VectorFunction) { function.value(sum).store(first: lanes, to: pixel) }
}

/// The tile of the target under whole vectors, where the activation function does no more than
/// clamp.
private struct ClampingSink: VectorMatrixSink {
  let base: UnsafeMutablePointer<Float>
  let rowStride: Int
  let pixelStride: Int
  /// Pixels of the tile that are in the image.
  let rows: Int
  let columns: Int
  let offset: Vector
  let lower: Vector
  let upper: Vector
  let accumulate: Bool

  @inline(__always) func put(_ row: Int, _ column: Int, _ value: Vector) {
    guard row < rows, column < columns else { return }
    let pixel = base + (row &* rowStride &+ column &* pixelStride)
    let sum = accumulate ? value + Vector(at: pixel) : value + offset
    sum.maximum(lower).minimum(upper).store(to: pixel)
  }
}
