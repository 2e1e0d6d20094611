// SPDX-License-Identifier: Apache-2.0

/// A 128-bit hash of an image's bytes, equal for equal images on every machine.
///
/// MurmurHash3 x64-128 with seed 0 (Appleby, 2011, public domain): in Python, `mmh3.hash128(bytes,
/// x64arch=True)`. It finds copies, but does not protect against forged ones.
public struct ContentHash: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// Bits 0 to 63.
  public let low: UInt64
  /// Bits 64 to 127.
  public let high: UInt64

  private static let c1: UInt64 = 0x87c3_7b91_1142_53d5
  private static let c2: UInt64 = 0x4cf5_ad43_2745_937f

  /// The hash of `bytes`.
  public init(of bytes: UnsafeRawBufferPointer) {
    var h1: UInt64 = 0
    var h2: UInt64 = 0
    let blockCount = bytes.count / 16
    for block in 0..<blockCount {
      let k1 = UInt64(
        littleEndian: bytes.loadUnaligned(fromByteOffset: 16 * block, as: UInt64.self))
      let k2 = UInt64(
        littleEndian: bytes.loadUnaligned(fromByteOffset: 16 * block + 8, as: UInt64.self))
      h1 ^= Self.scramble1(k1)
      h1 = (Self.rotate(h1, by: 27) &+ h2) &* 5 &+ 0x52dc_e729
      h2 ^= Self.scramble2(k2)
      h2 = (Self.rotate(h2, by: 31) &+ h1) &* 5 &+ 0x3849_5ab5
    }
    var k1: UInt64 = 0
    var k2: UInt64 = 0
    for (index, byte) in bytes[(16 * blockCount)...].enumerated() {
      if index < 8 {
        k1 |= UInt64(byte) << (8 * index)
      } else {
        k2 |= UInt64(byte) << (8 * index - 64)
      }
    }
    h1 ^= Self.scramble1(k1) ^ UInt64(bytes.count)
    h2 ^= Self.scramble2(k2) ^ UInt64(bytes.count)
    h1 &+= h2
    h2 &+= h1
    h1 = Self.finish(h1)
    h2 = Self.finish(h2)
    low = h1 &+ h2
    high = h2 &+ low
  }

  /// The hash of `bytes`.
  public init(of bytes: [UInt8]) {
    self = bytes.withUnsafeBytes { ContentHash(of: $0) }
  }

  /// By value.
  public static func < (left: ContentHash, right: ContentHash) -> Bool {
    (left.high, left.low) < (right.high, right.low)
  }

  /// 32 hexadecimal digits, the high half first.
  public var description: String {
    [high, low].map { half in
      let digits = String(half, radix: 16)
      return String(repeating: "0", count: 16 - digits.count) + digits
    }.joined()
  }

  @inline(__always)
  private static func rotate(_ value: UInt64, by count: UInt64) -> UInt64 {
    value << count | value >> (64 &- count)
  }

  @inline(__always)
  private static func scramble1(_ value: UInt64) -> UInt64 { rotate(value &* c1, by: 31) &* c2 }

  @inline(__always)
  private static func scramble2(_ value: UInt64) -> UInt64 { rotate(value &* c2, by: 33) &* c1 }

  private static func finish(_ value: UInt64) -> UInt64 {
    var k = value
    k = (k ^ (k >> 33)) &* 0xff51_afd7_ed55_8ccd
    k = (k ^ (k >> 33)) &* 0xc4ce_b9fe_1a85_ec53
    return k ^ (k >> 33)
  }
}
