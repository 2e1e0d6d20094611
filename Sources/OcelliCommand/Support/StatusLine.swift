// SPDX-License-Identifier: Apache-2.0
import Foundation
import Platform
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
    guard isTerminal else {
      write(text() + "\n")
      return
    }
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

  private func write(_ text: String) {
    FileHandle.standardError.write(Data(text.utf8))
  }
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
