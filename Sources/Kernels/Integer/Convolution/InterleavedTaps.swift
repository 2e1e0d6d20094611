// SPDX-License-Identifier: Apache-2.0
import CIntrinsics

/// The scratch rows of a depthwise convolution: see `IntegerDepthwise`.
struct InterleavedTaps {
  let depthwise: IntegerDepthwise
  /// [plane][row][lane]
  let rows: UnsafeMutablePointer<Int32>
  /// A pixel of padding, then the taps of a pixel whose channels are repeated.
  private let pixels: UnsafeMutablePointer<Int8>
  private let pixelBytes: Int

  init(depthwise: IntegerDepthwise, memory: UnsafeMutableRawPointer, pixelBytes: Int) {
    self.depthwise = depthwise
    self.pixelBytes = pixelBytes
    pixels = memory.assumingMemoryBound(to: Int8.self)
    rows = (memory + 5 * pixelBytes).assumingMemoryBound(to: Int32.self)
  }

  /// Fills `count` rows from the input's row `firstRow` on.
  func fill(
    from input: TensorView<Int8>, image n: Int, firstRow: Int, count: Int, zeroPoint: Int8
  ) {
    let g = depthwise.geometry
    pixels.update(repeating: zeroPoint, count: pixelBytes)
    for row in 0..<count {
      let y = firstRow + row
      let source =
        y >= 0 && y < g.inputHeight ? UnsafePointer(input.pixel(n, y, 0)) : nil
      for plane in 0..<depthwise.planes {
        let target = rows + (plane * depthwise.planeLanes + row * depthwise.rowLanes)
        let first = plane * Machine.dotElements * g.dilationWidth - g.paddingLeft
        guard g.dilationWidth > 1 || g.groupOutputChannels > 1 || g.strideWidth > 2 else {
          slide(source, first, pixelStride: input.pixelStride, into: target)
          continue
        }
        for j in 0..<g.outputWidth {
          let x = first + j * g.strideWidth
          interleave(
            source, x, pixelStride: input.pixelStride, into: target + j * depthwise.channels)
        }
      }
    }
  }

  /// Writes the lanes of all pixels of a row, the first of which begins at column `x`. Neighbouring
  /// pixels share taps: those of the last one move down, and as many as the stride come in above.
  private func slide(
    _ source: UnsafePointer<Int8>?, _ x: Int, pixelStride: Int,
    into target: UnsafeMutablePointer<Int32>
  ) {
    let g = depthwise.geometry
    let channels = depthwise.channels
    let taps = Machine.dotElements
    let vectors = depthwise.vectors
    // What a register writes behind its pixel's last channel is overwritten by the first register.
    for vector in (0..<vectors).reversed() {
      let lane = vector * Machine.vectorFloats
      var window = IntegerVector(repeating: 0)
      for place in 0..<taps - g.strideWidth {
        window = shifted(window, tap(source, x + place, 0, pixelStride) + lane)
      }
      var next = x + taps - g.strideWidth
      var lanes = target + lane
      for _ in 0..<g.outputWidth {
        window = shifted(window, tap(source, next, 0, pixelStride) + lane)
        if g.strideWidth == 2 {
          window = shifted(window, tap(source, next + 1, 0, pixelStride) + lane)
        }
        store(window, to: lanes)
        next &+= g.strideWidth
        lanes += channels
      }
    }
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
  @inline(__always) private func interleave(
    _ source: UnsafePointer<Int8>?, _ x: Int, pixelStride: Int,
    into target: UnsafeMutablePointer<Int32>
  ) {
    let dilation = depthwise.geometry.dilationWidth
    let first = tap(source, x, 0, pixelStride)
    let second = tap(source, x + dilation, 1, pixelStride)
    if Machine.dotElements == 4 {
      let third = tap(source, x + 2 * dilation, 2, pixelStride)
      let fourth = tap(source, x + 3 * dilation, 3, pixelStride)
      for lane in stride(from: 0, to: depthwise.channels, by: Machine.vectorFloats) {
        let low = bytes(first + lane) | bytes(second + lane) &<< 8
        let high = bytes(third + lane) | bytes(fourth + lane) &<< 8
        let offset = IntegerVector(repeating: Int32(bitPattern: 0x8080_8080))
        store((low | high &<< 16) ^ offset, to: target + lane)
      }
    } else {
      for lane in stride(from: 0, to: depthwise.channels, by: Machine.vectorFloats) {
        let low = (bytes(first + lane) &<< 24) &>> 24
        let high = (bytes(second + lane) &<< 24) &>> 8
        store(
          low & 0xFFFF | high & IntegerVector(repeating: -0x10000), to: target + lane)
      }
    }
  }

  /// The channels of the pixel at column `x`, repeated for each filter, or those of padding.
  @inline(__always) private func tap(
    _ source: UnsafePointer<Int8>?, _ x: Int, _ index: Int, _ pixelStride: Int
  ) -> UnsafePointer<UInt8> {
    let g = depthwise.geometry
    guard let source, x >= 0 && x < g.inputWidth else {
      return UnsafeRawPointer(pixels).assumingMemoryBound(to: UInt8.self)
    }
    let pixel = source + x * pixelStride
    let filters = g.groupOutputChannels
    guard filters > 1 else { return UnsafeRawPointer(pixel).assumingMemoryBound(to: UInt8.self) }
    let repeated = pixels + (index + 1) * pixelBytes
    for o in 0..<depthwise.channels { repeated[o] = pixel[o / filters] }
    return UnsafeRawPointer(repeated).assumingMemoryBound(to: UInt8.self)
  }

  @inline(__always) private func bytes(_ address: UnsafePointer<UInt8>) -> IntegerVector {
    ocelli_load_bytes(address)
  }

  @inline(__always)
  private func store(_ lanes: IntegerVector, to target: UnsafeMutablePointer<Int32>) {
    UnsafeMutableRawPointer(target).storeBytes(of: lanes, as: IntegerVector.self)
  }
}
