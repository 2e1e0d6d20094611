// SPDX-License-Identifier: Apache-2.0
import Foundation
import Network
import Testing

struct LearningRateScheduleTests {
  private func values(_ shape: LearningRateSchedule.Shape, warmUp: Float = 0, count: Int = 100)
    -> [Float]
  {
    let schedule = LearningRateSchedule(shape, warmUp: warmUp)
    return (0..<count).map { schedule.multiplier(step: $0, of: count) }
  }

  @Test func `a constant rate stays`() {
    #expect(values(.constant).allSatisfy { $0 == 1 })
  }

  @Test func `steps multiply at their fractions`() {
    let values = values(.step(at: [0.5, 0.75], factor: 0.1))
    #expect(values[49] == 1)
    #expect(values[50] == 0.1)
    #expect(values[74] == 0.1)
    #expect(abs(values[75] - 0.01) < 1e-8)
  }

  @Test func `a cosine falls from 1 to its end`() {
    for (step, value) in values(.cosine(final: 0.1)).enumerated() {
      let exact = 0.1 + 0.9 * 0.5 * (1 + cos(Double.pi * Double(step) / 100))
      #expect(abs(Double(value) - exact) < 1e-6)
    }
    let schedule = LearningRateSchedule(.cosine(final: 0))
    #expect(abs(schedule.multiplier(step: 10, of: 10)) < 1e-6)
  }

  @Test func `one cycle rises to its peak and falls to its end`() {
    let values = values(.oneCycle(initial: 0.2, peak: 0.25, final: 0.05))
    #expect(values[0] == 0.2)
    #expect(values[25] == 1)
    #expect(zip(values[..<25], values[1...25]).allSatisfy { $0 < $1 })
    #expect(zip(values[25...], values[26...]).allSatisfy { $0 > $1 })
    #expect(abs(values[99] - (0.05 + 0.95 / 75)) < 1e-5)
  }

  @Test func `one cycle may peak at either end`() {
    #expect(values(.oneCycle(initial: 0.2, peak: 0, final: 0.5)).allSatisfy { $0.isFinite })
    #expect(
      LearningRateSchedule(.oneCycle(initial: 0.2, peak: 1, final: 0.5))
        .multiplier(step: 10, of: 10).isFinite)
  }

  @Test func `a warm-up rises from the first step to the full rate`() {
    let values = values(.constant, warmUp: 0.1)
    #expect(abs(values[0] - 0.1) < 1e-6)
    #expect(abs(values[4] - 0.5) < 1e-6)
    #expect(values[9...].allSatisfy { $0 == 1 })
  }

  @Test func `no steps at all is no division by zero`() {
    #expect(LearningRateSchedule(.cosine(final: 0), warmUp: 0.5).multiplier(step: 0, of: 0) == 1)
  }
}
