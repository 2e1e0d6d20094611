// SPDX-License-Identifier: Apache-2.0
package import Network

extension Session {
  /// Fills every byte of the arena that holds nothing when the step `time` begins. Steps count as
  /// in the plan: the forward steps, the loss, the backward steps.
  package func overwriteDeadMemory(at time: Int, with value: Float) {
    let memory = arenaBytes.bindMemory(to: Float.self)
    var isLive = [Bool](repeating: false, count: memory.count)
    for (buffer, offset) in zip(plan.buffers, plan.bufferOffsets) {
      // What is first written at this step holds nothing yet, but step 0 finds the input there.
      let holds = buffer.firstStep < time || buffer.firstStep == 0
      guard holds && time <= buffer.lastStep else { continue }
      let floats = offset / 4..<(offset + buffer.byteCount + 3) / 4
      isLive.replaceSubrange(floats, with: repeatElement(true, count: floats.count))
    }
    for index in memory.indices where !isLive[index] { memory[index] = value }
  }
}

extension NetworkRun {
  /// A forward run, `loss`, and a backward run in which dead memory holds `value` before each step.
  package func train(poison value: Float?, seed: UInt64 = 3, loss: () -> Void) {
    func prepare(_ time: Int) {
      if let value { session.overwriteDeadMemory(at: time, with: value) }
    }
    let count = session.plan.stepCount
    for index in 0..<count {
      prepare(index)
      session.forwardStep(index, seed: seed)
    }
    prepare(count)
    loss()
    for (position, index) in session.plan.backwardSteps.enumerated() {
      prepare(count + 1 + position)
      session.backwardStep(index)
    }
    prepare(count + 1 + session.plan.backwardSteps.count)
  }
}
