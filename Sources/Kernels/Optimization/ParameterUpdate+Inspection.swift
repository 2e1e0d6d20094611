// SPDX-License-Identifier: Apache-2.0

extension ParameterUpdate {
  /// Floats of scratch memory that ``sumOfSquares`` needs.
  package static func scratchCount(count: Int) -> Int {
    (count + VectorLoop.chunkElements - 1) / VectorLoop.chunkElements
  }

  /// Σ v², what gradients are clipped by: over fixed chunks, which are combined in double
  /// precision.
  package static func sumOfSquares(
    _ values: UnsafePointer<Float>, count: Int, scratch: UnsafeMutablePointer<Float>,
    pool: ThreadPool
  ) -> Float {
    VectorLoop.forEachChunk(of: count, pool: pool) { start, count in
      let v = values + start
      var even = Vector(repeating: 0)
      var odd = Vector(repeating: 0)
      VectorLoop.forEachVector(of: count) { i in
        let value = Vector(at: v + i)
        (even, odd) = (odd, even + value * value)
      } rest: { i, lanes in
        let value = Vector(first: lanes, at: v + i)
        even += value * value
      }
      scratch[start / VectorLoop.chunkElements] = Float((even + odd).doubleTotal)
    }
    var sum = 0.0
    for chunk in 0..<scratchCount(count: count) { sum += Double(scratch[chunk]) }
    return Float(sum)
  }

  /// Whether any value is infinite or NaN: the sign of a training run that diverged.
  package static func hasNonFinite(
    _ values: UnsafePointer<Float>, count: Int, pool: ThreadPool
  ) -> Bool {
    withUnsafeTemporaryAllocation(of: Bool.self, capacity: pool.threadCount) { found in
      found.initialize(repeating: false)
      let flags = found.baseAddress.unsafelyUnwrapped
      pool.forEachRange(of: count, grain: VectorLoop.chunkElements) { range, worker in
        let v = values + range.lowerBound
        // x · 0 is NaN for those alone, and NaN stays in a sum.
        var sum = Vector(repeating: 0)
        VectorLoop.forEachVector(of: range.count) { i in
          sum += Vector(at: v + i) * 0
        } rest: { i, lanes in
          sum += Vector(first: lanes, at: v + i) * 0
        }
        if sum.total != 0 { flags[worker] = true }
      }
      return found.contains(true)
    }
  }
}
