// SPDX-License-Identifier: Apache-2.0
import CIntrinsics

/// The transforms of `IntegerWinograd`, each written out: the compiler keeps in registers what fits
/// there. All arithmetic is modulo 2¹⁶ or 2³².
enum IntegerWinogradTransform {
  typealias Six<Lanes> = (Lanes, Lanes, Lanes, Lanes, Lanes, Lanes)
  private typealias Words = ocelli_words

  // MARK: - Input

  /// values[f · `stride` + c] = (Bᵀ (d − z_x) B)[f], where d is the 6×6 pixels of channel c. There
  /// are at least 16 channels.
  @inline(never) static func input(
    _ pixels: UnsafePointer<Int8>, rowStride: Int, pixelStride: Int, zeroPoint: Int32,
    channels: Int, into values: UnsafeMutablePointer<Int16>, stride: Int
  ) {
    let width = Int(OCELLI_WORDS)
    let last = channels &- width
    var channel = 0
    while channel < channels {
      // The last register overlaps with the one before.
      channel = min(channel, last)
      let source = pixels + channel
      @inline(__always) func column(_ j: Int) -> Six<Words> {
        let top = source + j &* pixelStride
        @inline(__always) func pixel(_ i: Int) -> Words {
          ocelli_load_words(top + i &* rowStride, zeroPoint)
        }
        return input((pixel(0), pixel(1), pixel(2), pixel(3), pixel(4), pixel(5)))
      }
      let (a, b, c, d, e, f) = (column(0), column(1), column(2), column(3), column(4), column(5))
      let target = values + channel
      @inline(__always) func storeRow(_ i: Int, _ row: Six<Words>) {
        let y = input(row)
        let first = target + 6 &* i &* stride
        store(y.0, to: first)
        store(y.1, to: first + stride)
        store(y.2, to: first + 2 &* stride)
        store(y.3, to: first + 3 &* stride)
        store(y.4, to: first + 4 &* stride)
        store(y.5, to: first + 5 &* stride)
      }
      storeRow(0, (a.0, b.0, c.0, d.0, e.0, f.0))
      storeRow(1, (a.1, b.1, c.1, d.1, e.1, f.1))
      storeRow(2, (a.2, b.2, c.2, d.2, e.2, f.2))
      storeRow(3, (a.3, b.3, c.3, d.3, e.3, f.3))
      storeRow(4, (a.4, b.4, c.4, d.4, e.4, f.4))
      storeRow(5, (a.5, b.5, c.5, d.5, e.5, f.5))
      channel &+= width
    }
  }

  @inline(__always) private static func store(
    _ words: Words, to target: UnsafeMutablePointer<Int16>
  ) { UnsafeMutableRawPointer(target).storeBytes(of: words, as: Words.self) }

  /// Bᵀ x. Every sum fits into 16 bits.
  @inline(__always) private static func input(_ x: Six<Words>) -> Six<Words> {
    let (even, odd) = (x.4 &- (x.2 &<< 2), x.3 &- (x.1 &<< 2))
    let (outer, inner) = (x.4 &- x.2, (x.3 &- x.1) &<< 1)
    return (
      ((x.0 &- x.2) &<< 2) &+ outer, even &+ odd, even &- odd, outer &+ inner, outer &- inner,
      ((x.1 &- x.3) &<< 2) &+ x.5 &- x.3
    )
  }

  // MARK: - Weights

  /// weights[f · `stride`] = (G w Gᵀ)[f] of the 3×3 weights at `taps`; G is 24 times the paper's.
  @inline(never) static func weights(
    _ taps: UnsafePointer<Int8>, rowStride: Int, columnStride: Int,
    into weights: UnsafeMutablePointer<Int16>, stride: Int
  ) {
    @inline(__always) func row(_ a: Int) -> Six<Int32> {
      let first = taps + a &* rowStride
      return Self.weights(
        Int32(first[0]), Int32(first[columnStride]), Int32(first[2 &* columnStride]))
    }
    let (a, b, c) = (row(0), row(1), row(2))
    @inline(__always) func store(_ j: Int, _ first: Int32, _ second: Int32, _ third: Int32) {
      let y = Self.weights(first, second, third)
      let target = weights + j &* stride
      target[0] = Int16(truncatingIfNeeded: y.0)
      target[6 &* stride] = Int16(truncatingIfNeeded: y.1)
      target[12 &* stride] = Int16(truncatingIfNeeded: y.2)
      target[18 &* stride] = Int16(truncatingIfNeeded: y.3)
      target[24 &* stride] = Int16(truncatingIfNeeded: y.4)
      target[30 &* stride] = Int16(truncatingIfNeeded: y.5)
    }
    store(0, a.0, b.0, c.0)
    store(1, a.1, b.1, c.1)
    store(2, a.2, b.2, c.2)
    store(3, a.3, b.3, c.3)
    store(4, a.4, b.4, c.4)
    store(5, a.5, b.5, c.5)
  }

  /// G x
  @inline(__always) private static func weights(_ x: Int32, _ y: Int32, _ z: Int32) -> Six<Int32> {
    let (even, quarter) = (x &+ z, x &+ 4 &* z)
    return (
      6 &* x, -4 &* (even &+ y), -4 &* (even &- y), quarter &+ 2 &* y, quarter &- 2 &* y, 6 &* z
    )
  }

  // MARK: - Output

  /// outputs[4 i + j] += y[i][j] for 16 registers of channels, where 576 y = Aᵀ m A and register f
  /// of m is sums[f · `stride`]; y is in −2²⁵ ..< 2²⁵.
  @inline(__always) static func output(
    _ sums: UnsafePointer<IntegerVector>, stride: Int,
    into outputs: UnsafeMutablePointer<IntegerVector>
  ) {
    @inline(__always) func column(_ j: Int) -> Four {
      let top = sums + j &* stride
      return output(
        (
          top[0], top[6 &* stride], top[12 &* stride], top[18 &* stride], top[24 &* stride],
          top[30 &* stride]
        ))
    }
    let (a, b, c, d, e, f) = (column(0), column(1), column(2), column(3), column(4), column(5))
    @inline(__always) func add(_ i: Int, _ row: Six<IntegerVector>) {
      let y = output(row)
      let target = outputs + 4 &* i
      // 9 · 954437177 = 1 modulo 2³², so that these are 64 y before they are shifted.
      target[0] &+= (y.0 &* 954_437_177) &>> 6
      target[1] &+= (y.1 &* 954_437_177) &>> 6
      target[2] &+= (y.2 &* 954_437_177) &>> 6
      target[3] &+= (y.3 &* 954_437_177) &>> 6
    }
    add(0, (a.0, b.0, c.0, d.0, e.0, f.0))
    add(1, (a.1, b.1, c.1, d.1, e.1, f.1))
    add(2, (a.2, b.2, c.2, d.2, e.2, f.2))
    add(3, (a.3, b.3, c.3, d.3, e.3, f.3))
  }

  private typealias Four = (IntegerVector, IntegerVector, IntegerVector, IntegerVector)

  /// Aᵀ m
  @inline(__always) private static func output(_ m: Six<IntegerVector>) -> Four {
    let (even, odd) = (m.1 &+ m.2, m.1 &- m.2)
    let (outerEven, outerOdd) = (m.3 &+ m.4, m.3 &- m.4)
    return (
      m.0 &+ even &+ outerEven, odd &+ (outerOdd &<< 1), even &+ (outerEven &<< 2),
      odd &+ (outerOdd &<< 3) &+ (m.5 &<< 2)
    )
  }
}
