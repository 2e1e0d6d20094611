// SPDX-License-Identifier: Apache-2.0
import Kernels

/// Loops over images while data sets are made.
enum Parallel {
  private static let threadCount = 2

  /// Runs `body` for each index on two threads, or on the caller's when the system gives no other.
  static func forEach(_ count: Int, _ body: (Int) -> Void) {
    guard count > 1, let pool = ThreadPool(threadCount: threadCount) else {
      for index in 0..<count { body(index) }
      return
    }
    pool.forEach(count) { index, _ in body(index) }
  }
}
