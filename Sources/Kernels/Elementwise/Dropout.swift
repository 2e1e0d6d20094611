// SPDX-License-Identifier: Apache-2.0
import CIntrinsics

/// Inverted dropout (Srivastava et al., JMLR 15, 2014): an element is zeroed with probability
/// `rate`, else divided by 1 − rate.
///
/// A hash of the seed and the element's number, counted without the gaps between pixels, decides
/// which elements are kept. So the backward pass finds the same ones, nothing is stored, and the
/// bytes do not depend on the number of threads.
package enum Dropout {
  /// Whether element number `index` is kept: whether 23 bits of its hash, as a number in
  /// [0, 1), are at least `rate`.
  package static func referenceKeeps(_ index: Int, rate: Float, seed: UInt64) -> Bool {
    func scrambled(_ value: UInt32) -> UInt32 {
      var x = value
      x = (x ^ x >> 16) &* 0x7FEB_352D
      x = (x ^ x >> 15) &* 0x846C_A68B
      return x ^ x >> 16
    }
    let key = RandomGenerator.mix(seed)
    let first = scrambled(UInt32(truncatingIfNeeded: index) ^ UInt32(truncatingIfNeeded: key))
    let hash = scrambled(first ^ UInt32(truncatingIfNeeded: key >> 32))
    return 1 + Float(hash & 0x7F_FFFF) * 0x1p-23 >= 1 + rate
  }

  /// y = x · keep / (1 − rate). `y` may be `x`. **Preconditions**: 0 ≤ rate < 1.
  package static func forward(
    _ x: TensorView<Float>, into y: TensorView<Float>, rate: Float, seed: UInt64, pool: ThreadPool
  ) { gradient(of: x, into: y, rate: rate, seed: seed, accumulate: false, pool: pool) }

  /// ∂L/∂x = ∂L/∂y · keep / (1 − rate), or += with `accumulate`: the forward map again. `dx` may be
  /// `dy`.
  package static func gradient(
    of dy: TensorView<Float>, into dx: TensorView<Float>, rate: Float, seed: UInt64,
    accumulate: Bool, pool: ThreadPool
  ) {
    precondition(dy.hasShape(of: dx), "dropout keeps the shape")
    precondition(rate >= 0 && rate < 1, "a dropout rate is in [0, 1)")
    let mask = Mask(rate: rate, seed: seed)
    VectorLoop.forEachRun(
      pixels: dx.pixelCount, channels: dx.channels,
      isContiguous: dx.isContiguous && dy.isContiguous, pool: pool
    ) { pixel, count in
      let source = dy.pixel(pixel)
      let target = dx.pixel(pixel)
      let first = pixel * dx.channels
      VectorLoop.forEachVector(of: count) { offset in
        let kept = mask.apply(to: Vector(at: source + offset), element: first + offset)
        (accumulate ? kept + Vector(at: target + offset) : kept).store(to: target + offset)
      } rest: { offset, lanes in
        let kept = mask.apply(
          to: Vector(first: lanes, at: source + offset), element: first + offset)
        (accumulate ? kept + Vector(first: lanes, at: target + offset) : kept).store(
          first: lanes, to: target + offset)
      }
    }
  }

  private struct Mask {
    /// Elements whose number in [1, 2) is below are zeroed.
    let threshold: Vector
    let scale: Float
    let key: (low: Int32, high: Int32)
    /// 0, 1, 2 …
    let lanes: IntegerVector

    init(rate: Float, seed: UInt64) {
      threshold = Vector(repeating: 1 + rate)
      scale = 1 / (1 - rate)
      let numbers: SIMD16<UInt8> = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]
      lanes = withUnsafeBytes(of: numbers) { bytes in
        ocelli_load_bytes(bytes.assumingMemoryBound(to: UInt8.self).baseAddress.unsafelyUnwrapped)
      }
      let mixed = RandomGenerator.mix(seed)
      key = (Int32(truncatingIfNeeded: mixed), Int32(truncatingIfNeeded: mixed >> 32))
    }

    /// The elements from number `element` on.
    @inline(__always) func apply(to x: Vector, element: Int) -> Vector {
      let number = lanes &+ Int32(truncatingIfNeeded: element)
      var hash = number ^ key.low
      hash = scrambled(hash)
      hash = scrambled(hash ^ key.high)
      // 23 bits as a float in [1, 2); comparisons of integer vectors compile to loops over lanes.
      let uniform = Vector(bits: (hash & 0x7F_FFFF) | 0x3F80_0000)
      return (x * scale).replacing(with: 0, where: uniform .< threshold)
    }

    /// A bijection of 32-bit words in which each bit depends on all (Wellons, "Prospecting for hash
    /// functions", 2018).
    @inline(__always) private func scrambled(_ value: IntegerVector) -> IntegerVector {
      var x = value
      x = x ^ ((x &>> 16) & 0xFFFF)
      x = x &* 0x7FEB_352D
      x = x ^ ((x &>> 15) & 0x1_FFFF)
      x = x &* Int32(bitPattern: 0x846C_A68B)
      return x ^ ((x &>> 16) & 0xFFFF)
    }
  }
}
