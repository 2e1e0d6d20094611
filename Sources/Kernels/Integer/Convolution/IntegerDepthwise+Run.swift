// SPDX-License-Identifier: Apache-2.0
import CIntrinsics

/// A depthwise convolution with its operands, and one thread's scratch rows.
struct IntegerDepthwiseLoop {
  let depthwise: IntegerDepthwise
  let taps: InterleavedTaps
  let panels: UnsafePointer<IntegerVector>
  let range: Requantization
  let source: TensorView<Int8>
  let target: TensorView<Int8>

  /// The outputs of `rows`, registers `vectors` of their channels.
  func run(image n: Int, rows: Range<Int>, vectors: Range<Int>) {
    let geometry = depthwise.geometry
    // With a vertical stride of 1, output rows lie next to each other as scratch rows do.
    let isMerged = geometry.strideHeight == 1
    for vector in vectors {
      taps.fill(
        from: source, image: n,
        firstRow: rows.lowerBound * geometry.strideHeight
          - geometry.paddingTop, count: depthwise.scratchRows(rows.count), vector: vector)
      for row in 0..<(isMerged ? 1 : rows.count) {
        run(
          vector: vector, taps: taps.rows + row * geometry.strideHeight * depthwise.rowLanes,
          lanes: (isMerged ? rows.count : 1) * depthwise.rowLanes,
          into: target.pixel(n, rows.lowerBound + row, 0))
      }
    }
  }

  /// The channels of register `vector` for the pixels of `lanes` lanes of scratch rows.
  private func run(
    vector: Int, taps: UnsafePointer<Int32>, lanes: Int, into output: UnsafeMutablePointer<Int8>
  ) {
    let isFlat = depthwise.dividesRegister && target.isContiguous
    let pitch = isFlat ? Machine.vectorFloats : depthwise.pitch
    let first = vector * Machine.vectorFloats
    let whole = lanes / pitch
    let line = Line(
      panel: panels + vector * depthwise.panelVectors, taps: taps, target: output + first,
      targetStride: isFlat ? pitch : target.pixelStride, pitch: pitch, count: whole,
      channels: isFlat ? pitch : min(Machine.vectorFloats, depthwise.channels - first))
    run(line)
    if lanes > whole * pitch { run(line.rest(lanes - whole * pitch)) }
  }

  /// Output pixels next to each other, and one register of channels.
  struct Line {
    let panel: UnsafePointer<IntegerVector>
    let taps: UnsafePointer<Int32>
    let target: UnsafeMutablePointer<Int8>
    let targetStride: Int
    /// Lanes between the pixels in the scratch row.
    let pitch: Int
    let count: Int
    let channels: Int

    /// The register behind the last whole one, of which `channels` are outputs.
    func rest(_ channels: Int) -> Line {
      Line(
        panel: panel, taps: taps + count * pitch, target: target + count * targetStride,
        targetStride: targetStride, pitch: pitch, count: 1, channels: channels)
    }
  }

  private func run(_ line: Line) {
    guard line.count > 0 else { return }
    IntegerTileHeight.specialize(
      IntegerTileHeight.best(for: line.count, vectors: 1),
      IntegerDepthwiseTiles(depthwise: depthwise, range: range, line: line))
  }
}

/// The tiles of a line.
private struct IntegerDepthwiseTiles: IntegerTileBody {
  typealias Row = LaneRow

  let depthwise: IntegerDepthwise
  let range: Requantization
  let line: IntegerDepthwiseLoop.Line

  @inline(never) func run<Tile: IntegerTile>(_ tile: Tile.Type) where Tile.Row == Row {
    let weights = line.panel + IntegerPanel.headerVectors(1)
    let planeLanes = depthwise.planeLanes
    let planes = depthwise.planes
    let rowLanes = depthwise.geometry.dilationHeight * depthwise.rowLanes
    let kernelHeight = depthwise.geometry.kernelHeight
    for first in stride(from: 0, to: line.count, by: Tile.rows) {
      var sums = Tile(repeating: LaneRow(at: line.panel))
      let taps = line.taps + first * line.pitch
      for a in 0..<kernelHeight {
        for plane in 0..<planes {
          sums.add(
            taps + (a &* rowLanes &+ plane &* planeLanes), stride: line.pitch &* 4,
            times: LaneRow(at: weights + (a &* planes &+ plane)))
        }
      }
      sums.store(
        line.panel + 1, range, rows: line.count - first, channels: line.channels,
        to: line.target + first * line.targetStride, stride: line.targetStride)
    }
  }
}
