// SPDX-License-Identifier: Apache-2.0
import Assessments
import Foundation
import Interchange
import Platform
import Training

/// The result of a cell. A cell is done when its folder has this file.
struct CellRecord: Codable, Equatable {
  var cell: Cell.Members
  /// Images trained on, in all epochs.
  var samples = 0
  /// Multiply-accumulates of training.
  var multiplyAccumulates = 0.0
  /// The epoch that was kept, from 1.
  var bestEpoch: Int?
  /// Accuracy, or the squared error of `reconstruct`, on the images held out.
  var validation: [Double] = []
  /// The filter that C3 chose.
  var filter: String?
  /// What the suites found.
  var background: BackgroundAssessment?
  var corruption: CorruptionAssessment?
}

/// How long a cell has taken, over all runs.
struct CellTime: Codable, Equatable {
  /// Elapsed time.
  var seconds = 0.0
  /// CPU time of all threads, which other programs barely affect.
  var cpuSeconds = 0.0
}

/// The folder of a cell: a training run, or predictions; the record; the time.
struct CellFolder {
  let path: String

  init(_ root: String, _ id: String) { path = root + "/cells/" + id }

  var modelPath: String { path + "/best.safetensors" }
  var predictionsPath: String { path + "/predictions.safetensors" }
  private var recordPath: String { path + "/cell.json" }
  private var timePath: String { path + "/time.json" }

  /// `nil` while the cell is not done.
  var record: CellRecord? { Self.read(recordPath) }
  var time: CellTime { Self.read(timePath) ?? CellTime() }

  func create() throws {
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  func write(_ record: CellRecord) throws { try Self.write(record, to: recordPath) }
  func write(_ time: CellTime) throws { try Self.write(time, to: timePath) }

  /// Removes the checkpoint, which only an unfinished run needs.
  func removeCheckpoint() {
    try? FileManager.default.removeItem(atPath: path + "/last.safetensors")
  }

  static func read<Value: Decodable>(_ path: String) -> Value? {
    FileManager.default.contents(atPath: path).flatMap {
      try? JSONDecoder().decode(Value.self, from: $0)
    }
  }

  static func write(_ value: some Encodable, to path: String) throws {
    try AtomicFile.write(Array((try value.json() + "\n").utf8), to: path)
  }
}

/// Measures the time of a cell while it runs.
final class CellClock {
  private let folder: CellFolder
  private let earlier: CellTime
  private let start = (MonotonicClock.seconds, CellClock.cpuSeconds)

  init(_ folder: CellFolder) {
    self.folder = folder
    earlier = folder.time
  }

  /// Writes what has passed so far.
  func save() throws {
    try folder.write(
      CellTime(
        seconds: earlier.seconds + MonotonicClock.seconds - start.0,
        cpuSeconds: earlier.cpuSeconds + Self.cpuSeconds - start.1))
  }

  /// Of this process.
  private static var cpuSeconds: Double { Double(clock()) / Double(CLOCKS_PER_SEC) }
}
