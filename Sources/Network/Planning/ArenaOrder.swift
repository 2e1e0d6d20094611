// SPDX-License-Identifier: Apache-2.0

/// Orders in which the buffers of a plan may choose their places. Empty buffers take no part.
enum ArenaOrder {
  /// The largest first; then those that live at the fullest steps first, among them by size, by the
  /// end of their lives, and by the beginning.
  static func all(_ buffers: [Buffer]) -> [[Int]] {
    let indices = buffers.indices.filter { buffers[$0].byteCount > 0 }
    let bySize = indices.sorted { (buffers[$1].byteCount, $0) < (buffers[$0].byteCount, $1) }
    let byEnd = indices.sorted {
      (buffers[$1].lastStep, buffers[$0].firstStep, $0)
        < (buffers[$0].lastStep, buffers[$1].firstStep, $1)
    }
    let byBeginning = indices.sorted {
      (buffers[$0].firstStep, buffers[$1].lastStep, $0)
        < (buffers[$1].firstStep, buffers[$0].lastStep, $1)
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
