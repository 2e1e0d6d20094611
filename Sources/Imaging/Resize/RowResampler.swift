// SPDX-License-Identifier: Apache-2.0

/// Resizes a picture whose rows arrive one by one, in the order in which they are stored. Only
/// those that the next output row needs are kept.
///
/// Columns of the upright picture are always resampled before its rows, so that the result does not
/// depend on how the picture is stored. Rows of an upright picture are kept at output width; rows
/// that are its columns are kept whole, and combined first.
struct RowResampler {
  private let channels: Int
  private let orientation: Orientation
  /// What makes the pixels of an incoming row those of an output row, and rows a row.
  private let along: LineResampler
  private let across: ResampleWeights
  private let sourceCount: Int
  private let targetCount: Int
  /// The number of rows that have come, and of output rows that are done.
  private var sourceRow = 0
  private var targetRow = 0
  /// The last rows; row `r` lies at `r % capacity`.
  private var ring: [UInt8]
  private let capacity: Int
  private var sums: [Int32]

  /// - Parameters:
  ///   - source: the sides of the upright picture.
  ///   - orientation: how its rows come; that they are mirrored has been seen to.
  init(
    from source: (width: Int, height: Int), to target: (width: Int, height: Int), channels: Int,
    filter: ResampleFilter, orientation: Orientation = Orientation()
  ) {
    (self.channels, self.orientation) = (channels, orientation)
    let columns = ResampleWeights(
      sourceCount: source.width, targetCount: target.width, filter: filter)
    let rows = ResampleWeights(
      sourceCount: source.height, targetCount: target.height, filter: filter)
    let isTransposed = orientation.isTransposed
    let (sourceLength, targetLength) =
      isTransposed ? (source.height, target.height) : (source.width, target.width)
    along = LineResampler(
      weights: isTransposed ? rows : columns, channels: channels, sourceLength: sourceLength,
      targetLength: targetLength)
    across = isTransposed ? columns : rows
    sourceCount = isTransposed ? source.width : source.height
    targetCount = isTransposed ? target.width : target.height
    capacity = across.maximumCount
    let keptLength = isTransposed ? sourceLength : targetLength
    ring = [UInt8](repeating: 0, count: capacity * keptLength * channels)
    sums = [Int32](repeating: 0, count: keptLength * channels)
  }

  /// Takes the next row and writes the output rows, or columns, that it completes to their places
  /// in `picture`.
  mutating func push(_ row: UnsafePointer<UInt8>, into picture: UnsafeMutablePointer<UInt8>) {
    let isReversed = orientation.mirrorsRows
    let position = isReversed ? sourceCount - 1 - sourceRow : sourceRow
    let slot = position % capacity * sums.count
    if orientation.isTransposed {
      ring.withUnsafeMutableBufferPointer { ring in
        for index in 0..<sums.count { ring[slot + index] = row[index] }
      }
    } else {
      along.resample(row, into: &ring, at: slot)
    }
    while targetRow < targetCount {
      let output = isReversed ? targetCount - 1 - targetRow : targetRow
      let first = across.starts[output]
      guard isReversed ? first >= position : first + across.counts[output] - 1 <= position else {
        break
      }
      if orientation.isTransposed {
        writeColumn(output, into: picture)
      } else {
        combineRows(output, into: picture + output * sums.count)
      }
      targetRow += 1
    }
    sourceRow += 1
  }

  private mutating func combineRows(_ output: Int, into target: UnsafeMutablePointer<UInt8>) {
    let count = sums.count
    let start = across.starts[output]
    let weights = output * across.maximumCount
    sums.withUnsafeMutableBufferPointer { sums in
      ring.withUnsafeBufferPointer { ring in
        guard let sums = sums.baseAddress, let ring = ring.baseAddress else { return }
        sums.update(repeating: ResampleWeights.half, count: count)
        for tap in 0..<across.counts[output] {
          let row = ring + (start + tap) % capacity * count
          let weight = across.weights[weights + tap]
          for index in 0..<count { sums[index] &+= weight &* Int32(row[index]) }
        }
        for index in 0..<count { target[index] = ResampleWeights.byte(sums[index]) }
      }
    }
  }

  private mutating func writeColumn(_ x: Int, into picture: UnsafeMutablePointer<UInt8>) {
    var combined = [UInt8](repeating: 0, count: sums.count)
    combineRows(x, into: &combined)
    var column = [UInt8](repeating: 0, count: along.targetLength * channels)
    along.resample(combined, into: &column, at: 0)
    for y in 0..<along.targetLength {
      for channel in 0..<channels {
        picture[(y * targetCount + x) * channels + channel] = column[y * channels + channel]
      }
    }
  }
}

/// Gives a line of pixels another length.
private struct LineResampler {
  let weights: ResampleWeights
  let channels: Int
  let sourceLength: Int
  let targetLength: Int

  func resample(_ line: UnsafePointer<UInt8>, into target: inout [UInt8], at offset: Int) {
    target.withUnsafeMutableBufferPointer { target in
      guard let start = target.baseAddress else { return }
      if sourceLength == targetLength {
        (start + offset).update(from: line, count: sourceLength * channels)
      } else if channels == 3 {
        weights.resampleColor(line, into: start + offset)
      } else {
        weights.resampleGrey(line, into: start + offset)
      }
    }
  }
}

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

  /// One row of red, green, blue.
  func resampleColor(_ source: UnsafePointer<UInt8>, into target: UnsafeMutablePointer<UInt8>) {
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
  func resampleGrey(_ source: UnsafePointer<UInt8>, into target: UnsafeMutablePointer<UInt8>) {
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

/// How a picture of another size is made.
///
/// When a side shrinks, all but `nearest` widen with the factor, so that each source pixel
/// counts: no aliasing.
public enum ResampleFilter: Sendable {
  /// The nearest pixel: for masks and pixel zoom.
  case nearest
  /// The mean of the pixels that an output pixel covers.
  case box
  /// Weights that fall linearly with the distance: the usual choice for photographs.
  case bilinear
  /// Cubic weights with a = −½ (Keys, 1981), which sharpen a little: the usual choice of
  /// super-resolution.
  case bicubic

  /// Half the width of the kernel, in output pixels when shrinking and in source pixels when
  /// enlarging.
  var support: Double {
    switch self {
    case .box: 0.5
    case .nearest, .bilinear: 1
    case .bicubic: 2
    }
  }

  func weight(at distance: Double) -> Double {
    let x = distance.magnitude
    switch self {
    case .box: return distance > -0.5 && distance <= 0.5 ? 1 : 0
    case .nearest, .bilinear: return x < 1 ? 1 - x : 0
    case .bicubic:
      let a = -0.5
      if x < 1 { return ((a + 2) * x - (a + 3)) * x * x + 1 }
      return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0
    }
  }
}
