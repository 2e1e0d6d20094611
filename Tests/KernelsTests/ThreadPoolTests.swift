// SPDX-License-Identifier: Apache-2.0
import Kernels
import Testing

struct ThreadPoolTests {
  @Test(arguments: [1, 2, 3, 5])
  func `runs every item once, on a worker of the pool`(threadCount: Int) throws {
    let pool = try #require(ThreadPool(threadCount: threadCount))
    for count in [0, 1, 2, 7, 1000] {
      let runs = UnsafeMutablePointer<Int>.allocate(capacity: count + 1)
      defer { runs.deallocate() }
      runs.initialize(repeating: 0, count: count + 1)
      for _ in 0..<20 {
        pool.forEach(count) { item, worker in
          runs[item] += (0..<threadCount).contains(worker) ? 1 : 1000
        }
      }
      #expect((0..<count).allSatisfy { runs[$0] == 20 })
    }
  }

  @Test func `ranges cover the whole without overlap`() throws {
    let pool = try #require(ThreadPool(threadCount: 2))
    let covered = UnsafeMutablePointer<Int>.allocate(capacity: 103)
    defer { covered.deallocate() }
    covered.initialize(repeating: 0, count: 103)
    pool.forEachRange(of: 103, grain: 10) { range, _ in for index in range { covered[index] += 1 } }
    #expect((0..<103).allSatisfy { covered[$0] == 1 })
  }
}
