// SPDX-License-Identifier: Apache-2.0
import Kernels
import TestSupport

/// 8-bit activations with slack behind them; gaps hold a byte of their own.
final class TestBytes {
  let view: TensorView<Int8>
  private let base: UnsafeMutablePointer<Int8>
  private let byteCount: Int
  private static let gapByte: Int8 = 99

  /// A third of the tensors hold nothing but the extremes.
  init(
    batch: Int, height: Int, width: Int, channels: Int, gap: Int, random: inout RandomGenerator
  ) {
    byteCount = batch * height * width * (channels + gap) + 64
    base = .allocate(capacity: byteCount)
    base.initialize(repeating: Self.gapByte, count: byteCount)
    view = TensorView(
      base, batch: batch, height: height, width: width, channels: channels,
      pixelStride: channels + gap)
    let isExtreme = random.index(below: 3) == 0
    for pixel in 0..<view.pixelCount {
      for c in 0..<channels {
        view.pixel(pixel)[c] =
          isExtreme
          ? (random.index(below: 4) == 0 ? 127 : -128) : Int8(random.index(below: 256) - 128)
      }
    }
  }

  deinit { base.deallocate() }

  var elements: [Int8] {
    (0..<view.pixelCount).flatMap { pixel in
      (0..<view.channels).map { view.pixel(pixel)[$0] }
    }
  }

  var gapsAreUntouched: Bool {
    (0..<byteCount).allSatisfy { index in
      let pixel = index / view.pixelStride
      let isElement = pixel < view.pixelCount && index % view.pixelStride < view.channels
      return isElement || base[index] == Self.gapByte
    }
  }
}

/// The parameters of a layer by chance: zero points at both ends, extreme weights, multipliers that
/// saturate and such that vanish.
struct IntegerLayer {
  let weights: [Int8]
  let bias: [Int32]?
  let multipliers: [FixedPointMultiplier]
  let quantization: IntegerConvolution.Quantization

  init(channels: Int, terms: Int, random: inout RandomGenerator) {
    var random = random
    func pick<T>(_ values: [T]) -> T { values[random.index(below: values.count)] }
    let isExtreme = pick([true, false, false])
    weights = (0..<channels * terms).map { _ in
      isExtreme ? pick([-127, 127, -128, 127]) : Int8(random.index(below: 255) - 127)
    }
    bias =
      pick([true, true, false])
      ? (0..<channels).map { _ in Int32(random.index(below: 20001) - 10000) } : nil
    let size = (Double(terms)).squareRoot() * 60
    multipliers = (0..<channels).map { _ in
      let shape = pick([0, 1, 2, 3, 4, 5, 6, 7])
      switch shape {
      case 0: return FixedPointMultiplier(pick([0, 0.5, 0.25, 0x1p-10, 0x1p-31, 1, 4]))
      case 1:
        return FixedPointMultiplier(multiplier: 1 << 30, shift: Int32(-random.index(below: 14)))
      default: return FixedPointMultiplier(Double(random.uniform(0.05..<1.5)) / size)
      }
    }
    let minimum = pick([-128, -128, -128, -20, 5] as [Int8])
    quantization = IntegerConvolution.Quantization(
      inputZeroPoint: pick([-128, 127, 0, 3, -77]), outputZeroPoint: pick([-128, 127, 0, -1, 40]),
      minimum: minimum, maximum: pick([127, 127, 100, 5]),
      roundsOnce: pick([true, false]))
  }

  func memory(packed: Int, scratch: Int) -> IntegerMemory {
    IntegerMemory(packed: packed, scratch: scratch)
  }
}

/// Packed weights and scratch memory of exactly the size that a kernel asks for, with fences
/// behind them.
final class IntegerMemory {
  let packed: UnsafeMutableRawPointer
  let scratch: UnsafeMutableRawPointer
  private let counts: (Int, Int)
  private static let fence: UInt8 = 0x5A

  init(packed: Int, scratch: Int) {
    counts = (packed, scratch)
    func memory(_ count: Int) -> UnsafeMutableRawPointer {
      let pointer = UnsafeMutableRawPointer.allocate(byteCount: count + 128, alignment: 64)
      pointer.initializeMemory(as: UInt8.self, repeating: Self.fence, count: count + 128)
      return pointer
    }
    self.packed = memory(packed)
    self.scratch = memory(scratch)
  }

  deinit {
    packed.deallocate()
    scratch.deallocate()
  }

  var fencesAreUntouched: Bool {
    (0..<128).allSatisfy {
      packed.load(fromByteOffset: counts.0 + $0, as: UInt8.self) == Self.fence
        && scratch.load(fromByteOffset: counts.1 + $0, as: UInt8.self) == Self.fence
    }
  }
}
