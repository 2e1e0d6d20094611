// SPDX-License-Identifier: Apache-2.0

/// Which source positions an output position reads along one axis.
///
/// Output number t, at position `outputStart` + t · `outputStep`, reads the source at t ·
/// `sourceStride` + `sourceOffset` + q · `sourceStep` for q in 0..<`tapCount`; positions outside of
/// 0..<`sourceSize` are padding, 0. The weight of q is that of kernel position `firstTap` + q ·
/// `tapStep`.
struct StencilAxis {
  var outputStart = 0
  var outputStep = 1
  var outputCount: Int
  var sourceSize: Int
  var sourceStride = 1
  var sourceOffset: Int
  var sourceStep = 1
  var firstTap = 0
  var tapStep = 1
  var tapCount: Int

  /// The axis of an ordinary convolution: y = i · stride + a · dilation − padding.
  static func forward(
    input: Int, output: Int, kernel: Int, stride: Int, dilation: Int, padding: Int
  ) -> StencilAxis {
    StencilAxis(
      outputCount: output, sourceSize: input, sourceStride: stride, sourceOffset: -padding,
      sourceStep: dilation, tapCount: kernel)
  }

  /// The axis of its adjoint, restricted to input positions `phase` + t · stride.
  ///
  /// There (y + padding − a · dilation) / stride = i must be whole, which holds for every (stride /
  /// gcd)-th a from the first on, and each next such a reads a source position dilation / gcd
  /// lower. Taps are taken from the last to the first, so that source positions ascend.
  static func adjoint(
    input: Int, output: Int, kernel: Int, stride: Int, dilation: Int, padding: Int, phase: Int
  ) -> StencilAxis {
    let common = greatestCommonDivisor(stride, dilation)
    let step = stride / common
    let first = (0..<min(step, kernel)).first { (phase + padding - $0 * dilation) % stride == 0 }
    let count = first.map { (kernel - 1 - $0) / step + 1 } ?? 0
    let last = (first ?? 0) + max(0, count - 1) * step
    return StencilAxis(
      outputStart: phase, outputStep: stride,
      outputCount: max(0, (input - phase + stride - 1) / stride), sourceSize: output,
      sourceOffset: (phase + padding - last * dilation) / stride, sourceStep: dilation / common,
      firstTap: last, tapStep: -step, tapCount: count)
  }

  /// The taps whose source position for output number `t` is inside.
  @inline(__always) func insideTaps(at t: Int) -> Range<Int> {
    let start = t * sourceStride + sourceOffset
    if start >= 0 && start + (tapCount - 1) * sourceStep < sourceSize { return 0..<tapCount }
    let lower = start >= 0 ? 0 : (sourceStep - 1 - start) / sourceStep
    let room = sourceSize - start
    let upper = room <= 0 ? 0 : (room + sourceStep - 1) / sourceStep
    let end = min(tapCount, upper)
    return min(lower, end)..<end
  }

  private static func greatestCommonDivisor(_ a: Int, _ b: Int) -> Int {
    b == 0 ? a : greatestCommonDivisor(b, a % b)
  }
}

/// One regular grid of output pixels, all of which read the source through the same taps.
struct Stencil {
  let rows: StencilAxis
  let columns: StencilAxis
  let batch: Int

  /// Output pixels of the grid in the whole batch.
  var pixelCount: Int { batch * rows.outputCount * columns.outputCount }
  /// Source pixels that each output pixel reads.
  var tapCount: Int { rows.tapCount * columns.tapCount }

  /// Whether pixel number p of the grid reads the source's pixel number p and no other.
  var isPointwise: Bool {
    rows.tapCount == 1 && columns.tapCount == 1 && rows.sourceStride == 1
      && columns.sourceStride == 1 && rows.sourceOffset == 0 && columns.sourceOffset == 0
      && rows.outputCount == rows.sourceSize && columns.outputCount == columns.sourceSize
  }

  /// Where pixel number `index` of the grid is.
  @inline(__always) func position(of index: Int) -> (n: Int, i: Int, j: Int) {
    let (row, j) = index.quotientAndRemainder(dividingBy: columns.outputCount)
    let (n, i) = row.quotientAndRemainder(dividingBy: rows.outputCount)
    return (n, i, j)
  }

  /// The next position after `position`, in the order of pixel numbers.
  @inline(__always) func advance(_ position: inout (n: Int, i: Int, j: Int)) {
    position.j += 1
    guard position.j == columns.outputCount else { return }
    position.j = 0
    position.i += 1
    guard position.i == rows.outputCount else { return }
    position.i = 0
    position.n += 1
  }
}
