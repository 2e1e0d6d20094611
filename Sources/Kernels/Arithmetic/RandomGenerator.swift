// SPDX-License-Identifier: Apache-2.0

/// A seeded generator of random numbers: the same numbers on every machine, forever.
///
/// SplitMix64 (Steele, Lea & Flood, 2014, doi:10.1145/2660193.2660195). Its whole state is one
/// word, so a checkpoint holds it, and a stream of its own for each image, layer and epoch is made
/// by `init(seed:stream:)`.
public struct RandomGenerator: RandomNumberGenerator, Equatable, Sendable {
  /// The whole state: what a checkpoint saves.
  public var state: UInt64

  /// The generator whose state is `seed`.
  public init(seed: UInt64) { state = seed }

  /// The generator of one `stream` (an image, a layer, an epoch …) under `seed`, independent of all
  /// others.
  public init(seed: UInt64, stream: UInt64) {
    state = Self.mix(seed &+ Self.mix(stream &+ 0x9E37_79B9_7F4A_7C15))
  }

  /// The next 64 random bits.
  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    return Self.mix(state)
  }

  /// A well-mixed hash of `value`: the output function of SplitMix64.
  @inline(__always) package static func mix(_ value: UInt64) -> UInt64 {
    var z = value
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// Uniform in [0, 1), a multiple of 2⁻²⁴.
  public mutating func uniform() -> Float { Float(next() >> 40) * 0x1p-24 }

  /// Uniform in `range`.
  public mutating func uniform(_ range: Range<Float>) -> Float {
    range.lowerBound + (range.upperBound - range.lowerBound) * uniform()
  }

  /// Uniform in `0..<bound` (Lemire's multiplication; its bias is below 2⁻³² for any bound used
  /// here).
  public mutating func index(below bound: Int) -> Int {
    precondition(bound > 0, "an index needs a positive bound")
    return Int((next() >> 32).multipliedFullWidth(by: UInt64(bound)).low >> 32)
  }

  /// Puts the elements in a random order (Fisher–Yates).
  public mutating func shuffle<Element>(_ elements: inout [Element]) {
    guard elements.count > 1 else { return }
    for last in stride(from: elements.count - 1, to: 0, by: -1) {
      elements.swapAt(last, index(below: last + 1))
    }
  }
}

extension RandomGenerator {
  /// Normally distributed with mean 0 and deviation 1 (Marsaglia's polar method).
  public mutating func normal() -> Float {
    while true {
      let (u, v) = (2 * uniform() - 1, 2 * uniform() - 1)
      let square = u * u + v * v
      if square > 0 && square < 1 {
        return u * (-2 * ElementaryFunctions.log(square) / square).squareRoot()
      }
    }
  }
}
