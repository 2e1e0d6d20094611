// SPDX-License-Identifier: Apache-2.0

/// Along one side, the source pixels of each output pixel and their weights, in fixed point:
///
/// `out[o] = (Σ_t weights[o, t] · in[starts[o] + t] + 2^21) / 2^22`, rounded down.
///
/// **Numbers**: weights sum to 2^22 within half their count, and those of `bicubic` that are
/// negative to more than −2^20; so sums stay below 2^31 for all sides up to 65,535 pixels.
/// **Exactness**: the bytes of Pillow's `Image.resize` (Resample.c, 8 bits a channel).
struct ResampleWeights {
  static let fractionBits: Int32 = 22
  static let half: Int32 = 1 << (fractionBits - 1)

  let starts: [Int]
  let counts: [Int]
  /// The most source pixels that an output pixel needs; also the row stride of `weights`.
  let maximumCount: Int
  let weights: [Int32]

  init(sourceCount: Int, targetCount: Int, filter: ResampleFilter) {
    let scale = Double(sourceCount) / Double(targetCount)
    let filterScale = max(scale, 1)
    let support = filter.support * filterScale
    let stride = Int(support.rounded(.up)) * 2 + 1

    var starts = [Int](repeating: 0, count: targetCount)
    var counts = starts
    var weights = [Int32](repeating: 0, count: targetCount * stride)
    var exact = [Double](repeating: 0, count: stride)
    for target in 0..<targetCount {
      let center = (Double(target) + 0.5) * scale
      let start = max(0, Int(center - support + 0.5))
      let count = min(sourceCount, Int(center + support + 0.5)) - start
      var sum = 0.0
      for tap in 0..<count {
        let distance = (Double(start + tap) - center + 0.5) * (1 / filterScale)
        exact[tap] = filter.weight(at: distance)
        sum += exact[tap]
      }
      for tap in 0..<count where sum != 0 {
        let weight = exact[tap] / sum
        // As C's conversion after adding a half of the weight's sign: ties go away from 0.
        let scaled = weight * Double(1 << Self.fractionBits)
        weights[target * stride + tap] = Int32(scaled + (scaled < 0 ? -0.5 : 0.5))
      }
      starts[target] = start
      counts[target] = count
    }
    (self.starts, self.counts) = (starts, counts)
    self.maximumCount = stride
    self.weights = weights
  }

  /// The byte of a fixed-point sum.
  @inline(__always) static func byte(_ sum: Int32) -> UInt8 {
    UInt8(truncatingIfNeeded: min(max(sum >> fractionBits, 0), 255))
  }
}

extension ResampleWeights {
  /// One row of red, green, blue.
  func resampleColor(
    _ source: UnsafePointer<UInt8>, into target: UnsafeMutablePointer<UInt8>
  ) {
    weights.withUnsafeBufferPointer { weights in
      for x in starts.indices {
        let first = starts[x]
        let row = x * maximumCount
        var red = Self.half
        var green = Self.half
        var blue = Self.half
        for tap in 0..<counts[x] {
          let weight = weights[row + tap]
          let pixel = source + 3 * (first + tap)
          red &+= weight &* Int32(pixel[0])
          green &+= weight &* Int32(pixel[1])
          blue &+= weight &* Int32(pixel[2])
        }
        target[3 * x] = Self.byte(red)
        target[3 * x + 1] = Self.byte(green)
        target[3 * x + 2] = Self.byte(blue)
      }
    }
  }

  /// One row of single bytes.
  func resampleGrey(
    _ source: UnsafePointer<UInt8>, into target: UnsafeMutablePointer<UInt8>
  ) {
    weights.withUnsafeBufferPointer { weights in
      for x in starts.indices {
        let first = source + starts[x]
        let row = x * maximumCount
        var sum = Self.half
        for tap in 0..<counts[x] { sum &+= weights[row + tap] &* Int32(first[tap]) }
        target[x] = Self.byte(sum)
      }
    }
  }
}
