// SPDX-License-Identifier: Apache-2.0
import Kernels
import Network
import Testing

struct ArenaLayoutTests {
  @Test(arguments: 0..<50 as Range<UInt64>)
  func `buffers that live at once never overlap`(seed: UInt64) {
    var random = RandomGenerator(seed: seed)
    let buffers = (0..<60).map { _ in
      let first = random.index(below: 30)
      return Buffer(
        byteCount: random.index(below: 5) == 0 ? 0 : 1 + random.index(below: 1000),
        firstStep: first, lastStep: first + random.index(below: 12))
    }
    let layout = ArenaLayout(buffers)
    #expect(firstConflict(buffers, layout.offsets, arena: layout.byteCount) == nil)
    #expect(layout.byteCount >= layout.lowerBound)
    #expect(layout.offsets.allSatisfy { $0 % ArenaLayout.alignment == 0 })
  }

  @Test func `the lower bound is the largest sum of what lives at one step`() {
    let layout = ArenaLayout([
      Buffer(byteCount: 64, firstStep: 0, lastStep: 1),
      Buffer(byteCount: 60, firstStep: 1, lastStep: 2),
      Buffer(byteCount: 128, firstStep: 2, lastStep: 3),
    ])
    #expect(layout.lowerBound == 192)
    #expect(layout.byteCount == 192)
  }

  @Test func `nothing takes no memory`() {
    let layout = ArenaLayout([])
    #expect(layout.byteCount == 0)
    #expect(layout.lowerBound == 0)
  }
}

/// The first pair of buffers that share bytes while both live, or a buffer that is not inside of
/// the arena.
func firstConflict(_ buffers: [Buffer], _ offsets: [Int], arena: Int) -> (Int, Int)? {
  for i in buffers.indices where buffers[i].byteCount > 0 {
    if offsets[i] < 0 || offsets[i] + buffers[i].byteCount > arena { return (i, i) }
    for j in 0..<i where buffers[j].byteCount > 0 && buffers[i].overlaps(buffers[j]) {
      if offsets[i] < offsets[j] + buffers[j].byteCount
        && offsets[j] < offsets[i] + buffers[i].byteCount
      {
        return (j, i)
      }
    }
  }
  return nil
}
