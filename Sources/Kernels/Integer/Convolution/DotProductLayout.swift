// SPDX-License-Identifier: Apache-2.0
import CIntrinsics

/// Weights as dot products of four bytes read them.
///
/// What a window reads lies in *runs* of bytes that are next to each other: a whole row of the
/// kernel where its taps touch, else one tap. Each run is filled up with zero weights to a multiple
/// of four bytes. Output channels are cut into panels of one or two vectors; a panel has the
/// channels' constants first, and then for each four bytes of each run the weights of its channels,
/// lane by lane.
struct DotProductLayout {
  let groups: Int
  /// Output channels of a group.
  let outputs: Int
  /// Runs in a window, and how many bytes each has.
  let runCount: Int
  let runBytes: Int
  /// Vectors in a panel's row.
  let vectors: Int
  private let kernelHeight: Int
  private let kernelWidth: Int
  private let inputs: Int
  private let joinsRows: Bool

  init(_ geometry: ConvolutionGeometry) {
    let g = geometry
    groups = g.groups
    outputs = g.outputChannels / g.groups
    inputs = g.inputChannels / g.groups
    kernelHeight = g.kernelHeight
    kernelWidth = g.kernelWidth
    joinsRows = g.groups == 1 && (g.dilationWidth == 1 || g.kernelWidth == 1)
    runCount = joinsRows ? g.kernelHeight : g.kernelHeight * g.kernelWidth
    runBytes = joinsRows ? g.kernelWidth * inputs : inputs
    vectors = outputs > Machine.vectorFloats ? 2 : 1
  }

  /// Steps of four bytes in a run.
  var runSteps: Int { (runBytes + 3) / 4 }
  /// Channels of a panel.
  var panelWidth: Int { vectors * Machine.vectorFloats }
  /// Panels of a group.
  var panelCount: Int { (outputs + panelWidth - 1) / panelWidth }
  /// Bytes of the constants at the head of a panel.
  var headByteCount: Int { vectors * ChannelConstants.byteCount }
  /// Bytes of one panel.
  var panelByteCount: Int { headByteCount + runCount * runSteps * panelWidth * 4 }
  var byteCount: Int { groups * panelCount * panelByteCount }

  /// Where run `run` of a window starts in an image, in bytes from the window's first pixel.
  func runOffset(_ run: Int, _ geometry: ConvolutionGeometry, imageWidth: Int) -> Int {
    let (a, b) = joinsRows ? (run, 0) : (run / kernelWidth, run % kernelWidth)
    return (a * geometry.dilationHeight * imageWidth + b * geometry.dilationWidth)
      * geometry.inputChannels
  }

  func pack(
    _ weights: UnsafePointer<Int8>, _ channels: OutputChannels,
    into prepared: UnsafeMutableRawPointer
  ) {
    prepared.initializeMemory(as: UInt8.self, repeating: 0, count: byteCount)
    for output in 0..<groups * outputs {
      let (group, inGroup) = (output / outputs, output % outputs)
      let panel =
        prepared + (group * panelCount + inGroup / panelWidth) * panelByteCount
      let lane = inGroup % panelWidth
      let row = weights + output * runCount * runBytes
      let sum = (0..<runCount * runBytes).reduce(Int32(0)) { $0 &+ Int32(row[$1]) }
      ChannelConstants.write(
        bias: channels.foldedBias(output, weightSum: sum), channels.multipliers[output],
        lane: lane, into: panel)
      let packed = (panel + headByteCount).assumingMemoryBound(to: Int8.self)
      for run in 0..<runCount {
        for byte in 0..<runBytes {
          let step = run * runSteps + byte / 4
          packed[(step * panelWidth + lane) * 4 + byte % 4] = row[run * runBytes + byte]
        }
      }
    }
  }
}

/// The constants of the output channels in one vector: bias, multiplier, shifts to the left and to
/// the right.
struct ChannelConstants {
  let bias: IntegerVector
  private let multipliers: IntegerVector
  private let leftShifts: IntegerVector
  private let rightShifts: IntegerVector

  /// Bytes of a vector's constants.
  static var byteCount: Int { 4 * vectorBytes }
  private static var vectorBytes: Int { Machine.vectorFloats * MemoryLayout<Int32>.stride }

  /// The constants of the `index`-th vector of a head.
  @inline(__always) init(at head: UnsafeRawPointer, vector index: Int) {
    let start = head + index * Self.byteCount
    func vector(_ number: Int) -> IntegerVector {
      (start + number * Self.vectorBytes).loadUnaligned(as: IntegerVector.self)
    }
    bias = vector(0)
    multipliers = vector(1)
    leftShifts = vector(2)
    rightShifts = vector(3)
  }

  /// Writes the constants of channel `lane` of a head.
  static func write(
    bias: Int32, _ multiplier: FixedPointMultiplier, lane: Int,
    into head: UnsafeMutableRawPointer
  ) {
    let (vector, lane) = (lane / Machine.vectorFloats, lane % Machine.vectorFloats)
    let values = [
      bias, multiplier.multiplier, max(multiplier.shift, 0), max(-multiplier.shift, 0),
    ]
    for (number, value) in values.enumerated() {
      head.storeBytes(
        of: value, toByteOffset: vector * byteCount + number * vectorBytes + 4 * lane,
        as: Int32.self)
    }
  }

  /// Writes the outputs of one pixel's sums; of the lanes the first `count`.
  @inline(__always) func store(
    _ sums: IntegerVector, _ quantization: IntegerConvolution.Quantization,
    to target: UnsafeMutablePointer<Int8>, count: Int
  ) {
    let scaled =
      quantization.roundsOnce
      ? ocelli_requantize_once(sums, multipliers, leftShifts, rightShifts)
      : ocelli_requantize(sums, multipliers, leftShifts, rightShifts)
    ocelli_store_int8(
      scaled &+ IntegerVector(repeating: quantization.outputZeroPoint),
      Int32(quantization.minimum), Int32(quantization.maximum), target, count)
  }
}
