// SPDX-License-Identifier: Apache-2.0
import CIntrinsics

/// The parameters of a convolution as a model has them.
struct IntegerParameters {
  /// The weight w[o,a,b,c] is at o · `outputStride` + a · `rowStride` + b · `columnStride` + c; all
  /// are 0 if there are none.
  let weights: UnsafePointer<Int8>?
  let outputStride: Int
  let rowStride: Int
  let columnStride: Int
  let bias: UnsafePointer<Int32>?
  let multipliers: UnsafePointer<FixedPointMultiplier>
  let inputZeroPoint: Int32
  let roundsOnce: Bool

  /// The weights w[o,a,b,…] of all input channels.
  @inline(__always) func weights(_ o: Int, _ a: Int, _ b: Int) -> UnsafePointer<Int8>? {
    weights.map { $0 + o * outputStride + a * rowStride + b * columnStride }
  }

  @inline(__always) func weight(_ o: Int, _ a: Int, _ b: Int, _ c: Int) -> Int8 {
    weights(o, a, b)?[c] ?? 0
  }
}

/// Some registers of output channels, packed: biases, scales, then weights in the order that a
/// tile reads them in.
///
/// Activations are taken as q + `ocelli_dot`'s offset, so that −z_x · Σ w and −offset · Σ w are
/// part of the bias.
enum IntegerPanel {
  /// Registers before the weights of a panel of so many registers of channels.
  static func headerVectors(_ vectors: Int) -> Int {
    vectors * (1 + Requantization.vectorsPerScale)
  }
}

/// Writes a panel for any CPU's registers.
struct IntegerPanelWriter {
  let base: UnsafeMutablePointer<Int32>
  /// Registers of channels.
  let vectors: Int
  let layout: PackingLayout

  /// Writes bias and scale of channel `lane` of the panel, output channel `o`.
  func pack(lane: Int, channel o: Int, _ parameters: IntegerParameters, weightSum: Int32) {
    let offset = parameters.inputZeroPoint + layout.dotOffset
    let (vector, place) = lane.quotientAndRemainder(dividingBy: layout.lanes)
    base[lane] = (parameters.bias?[o] ?? 0) &- offset &* weightSum
    let first = (vectors + vector * Requantization.vectorsPerScale) * layout.lanes
    Requantization.pack(
      parameters.multipliers[o], roundsOnce: parameters.roundsOnce, lane: place, of: base + first,
      lanes: layout.lanes)
  }

  /// Writes element `place` of lane `lane` of weight register `index`.
  func write(_ weight: Int8, register index: Int, lane: Int, place: Int) {
    let first = (IntegerPanel.headerVectors(vectors) + index) * layout.lanes + lane
    let bytes = UnsafeMutableRawPointer(base + first)
    if layout.dotElements == 4 {
      bytes.storeBytes(of: weight, toByteOffset: place, as: Int8.self)
    } else {
      bytes.storeBytes(of: Int16(weight), toByteOffset: 2 * place, as: Int16.self)
    }
  }
}

/// Where the outputs of a product go: those of a convolution are the pixels of its output; of a
/// transposed one, every s-th pixel of every s-th row.
struct OutputLattice {
  let base: UnsafeMutablePointer<Int8>
  let columnStride: Int
  let rowStride: Int
  let imageStride: Int
}

extension OutputLattice {
  init(_ view: TensorView<Int8>) {
    self.init(
      base: view.base, columnStride: view.pixelStride, rowStride: view.width * view.pixelStride,
      imageStride: view.height * view.width * view.pixelStride)
  }
}
