// SPDX-License-Identifier: Apache-2.0
import Experiments
import Foundation
import Platform
import Text
import Training

/// Shows an experiment: a line for each cell that is done, and one that is written over meanwhile.
final class ExperimentProgress: ExperimentObserver {
  private let status = StatusLine()
  private let isQuiet: Bool
  private let start = MonotonicClock.seconds
  private var cellStart = MonotonicClock.seconds
  private var title = ""
  private var doneShare = 0.0
  private var shareOfCell = 0.0
  private var last = ""

  init(isQuiet: Bool) { self.isQuiet = isQuiet }

  func willStart(_ title: String, number: Int, count: Int, doneShare: Double, share: Double) {
    self.title = "[\(number) of \(count)] \(title)"
    self.doneShare = doneShare
    shareOfCell = share
    cellStart = MonotonicClock.seconds
    last = ""
    show("")
  }

  func didStep(_ report: StepReport) {
    let total = report.epochCount * report.batchesPerEpoch
    let part = Double(report.step) / Double(max(1, total))
    let share = doneShare + shareOfCell * part
    let elapsed = MonotonicClock.seconds - start
    let remaining = share > 0.001 ? Duration.text(elapsed / share * (1 - share)) + " left" : ""
    show(
      String(
        format: "epoch %d of %d  loss %.4f  ", report.epoch + 1, report.epochCount,
        report.meanLoss) + remaining)
  }

  func didEndEpoch(_ record: TrainingProgress.EpochRecord, isBest: Bool) {
    last = String(format: "loss %.4f", record.trainingLoss)
    if let accuracy = record.trainingAccuracy { last += "  accuracy \(accuracy.percent)" }
    if let accuracy = record.validationAccuracy { last += "  validation \(accuracy.percent)" }
  }

  func didFinish() {
    status.clear()
    if isQuiet { return }
    let seconds = MonotonicClock.seconds - cellStart
    print("\(title)  \(last.isEmpty ? "" : last + "  ")\(Duration.text(seconds))")
  }

  private func show(_ text: String) {
    if !isQuiet { status.show("\(title)  \(text)") }
  }
}
