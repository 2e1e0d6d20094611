// SPDX-License-Identifier: Apache-2.0

/// One direction of a change of size: which input positions make an output position, and the other
/// way round.
struct ResizeAxis {
  let input: Int
  let output: Int

  /// Two neighbouring input positions and the share of the second.
  struct Tap {
    let low: Int
    let high: Int
    let highWeight: Float
  }

  /// ⌊i · input / output⌋
  @inline(__always) func nearest(_ i: Int) -> Int { i * input / output }

  /// The output positions that are copies of input position `k`.
  @inline(__always) func copies(of k: Int) -> Range<Int> {
    (k * output + input - 1) / input..<((k + 1) * output + input - 1) / input
  }

  /// Where the centre of output position `i` lies, in integers: (2i + 1) · input − output over 2 ·
  /// output.
  @inline(__always) func linear(_ i: Int) -> Tap {
    let numerator = max(0, (2 * i + 1) * input - output)
    let low = min(input - 1, numerator / (2 * output))
    let high = min(input - 1, low + 1)
    return Tap(
      low: low, high: high, highWeight: Float(numerator - low * 2 * output) / Float(2 * output))
  }

  /// A range of output positions that holds all whose taps include input position `k`, and few
  /// more.
  @inline(__always) func outputs(near k: Int) -> Range<Int> {
    // |(2i + 1) · input / (2 · output) − ½ − k| < 1, solved for i; the edges continue.
    let first = k == 0 ? 0 : max(0, ((2 * k - 1) * output / input - 1) / 2)
    let last = k == input - 1 ? output : min(output, ((2 * k + 3) * output / input + 1) / 2 + 1)
    return first..<max(first, last)
  }

  /// The share of input position `k` in output position `i`.
  @inline(__always) func weight(of k: Int, in i: Int) -> Float {
    let tap = linear(i)
    return (tap.low == k ? 1 - tap.highWeight : 0) + (tap.high == k ? tap.highWeight : 0)
  }
}
