// SPDX-License-Identifier: Apache-2.0
public import Platform
import Text

/// Writes the numbers of a run as JSON Lines: an object a line, whose first member is `step`, the
/// others as given.
///
/// A line is in the file when its call returns. A resumed run drops the lines after the step
/// of its checkpoint.
public final class MetricsWriter {
  /// What a line can hold.
  public enum Value: Equatable, Sendable {
    case integer(Int)
    /// Not-a-number and infinities, which JSON lacks, become `null`.
    case number(Double)
    case float(Float)
    case text(String)
  }

  private let file: AppendedFile

  /// - Parameter step: the last step whose lines are kept; `nil` empties the file.
  public init(_ path: String, resumingAfter step: Int64? = nil) throws(FileError) {
    file = try AppendedFile(path) { bytes in
      step.map { Self.byteCount(of: bytes, throughStep: $0) } ?? 0
    }
  }

  /// Appends a line.
  public func write(_ values: [(key: String, value: Value)], step: Int64) throws(FileError) {
    var members = [JSONValue.Member(key: "step", value: .integer(Int(step)))]
    for (key, value) in values { members.append(.init(key: key, value: Self.json(value))) }
    try file.append(Array((JSONValue.object(members).text + "\n").utf8))
  }

  /// Waits until all lines are on disk.
  public func synchronize() throws(FileError) { try file.synchronize() }

  private static func json(_ value: Value) -> JSONValue {
    switch value {
    case .integer(let value): .integer(value)
    case .number(let value): .number(value)
    // The shortest digits of a Float, not those of the Double next to it.
    case .float(let value): .number(Double(value.description) ?? .nan)
    case .text(let value): .string(value)
    }
  }

  /// The bytes of the whole lines at the start of `file` that belong to `step` or to a step before
  /// it.
  private static func byteCount(of file: UnsafeRawBufferPointer, throughStep step: Int64) -> Int {
    var end = 0
    while let newline = file[end...].firstIndex(of: UInt8(ascii: "\n")) {
      let line = UnsafeRawBufferPointer(rebasing: file[end..<newline])
      guard case .integer(let found)? = (try? JSONReader.read(line))?["step"], found <= step else {
        break
      }
      end = newline + 1
    }
    return end
  }
}
