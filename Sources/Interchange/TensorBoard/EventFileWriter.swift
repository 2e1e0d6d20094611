// SPDX-License-Identifier: Apache-2.0
public import Platform

/// Writes the log of a training run in the form that TensorBoard shows.
///
/// Each event is in the file when its call returns. A run that goes on after an interruption drops
/// the events behind the step of its checkpoint, so that its log ends like that of a run which was
/// never interrupted (its wall times excepted).
public final class EventFileWriter {
  /// TensorBoard takes every file whose name holds `tfevents` for a log.
  public static let fileName = "events.out.tfevents.ocelli"

  private let file: AppendedFile
  private let now: () -> Double

  /// - Parameters:
  ///   - path: by custom, `fileName` in a folder of the run.
  ///   - step: the last step whose events are kept; `nil` starts the log anew.
  ///   - now: seconds since 1970.
  public init(
    _ path: String, resumingAfter step: Int64? = nil, now: @escaping () -> Double
  ) throws(FileError) {
    self.now = now
    var keptByteCount = 0
    file = try AppendedFile(path) { bytes in
      keptByteCount = step.map { EventRecord.byteCount(of: bytes, throughStep: $0) } ?? 0
      return keptByteCount
    }
    if keptByteCount == 0 {
      var event = EventRecord.event(wallTime: now(), step: 0)
      event.add(3, bytes: "brain.Event:2".utf8)
      try file.append(EventRecord.framed(event))
    }
  }

  /// Notes `values` by their tags, all in one event.
  public func write(_ values: [(tag: String, value: Float)], step: Int64) throws(FileError) {
    var summary = ProtobufMessage()
    for (tag, value) in values {
      var entry = ProtobufMessage()
      entry.add(1, bytes: tag.utf8)
      entry.add(2, float: value)
      summary.add(1, message: entry)
    }
    try write(summary, step: step)
  }

  /// Notes a picture, given as the bytes of its PNG file.
  public func write(
    imageTag tag: String, png: [UInt8], width: Int, height: Int, step: Int64
  ) throws(FileError) {
    var image = ProtobufMessage()
    image.add(1, integer: Int64(height))
    image.add(2, integer: Int64(width))
    image.add(3, integer: 3)
    image.add(4, bytes: png)
    var entry = ProtobufMessage()
    entry.add(1, bytes: tag.utf8)
    entry.add(4, message: image)
    var summary = ProtobufMessage()
    summary.add(1, message: entry)
    try write(summary, step: step)
  }

  /// Waits until all events are on disk: before a checkpoint that relies on them.
  public func synchronize() throws(FileError) { try file.synchronize() }

  private func write(_ summary: ProtobufMessage, step: Int64) throws(FileError) {
    var event = EventRecord.event(wallTime: now(), step: step)
    event.add(5, message: summary)
    try file.append(EventRecord.framed(event))
  }
}
