// SPDX-License-Identifier: Apache-2.0
public import Platform

/// Writes the log of a training run in the form that TensorBoard shows.
///
/// Each event is in the file when its call returns. A run that goes on after an interruption drops
/// the events after the step of its checkpoint, so that its log ends like that of a run which was
/// never interrupted (its wall times excepted).
public final class EventFileWriter {
  /// TensorBoard takes every file whose name holds `tfevents` for a log.
  public static let fileName = "events.out.tfevents.ocelli"

  private let file: AppendedFile
  private let now: () -> Double

  /// - Parameters:
  ///   - path: by custom, `fileName` in a folder of the run.
  ///   - step: the last step whose events are kept; `nil` empties the log.
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

/// One record of an event file: length (8 bytes), its checksum (4), a message, and that one's
/// checksum (4).
enum EventRecord {
  /// The message of an event: `Event` of TensorFlow's `event.proto`.
  static func event(wallTime: Double, step: Int64) -> ProtobufMessage {
    var event = ProtobufMessage()
    event.add(1, double: wallTime)
    // Proto3 leaves fields out that have their default value.
    if step != 0 { event.add(2, integer: step) }
    return event
  }

  static func framed(_ message: ProtobufMessage) -> [UInt8] {
    var record: [UInt8] = []
    func append(_ value: some FixedWidthInteger) {
      withUnsafeBytes(of: value.littleEndian) { record.append(contentsOf: $0) }
    }
    append(UInt64(message.bytes.count))
    append(MaskedCRC32C.checksum(record))
    record += message.bytes
    append(MaskedCRC32C.checksum(message.bytes))
    return record
  }

  /// The bytes of the intact records at the start of `file` that belong to `step` or to a step
  /// before it.
  static func byteCount(of file: UnsafeRawBufferPointer, throughStep step: Int64) -> Int {
    var end = 0
    while let next = recordEnd(in: file, from: end) {
      let message = Array(file[end + 12..<next - 4])
      guard let found = ProtobufFields.integer(2, of: message), found <= step else { break }
      end = next
    }
    return end
  }

  /// Where the record that starts at `start` ends; `nil` when it is cut off or damaged.
  private static func recordEnd(in file: UnsafeRawBufferPointer, from start: Int) -> Int? {
    guard file.count - start >= 16 else { return nil }
    let length = UInt64(littleEndian: file.loadUnaligned(fromByteOffset: start, as: UInt64.self))
    guard checksum(in: file, at: start + 8) == MaskedCRC32C.checksum(file[start..<start + 8]),
      length <= UInt64(file.count - start - 16)
    else { return nil }
    let end = start + 12 + Int(length)
    guard checksum(in: file, at: end) == MaskedCRC32C.checksum(file[start + 12..<end]) else {
      return nil
    }
    return end + 4
  }

  private static func checksum(in file: UnsafeRawBufferPointer, at offset: Int) -> UInt32 {
    UInt32(littleEndian: file.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
  }
}

/// The checksum of TFRecord files: CRC-32C (RFC 3720), rotated and offset so that the checksum of
/// data which holds checksums stays a good one.
enum MaskedCRC32C {
  /// The remainders of all bytes under the reflected Castagnoli polynomial.
  private static let table: [UInt32] = (0..<256).map { byte in
    (0..<8).reduce(UInt32(byte)) { remainder, _ in
      remainder >> 1 ^ (remainder & 1 == 0 ? 0 : 0x82F6_3B78)
    }
  }

  static func checksum(_ bytes: some Sequence<UInt8>) -> UInt32 {
    let table = self.table
    let crc = ~bytes.reduce(~0) { table[Int(UInt8(truncatingIfNeeded: $0) ^ $1)] ^ $0 >> 8 }
    return (crc >> 15 | crc << 17) &+ 0xA282_EAD8
  }
}

/// The bytes of a Protocol Buffers message, field by field
/// (<https://protobuf.dev/programming-guides/encoding>).
struct ProtobufMessage {
  private(set) var bytes: [UInt8] = []

  mutating func add(_ field: Int, integer: Int64) {
    add(varint: UInt64(field) << 3)
    add(varint: UInt64(bitPattern: integer))
  }

  mutating func add(_ field: Int, double: Double) {
    add(varint: UInt64(field) << 3 | 1)
    add(littleEndian: double.bitPattern)
  }

  mutating func add(_ field: Int, float: Float) {
    add(varint: UInt64(field) << 3 | 5)
    add(littleEndian: float.bitPattern)
  }

  mutating func add(_ field: Int, bytes content: some Collection<UInt8>) {
    add(varint: UInt64(field) << 3 | 2)
    add(varint: UInt64(content.count))
    bytes.append(contentsOf: content)
  }

  mutating func add(_ field: Int, message: ProtobufMessage) { add(field, bytes: message.bytes) }

  private mutating func add(varint value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }

  private mutating func add(littleEndian value: some FixedWidthInteger) {
    withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
  }
}

/// Walks over the fields of an encoded Protocol Buffers message and looks at its integers.
struct ProtobufFields {
  private var rest: ArraySlice<UInt8>

  /// The value of the integer field `field`, 0 when it is absent; `nil` when `message` is damaged.
  static func integer(_ field: UInt64, of message: [UInt8]) -> Int64? {
    var fields = ProtobufFields(rest: message[...])
    var found: UInt64 = 0
    while !fields.rest.isEmpty {
      guard let tag = fields.takeVarint() else { return nil }
      switch tag & 7 {
      case 0:
        guard let value = fields.takeVarint() else { return nil }
        if tag >> 3 == field { found = value }
      case 1: guard fields.drop(8) else { return nil }
      case 2: guard let count = fields.takeVarint(), fields.drop(count) else { return nil }
      case 5: guard fields.drop(4) else { return nil }
      default: return nil
      }
    }
    return Int64(bitPattern: found)
  }

  private mutating func takeVarint() -> UInt64? {
    var value: UInt64 = 0
    for shift in stride(from: 0, to: 64, by: 7) {
      guard let byte = rest.popFirst() else { return nil }
      value |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return value }
    }
    return nil
  }

  private mutating func drop(_ count: UInt64) -> Bool {
    guard count <= UInt64(rest.count) else { return false }
    rest = rest.dropFirst(Int(count))
    return true
  }
}
