// SPDX-License-Identifier: Apache-2.0
import CIntrinsics

/// The scratch rows of a depthwise convolution: see `IntegerDepthwise`.
struct InterleavedTaps {
  let depthwise: IntegerDepthwise
  /// [plane][row][lane]
  let rows: UnsafeMutablePointer<Int32>
  /// A register of padding, then those of the taps of a pixel whose channels are repeated.
  private let pixels: UnsafeMutablePointer<Int8>
  /// The input pixels of a row, padded.
  private let line: UnsafeMutablePointer<Int8>
  /// A lane of padding.
  private let paddedLane: Int32

  init(_ depthwise: IntegerDepthwise, memory: UnsafeMutableRawPointer, zeroPoint: Int8) {
    self.depthwise = depthwise
    pixels = memory.assumingMemoryBound(to: Int8.self)
    line = pixels + 5 * Self.pixelBytes
    rows = (memory + Self.headerBytes(depthwise)).assumingMemoryBound(to: Int32.self)
    pixels.update(repeating: zeroPoint, count: Self.pixelBytes)
    let activation = Int32(zeroPoint) + Machine.dotOffset
    paddedLane =
      Machine.dotElements == 4 ? activation &* 0x0101_0101 : activation &<< 16 | activation & 0xFFFF
  }

  private static var pixelBytes: Int { 64 }
  /// Bytes before the rows.
  static func headerBytes(_ depthwise: IntegerDepthwise) -> Int {
    let line = lineColumns(depthwise.geometry) * depthwise.channels + 2 * pixelBytes
    return 5 * pixelBytes + (isPermuted(depthwise) ? (line + 63) / 64 * 64 : 0)
  }
  /// Input columns that the outputs of a row read in one plane.
  private static func lineColumns(_ geometry: ConvolutionGeometry) -> Int {
    (geometry.outputWidth - 1) * geometry.strideWidth + Machine.dotElements
  }
  /// Whether neighbouring pixels share taps.
  private static func isSliding(_ geometry: ConvolutionGeometry) -> Bool {
    geometry.dilationWidth == 1 && geometry.groupOutputChannels == 1 && geometry.strideWidth <= 2
  }
  /// Whether one register of activations has all taps of a register of lanes: for S channels of V
  /// bytes, ((V / S − 1) · s + 4) · S ≤ 2 · V + 2 · S ≤ 4 · V.
  private static func isPermuted(_ depthwise: IntegerDepthwise) -> Bool {
    Machine.permutesBytes && depthwise.dividesRegister && isSliding(depthwise.geometry)
  }

  /// Fills `count` rows from the input's row `firstRow` on with the channels of register `vector`.
  func fill(from input: TensorView<Int8>, image n: Int, firstRow: Int, count: Int, vector: Int) {
    let g = depthwise.geometry
    let isPermuted = Self.isPermuted(depthwise)
    let isSliding = Self.isSliding(g)
    let order = isPermuted ? permutation() : IntegerVector(repeating: 0)
    for plane in 0..<depthwise.planes {
      let first = plane * Machine.dotElements * g.dilationWidth - g.paddingLeft
      let inside = insidePixels(first)
      for row in 0..<count {
        let y = firstRow + row
        let target = rows + (plane * depthwise.planeLanes + row * depthwise.rowLanes)
        guard y >= 0 && y < g.inputHeight else {
          target.update(repeating: paddedLane, count: depthwise.rowLanes)
          continue
        }
        let source = UnsafePointer(input.pixel(n, y, 0))
        if isPermuted {
          permute(input, n, y, first, order, into: target)
        } else if isSliding {
          slide(
            source + vector * Machine.vectorFloats, first, inside, pixelStride: input.pixelStride,
            into: target)
        } else {
          for j in 0..<g.outputWidth {
            interleave(
              source, first + j * g.strideWidth, pixelStride: input.pixelStride, vector: vector,
              into: target + j * depthwise.pitch)
          }
        }
      }
    }
  }

  /// Where in a register of activations the taps of each lane are.
  private func permutation() -> IntegerVector {
    let g = depthwise.geometry
    let order = pixels + Self.pixelBytes
    for lane in 0..<Machine.vectorFloats {
      let (pixel, channel) = lane.quotientAndRemainder(dividingBy: depthwise.channels)
      for tap in 0..<Machine.dotElements {
        let place = (pixel * g.strideWidth + tap) * depthwise.channels + channel
        order[lane * Machine.dotElements + tap] = Int8(truncatingIfNeeded: place)
      }
    }
    return UnsafeRawPointer(order).loadUnaligned(as: IntegerVector.self)
  }

  /// Writes the lanes of all pixels of row `y`, the first of which begins at column `x`, some
  /// pixels a register.
  private func permute(
    _ input: TensorView<Int8>, _ n: Int, _ y: Int, _ x: Int, _ order: IntegerVector,
    into target: UnsafeMutablePointer<Int32>
  ) {
    let g = depthwise.geometry
    input.copyRow(n, y, from: x, count: Self.lineColumns(g), padding: pixels[0], into: line)
    let offset = IntegerVector(repeating: Int32(bitPattern: 0x8080_8080))
    for lane in stride(from: 0, to: depthwise.rowLanes, by: Machine.vectorFloats) {
      let taps = ocelli_permute_bytes(order, line + lane &* g.strideWidth)
      store(taps ^ offset, to: target + lane)
    }
  }

  /// Writes the lanes of all pixels of a row, the first of which begins at column `x`. Neighbouring
  /// pixels share taps: those of the last one move down, and as many as the stride come in above.
  private func slide(
    _ source: UnsafePointer<Int8>, _ x: Int, _ inside: Range<Int>, pixelStride: Int,
    into target: UnsafeMutablePointer<Int32>
  ) {
    let g = depthwise.geometry
    let (step, pitch) = (g.strideWidth, depthwise.pitch)
    var window = IntegerVector(repeating: 0)
    for place in 0..<Machine.dotElements - step {
      window = shifted(window, tap(source, x + place, pixelStride))
    }
    let next = x + Machine.dotElements - step
    var lanes = target
    for j in 0..<inside.lowerBound {
      window = shifted(window, tap(source, next + j * step, pixelStride))
      if step == 2 { window = shifted(window, tap(source, next + j * step + 1, pixelStride)) }
      store(window, to: lanes)
      lanes += pitch
    }
    var address = UnsafeRawPointer(source + (next + inside.lowerBound * step) * pixelStride)
      .assumingMemoryBound(to: UInt8.self)
    for _ in inside {
      window = shifted(window, address)
      if step == 2 { window = shifted(window, address + pixelStride) }
      store(window, to: lanes)
      address += step &* pixelStride
      lanes += pitch
    }
    for j in inside.upperBound..<g.outputWidth {
      window = shifted(window, tap(source, next + j * step, pixelStride))
      if step == 2 { window = shifted(window, tap(source, next + j * step + 1, pixelStride)) }
      store(window, to: lanes)
      lanes += pitch
    }
  }

  /// The pixels whose new taps, where windows slide from column `x` on, are inside of the input.
  private func insidePixels(_ x: Int) -> Range<Int> {
    let g = depthwise.geometry
    let next = x + Machine.dotElements - g.strideWidth
    let first = min(max(0, (g.strideWidth - 1 - next) / g.strideWidth), g.outputWidth)
    return first..<min(max(first, (g.inputWidth - next) / g.strideWidth), g.outputWidth)
  }

  /// The taps of `window` without the first, and those at `address` behind them.
  @inline(__always) private func shifted(
    _ window: IntegerVector, _ address: UnsafePointer<UInt8>
  ) -> IntegerVector {
    let tap = bytes(address) &<< 24
    guard Machine.dotElements == 2 else {
      return ocelli_shift_right_unsigned(window, 8) | (tap ^ IntegerVector(repeating: Int32.min))
    }
    return ocelli_shift_right_unsigned(window, 16) | ((tap &>> 8) & -0x10000)
  }

  /// Writes the lanes of one pixel, whose first tap is at column `x` of the row `source`; some of
  /// the lanes behind them are overwritten.
  private func interleave(
    _ source: UnsafePointer<Int8>, _ x: Int, pixelStride: Int, vector: Int,
    into target: UnsafeMutablePointer<Int32>
  ) {
    let dilation = depthwise.geometry.dilationWidth
    func taps(_ index: Int) -> IntegerVector {
      bytes(repeated(source, x + index * dilation, index, pixelStride, vector))
    }
    if Machine.dotElements == 4 {
      let offset = IntegerVector(repeating: Int32(bitPattern: 0x8080_8080))
      let low = taps(0) | taps(1) &<< 8
      store((low | (taps(2) | taps(3) &<< 8) &<< 16) ^ offset, to: target)
    } else {
      let low = (taps(0) &<< 24) &>> 24
      let high = (taps(1) &<< 24) &>> 8
      store(low & 0xFFFF | high & IntegerVector(repeating: -0x10000), to: target)
    }
  }

  /// The activations of register `vector` at column `x`, repeated for each filter, or padding.
  private func repeated(
    _ source: UnsafePointer<Int8>, _ x: Int, _ index: Int, _ pixelStride: Int, _ vector: Int
  ) -> UnsafePointer<UInt8> {
    let filters = depthwise.geometry.groupOutputChannels
    let first = vector * Machine.vectorFloats
    guard filters > 1 && x >= 0 && x < depthwise.geometry.inputWidth else {
      return tap(source + first, x, pixelStride)
    }
    let pixel = source + x * pixelStride
    let target = pixels + (index + 1) * Self.pixelBytes
    for lane in 0..<min(Machine.vectorFloats, depthwise.channels - first) {
      target[lane] = pixel[(first + lane) / filters]
    }
    return UnsafeRawPointer(target).assumingMemoryBound(to: UInt8.self)
  }

  /// The activations at column `x` from `source` on, or those of padding.
  @inline(__always) private func tap(
    _ source: UnsafePointer<Int8>, _ x: Int, _ pixelStride: Int
  ) -> UnsafePointer<UInt8> {
    let isInside = x >= 0 && x < depthwise.geometry.inputWidth
    return UnsafeRawPointer(isInside ? source + x * pixelStride : UnsafePointer(pixels))
      .assumingMemoryBound(to: UInt8.self)
  }

  @inline(__always) private func bytes(_ address: UnsafePointer<UInt8>) -> IntegerVector {
    ocelli_load_bytes(address)
  }

  @inline(__always) private func store(
    _ lanes: IntegerVector, to target: UnsafeMutablePointer<Int32>
  ) { UnsafeMutableRawPointer(target).storeBytes(of: lanes, as: IntegerVector.self) }
}
