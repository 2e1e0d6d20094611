// SPDX-License-Identifier: Apache-2.0

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
