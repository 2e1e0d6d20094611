// SPDX-License-Identifier: Apache-2.0
import CPlatform

/// Threads that share the items of one loop at a time.
///
/// Kernels in floats cut their work into items by shape alone, never by `threadCount`, and every
/// item writes memory of its own (a sum over items is taken afterwards, in order): so results are
/// the same bytes for any number of threads. Integer kernels give
/// the same bytes however their work is cut.
public final class ThreadPool {
  /// The threads that run a loop, the caller among them.
  public let threadCount: Int
  private let handle: OpaquePointer

  /// Starts `threadCount - 1` threads; `nil` when the system refuses one.
  public init?(threadCount: Int) {
    precondition(threadCount >= 1, "a pool has at least one thread")
    guard let handle = ocelli_thread_pool_create(threadCount) else { return nil }
    self.handle = handle
    self.threadCount = threadCount
  }

  deinit { ocelli_thread_pool_destroy(handle) }

  /// Runs `body(item, worker)` for each item in `0..<count`, in any order, and returns when all
  /// have run.
  ///
  /// `worker` is in `0..<threadCount`; no two items run at once with the same worker, so it can
  /// index scratch memory. Loops do not nest.
  package func forEach(_ count: Int, _ body: (_ item: Int, _ worker: Int) -> Void) {
    // A loop for the caller alone costs no more than a loop.
    if threadCount == 1 || count <= 1 {
      for item in 0..<max(0, count) { body(item, 0) }
      return
    }
    withoutActuallyEscaping(body) { body in
      withUnsafePointer(to: body) { pointer in
        ocelli_thread_pool_run(
          handle, count,
          { context, item, worker in
            context.unsafelyUnwrapped.assumingMemoryBound(to: ((Int, Int) -> Void).self).pointee(
              item, worker)
          }, UnsafeMutableRawPointer(mutating: pointer))
      }
    }
  }

  /// Runs `body` for consecutive ranges of at most `grain` items that cover `0..<count`.
  package func forEachRange(
    of count: Int, grain: Int, _ body: (_ range: Range<Int>, _ worker: Int) -> Void
  ) {
    let chunks = (count + grain - 1) / grain
    forEach(chunks) { chunk, worker in body(chunk * grain..<min(count, (chunk + 1) * grain), worker)
    }
  }
}
