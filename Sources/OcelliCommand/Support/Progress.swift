// SPDX-License-Identifier: Apache-2.0
import Foundation
import Interchange
import Platform
import Text
import Training

/// A line on the terminal that is written over and over; where standard error is no terminal, a
/// line of its own every 30 seconds.
final class StatusLine {
  let isTerminal = isatty(STDERR_FILENO) == 1
  private var lastShown: Double
  private var isShown = false
  private let hasPlainLines: Bool

  /// - Parameter hasPlainLines: whether there is something to see without a terminal.
  init(hasPlainLines: Bool = true) {
    self.hasPlainLines = hasPlainLines
    lastShown = isTerminal ? -1 : MonotonicClock.seconds
  }

  /// Shows `text`, at most ten times a second.
  func show(_ text: @autoclosure () -> String) {
    guard isTerminal || hasPlainLines else { return }
    let now = MonotonicClock.seconds
    guard now - lastShown > (isTerminal ? 0.1 : 30) else { return }
    lastShown = now
    guard isTerminal else { return write(text() + "\n") }
    isShown = true
    write("\r\u{1B}[K" + text())
  }

  /// A line that stays, on standard error.
  func note(_ text: String) {
    clear()
    write(text + "\n")
  }

  func clear() {
    if isShown { write("\r\u{1B}[K") }
    isShown = false
  }

  private func write(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }
}

/// Durations for people.
enum Duration {
  static func text(_ seconds: Double) -> String {
    guard seconds.isFinite else { return "unknown" }
    let whole = Int(seconds.rounded())
    if whole < 60 { return "\(whole) s" }
    if whole < 3600 { return "\(whole / 60) min \(whole % 60) s" }
    return "\(whole / 3600) h \(whole % 3600 / 60) min"
  }
}

/// Shows a run: a bar on a terminal, a line an epoch elsewhere (and one every 30 seconds), JSON
/// Lines on demand.
final class ProgressPrinter: TrainingObserver {
  private let status = StatusLine(hasPlainLines: false)
  private let printsJSON: Bool
  private let phase: String
  private let start = MonotonicClock.seconds
  private let firstStep: Int
  private var images = 0
  private var remaining = ""
  private var isLast = false
  private var epochCount = 0
  private var lastLine = MonotonicClock.seconds

  init(phase: String, resumedAt step: Int, printsJSON: Bool) {
    (self.phase, self.printsJSON) = (phase, printsJSON)
    firstStep = step
  }

  func didStep(_ report: StepReport) {
    images += report.images
    let now = MonotonicClock.seconds
    let elapsed = now - start
    let total = report.epochCount * report.batchesPerEpoch
    let perStep = elapsed / Double(report.step - firstStep)
    remaining = Duration.text(perStep * Double(total - report.step))
    isLast = report.step == total
    epochCount = report.epochCount
    let numbers = describe(report, imagesPerSecond: Double(images) / elapsed)
    status.show(
      "\(bar(Double(report.step) / Double(total))) \(phase) \(numbers)  \(remaining) left")
    if !status.isTerminal && !printsJSON && now - lastLine > 30 {
      lastLine = now
      print(
        "\(phase) epoch \(report.epoch + 1) of \(report.epochCount), batch \(report.batch + 1) of "
          + "\(report.batchesPerEpoch)  \(numbers)  \(remaining) left")
    }
  }

  func didEndEpoch(_ record: TrainingProgress.EpochRecord, isBest: Bool) {
    status.clear()
    lastLine = MonotonicClock.seconds
    if printsJSON {
      let line = Line(
        phase: phase, epoch: record.epoch + 1, epochs: epochCount, step: record.step,
        trainingLoss: record.trainingLoss, trainingAccuracy: record.trainingAccuracy,
        validationLoss: record.validationLoss, validationAccuracy: record.validationAccuracy,
        isBest: isBest)
      if let json = try? line.jsonLine() { print(json) }
      return
    }
    var line =
      "\(phase) epoch \(record.epoch + 1) of \(epochCount)  loss \(number(record.trainingLoss))"
    if let accuracy = record.trainingAccuracy { line += "  accuracy \(accuracy.percent)" }
    if let loss = record.validationLoss {
      let name = phase == "reconstruct" ? "squared error" : "loss"
      line += "  validation \(name) \(number(loss))"
    }
    if let accuracy = record.validationAccuracy { line += " accuracy \(accuracy.percent)" }
    line += "  \(Duration.text(MonotonicClock.seconds - start))"
    if !isLast { line += ", \(remaining) left" }
    print(isBest ? line + "  best" : line)
  }

  /// An epoch in JSON; epochs count from 1.
  private struct Line: Encodable {
    var phase: String
    var epoch: Int
    var epochs: Int
    var step: Int
    var trainingLoss: Double
    var trainingAccuracy: Double?
    /// In the phase `reconstruct` the mean squared error.
    var validationLoss: Double?
    var validationAccuracy: Double?
    var isBest: Bool
  }

  private func describe(_ report: StepReport, imagesPerSecond: Double) -> String {
    var text = "loss \(number(report.meanLoss))"
    if let accuracy = report.accuracy { text += "  accuracy \(accuracy.percent)" }
    return text + "  rate \(String(format: "%.2g", report.learningRate))  "
      + "\(Int(imagesPerSecond)) images/s"
  }

  private func bar(_ share: Double) -> String {
    let filled = Int((share * 20).rounded(.down))
    return String(repeating: "█", count: filled) + String(repeating: "░", count: 20 - filled)
      + String(format: " %3.0f %%", share * 100)
  }

  private func number(_ value: Double) -> String {
    String(format: abs(value) < 1e4 ? "%.4f" : "%.3e", value)
  }
}
