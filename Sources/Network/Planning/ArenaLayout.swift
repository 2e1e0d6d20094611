// SPDX-License-Identifier: Apache-2.0
import Kernels

/// A stretch of memory that must hold its contents from one step to another, both included.
package struct Buffer: Sendable {
  package var byteCount: Int
  package var firstStep: Int
  package var lastStep: Int

  package init(byteCount: Int, firstStep: Int, lastStep: Int) {
    self.byteCount = byteCount
    self.firstStep = firstStep
    self.lastStep = lastStep
  }

  /// Makes the buffer live at `step` too.
  mutating func extend(to step: Int) {
    firstStep = min(firstStep, step)
    lastStep = max(lastStep, step)
  }

  package func overlaps(_ other: Buffer) -> Bool {
    firstStep <= other.lastStep && other.firstStep <= lastStep
  }
}

/// Offsets of buffers in one arena, such that no two that live at the same time overlap.
///
/// Each buffer in turn takes the lowest offset that fits (Pisarchyk & Lee, arXiv:2001.03288). All
/// depends on the turn: several orders are tried, and as long as none comes close to the lower
/// bound, the best is changed at random places.
package struct ArenaLayout: Sendable {
  package private(set) var offsets: [Int]
  package private(set) var byteCount: Int
  /// The largest sum of buffers that live at the same step: no layout can be smaller.
  package let lowerBound: Int

  /// Offsets are multiples of this: a cache line, and a whole vector on every CPU.
  package static let alignment = 64

  package init(_ buffers: [Buffer]) {
    lowerBound = Self.lowerBound(buffers)
    let orders = ArenaOrder.all(buffers)
    (offsets, byteCount) = Self.place(buffers, orders[0])
    for order in orders.dropFirst() { keepBetter(Self.place(buffers, order)) }
    for order in orders where !isCloseToBound { search(buffers, from: order) }
  }

  private var isCloseToBound: Bool { byteCount - lowerBound <= lowerBound / 32 }

  private mutating func keepBetter(_ layout: (offsets: [Int], byteCount: Int)) {
    if layout.byteCount < byteCount { (offsets, byteCount) = layout }
  }

  /// Lets the buffer that reaches highest choose earlier, or any two in the other's turn, again and
  /// again, at most 1200 times.
  private mutating func search(_ buffers: [Buffer], from start: [Int]) {
    var random = RandomGenerator(seed: 1)
    var order = start
    var present = Self.place(buffers, order)
    for turn in 0..<1200 where !isCloseToBound {
      let highest = order.firstIndex {
        present.offsets[$0] + Self.aligned(buffers[$0].byteCount) == present.byteCount
      }
      guard let highest else { return }
      var candidate = order
      if turn % 2 == 0 && highest > 0 {
        candidate.insert(candidate.remove(at: highest), at: random.index(below: highest))
      } else {
        candidate.swapAt(random.index(below: order.count), random.index(below: order.count))
      }
      let layout = Self.place(buffers, candidate)
      guard layout.byteCount <= present.byteCount else { continue }
      (order, present) = (candidate, layout)
      keepBetter(layout)
    }
  }

  /// The offsets when the buffers choose in the given order.
  private static func place(_ buffers: [Buffer], _ order: [Int]) -> (offsets: [Int], byteCount: Int)
  {
    var offsets = [Int](repeating: 0, count: buffers.count)
    var byteCount = 0
    var placed: [Int] = []
    for index in order {
      let size = aligned(buffers[index].byteCount)
      var offset = 0
      // `placed` is kept in order of offsets: the first gap that is wide enough is the lowest.
      for other in placed where buffers[other].overlaps(buffers[index]) {
        if offsets[other] >= offset + size { break }
        offset = max(offset, offsets[other] + aligned(buffers[other].byteCount))
      }
      offsets[index] = offset
      byteCount = max(byteCount, offset + size)
      let position = placed.firstIndex { offsets[$0] > offset } ?? placed.endIndex
      placed.insert(index, at: position)
    }
    return (offsets, byteCount)
  }

  private static func lowerBound(_ buffers: [Buffer]) -> Int {
    liveByteCounts(buffers).reduce(0) { max($0, $1) }
  }

  /// Bytes of the buffers that live at each step.
  static func liveByteCounts(_ buffers: [Buffer]) -> [Int] {
    let lastStep = buffers.reduce(0) { max($0, $1.lastStep) }
    var result = [Int](repeating: 0, count: lastStep + 2)
    for buffer in buffers {
      result[buffer.firstStep] += aligned(buffer.byteCount)
      result[buffer.lastStep + 1] -= aligned(buffer.byteCount)
    }
    for step in 1..<result.count { result[step] += result[step - 1] }
    return result
  }

  static func aligned(_ byteCount: Int) -> Int { (byteCount + alignment - 1) & ~(alignment - 1) }
}

/// Orders in which the buffers of a plan may choose their places. Empty buffers take no part.
private enum ArenaOrder {
  /// The largest first; then those that live at the fullest steps first, among them by size, by the
  /// end of their lives, and by the beginning.
  static func all(_ buffers: [Buffer]) -> [[Int]] {
    let indices = buffers.indices.filter { buffers[$0].byteCount > 0 }
    let bySize = indices.sorted { (buffers[$1].byteCount, $0) < (buffers[$0].byteCount, $1) }
    let byEnd = indices.sorted {
      (buffers[$1].lastStep, buffers[$0].firstStep, $0) < (
        buffers[$0].lastStep, buffers[$1].firstStep, $1
      )
    }
    let byBeginning = indices.sorted {
      (buffers[$0].firstStep, buffers[$1].lastStep, $0) < (
        buffers[$1].firstStep, buffers[$0].lastStep, $1
      )
    }
    return [bySize] + [bySize, byEnd, byBeginning].map { fullestFirst(buffers, $0) }
  }

  /// Sorts by the fullest step of each buffer's life, and keeps the given order among equals.
  private static func fullestFirst(_ buffers: [Buffer], _ order: [Int]) -> [Int] {
    let live = ArenaLayout.liveByteCounts(buffers)
    let steps = live.indices.sorted { (live[$1], $0) < (live[$0], $1) }
    var isTaken = [Bool](repeating: false, count: buffers.count)
    var result: [Int] = []
    for step in steps {
      for index in order
      where !isTaken[index] && buffers[index].firstStep <= step && step <= buffers[index].lastStep {
        isTaken[index] = true
        result.append(index)
      }
    }
    return result
  }
}
