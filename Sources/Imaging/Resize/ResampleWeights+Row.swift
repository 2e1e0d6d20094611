// SPDX-License-Identifier: Apache-2.0

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
