// SPDX-License-Identifier: Apache-2.0

/// The weights of a 3×3 convolution as Winograd's products read them.
///
/// They are *packed* once a change: for each panel of target channels (`PanelLayout` with k =
/// source channels), the 9 taps' k × width matrices. What is multiplied, U = G g Gᵀ, is up to seven
/// times as large, and is computed from them where and when it is used: reading U from memory would
/// take longer.
struct WinogradWeights {
  let layout: PanelLayout
  let direction: Convolution.Direction

  /// Source channels and target channels change places in the input gradient.
  init(_ geometry: ConvolutionGeometry, _ direction: Convolution.Direction) {
    self.direction = direction
    layout =
      direction.isForward
      ? PanelLayout(depth: geometry.inputChannels, columns: geometry.outputChannels)
      : PanelLayout(depth: geometry.outputChannels, columns: geometry.inputChannels)
  }

  /// Floats of all packed panels.
  var packedCount: Int { 9 * layout.count }

  /// Packs `panel` of the OHWI `weights`; those of an input gradient are turned by 180°.
  func pack(
    panel: Int, from weights: UnsafePointer<Float>, into packed: UnsafeMutablePointer<Float>
  ) {
    let target = packed + 9 * layout.offset(ofPanel: panel)
    let range = layout.columns(ofPanel: panel)
    let width = layout.width(ofPanel: panel)
    let (depth, columns) = (layout.depth, layout.columns)
    for tap in 0..<9 {
      let matrix =
        direction.isForward
        ? PanelMatrix(
          source: weights + (range.lowerBound * 9 + tap) * depth, rowStride: 1,
          columnStride: 9 * depth, rows: depth, columns: range.count)
        : PanelMatrix(
          source: weights + (8 - tap) * columns + range.lowerBound, rowStride: 9 * columns,
          columnStride: 1, rows: depth, columns: range.count)
      matrix.pack(width: width, into: target + tap * depth * width)
    }
  }

  /// U for rows `depths` of `panel`: product i, a matrix like the panel, is written at `target` + i
  /// · `stride`.
  @inline(__always) func transform<Transform: WinogradTransform>(
    _: Transform.Type, panel: Int, depths: Range<Int>, from packed: UnsafePointer<Float>,
    into target: UnsafeMutablePointer<Float>, stride: Int, workspace: UnsafeMutablePointer<Float>
  ) {
    let width = layout.width(ofPanel: panel)
    let tapCount = layout.depth * width
    let source = packed + 9 * layout.offset(ofPanel: panel) + depths.lowerBound * width
    for first in Swift.stride(from: 0, to: depths.count * width, by: Machine.vectorFloats) {
      Transform.Weights.multiplyBothSides(
        source + first, rowStride: 3 * tapCount, columnStride: tapCount, workspace: workspace,
        into: StridedMatrixSink(
          base: target + first, rowStride: Transform.points * stride, columnStride: stride))
    }
  }
}
