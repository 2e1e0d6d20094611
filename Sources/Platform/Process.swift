// SPDX-License-Identifier: Apache-2.0
import CPlatform

/// Standard input, output and error of the process.
public enum StandardStreams {
  /// Fills memory with the next bytes of standard input, at least one: how many there are, 0 at the
  /// end.
  public static func read(into target: UnsafeMutableRawBufferPointer) throws(FileError) -> Int {
    let count = ocelli_read_input(target.baseAddress, target.count)
    if count < 0 { throw FileError(OCELLI_FILE_READ, "standard input", Int32(-count)) }
    return count
  }

  /// Writes a line to standard output.
  public static func write(line: String) {
    var line = line + "\n"
    line.withUTF8 { ocelli_write_output($0.baseAddress, $0.count) }
  }

  /// Writes one line to standard error, whatever a file name in it holds.
  public static func writeError(line: String) {
    var bytes: [UInt8] = []
    for byte in line.utf8 { if byte == 0x0A { bytes += [0x5C, 0x6E] } else { bytes.append(byte) } }
    bytes.append(0x0A)
    bytes.withUnsafeBytes { ocelli_write_error($0.baseAddress, $0.count) }
  }
}

/// A clock that never goes back.
public enum MonotonicClock {
  /// Seconds since an arbitrary moment.
  public static var seconds: Double { Double(ocelli_clock_nanoseconds()) * 1e-9 }
}
