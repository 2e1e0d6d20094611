// SPDX-License-Identifier: Apache-2.0
import Foundation

/// A thread that renders batches ahead of their use, in order, into a ring of buffers.
///
/// The order of batches does not depend on timing.
final class BatchPrefetcher: @unchecked Sendable {
  private let condition = NSCondition()
  // All of these are guarded by `condition`.
  private var free: [BatchBuffer]
  private var ready: [(Batch, BatchBuffer)] = []
  private var isStopped = false
  private var hasEnded = false

  /// Starts rendering at `start`; epochs from `endEpoch` on are not rendered.
  init(_ renderer: BatchRenderer, from start: BatchPosition, endEpoch: Int?, bufferCount: Int) {
    free = (0..<bufferCount).map { _ in BatchBuffer(for: renderer) }
    let thread = Thread { self.run(renderer, from: start, endEpoch: endEpoch) }
    thread.name = "batch loader"
    thread.stackSize = 1 << 20
    thread.start()
  }

  /// Hands the next batch to `body`; `nil` after the last epoch.
  func next<Result>(_ body: (Batch, BatchBuffer) -> Result) -> Result? {
    condition.lock()
    while ready.isEmpty && !hasEnded { condition.wait() }
    guard !ready.isEmpty else {
      condition.unlock()
      return nil
    }
    let (batch, buffer) = ready.removeFirst()
    condition.unlock()
    let result = body(batch, buffer)
    condition.lock()
    free.append(buffer)
    condition.broadcast()
    condition.unlock()
    return result
  }

  /// Ends the thread, which may still finish its current batch.
  func stop() {
    condition.lock()
    isStopped = true
    condition.broadcast()
    condition.unlock()
  }

  private func run(_ initial: BatchRenderer, from start: BatchPosition, endEpoch: Int?) {
    var renderer = initial
    var position = start
    while endEpoch.map({ position.epoch < $0 }) ?? true, let buffer = takeFreeBuffer() {
      let batch = renderer.render(position, to: buffer.memory)
      position = renderer.advanced(position)
      condition.lock()
      ready.append((batch, buffer))
      condition.broadcast()
      condition.unlock()
    }
    condition.lock()
    hasEnded = true
    condition.broadcast()
    condition.unlock()
  }

  private func takeFreeBuffer() -> BatchBuffer? {
    condition.lock()
    defer { condition.unlock() }
    while free.isEmpty && !isStopped { condition.wait() }
    return isStopped ? nil : free.removeLast()
  }
}

/// Memory for one batch.
final class BatchBuffer {
  let memory: BatchMemory

  init(for renderer: BatchRenderer) {
    memory = BatchMemory(
      images: .allocate(capacity: renderer.batchFloats),
      targets: .allocate(capacity: renderer.targetFloats),
      pairedImages: renderer.paired == nil ? nil : .allocate(capacity: renderer.batchFloats))
  }

  deinit {
    memory.images.deallocate()
    memory.targets?.deallocate()
    memory.pairedImages?.deallocate()
  }
}
