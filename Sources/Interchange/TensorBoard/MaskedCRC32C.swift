// SPDX-License-Identifier: Apache-2.0

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
