// SPDX-License-Identifier: Apache-2.0
import Text

extension ModelTiming {
  /// A table of several numbers of threads, and below it one of the operations for each.
  public static func text(_ timings: [ModelTiming]) -> String {
    var table = TextTable(["threads", "load", "first", "median", "99 %", "outputs"])
    for timing in timings {
      let times = [timing.load, timing.first, timing.median, timing.p99].map(Self.text)
      table.add(["\(timing.threads)"] + times + ["#" + hexadecimal(timing.checksum)])
    }
    let profiles = timings.compactMap { timing in
      timing.operations.map { Self.table($0, threads: timing.threads) }
    }
    return ([table.description] + profiles).joined(separator: "\n\n")
  }

  /// An array of objects in one line.
  public static func json(_ timings: [ModelTiming]) -> String {
    JSONValue.array(timings.map { $0.json }).text
  }

  private var json: JSONValue {
    var members: [JSONValue.Member] = [
      .init(key: "threads", value: .integer(threads)),
      .init(key: "load", value: .number(load)),
      .init(key: "first", value: .number(first)),
      .init(key: "median", value: .number(median)),
      .init(key: "p99", value: .number(p99)),
      .init(key: "checksum", value: .string(hexadecimal(checksum))),
    ]
    if let operations {
      members.append(.init(key: "operations", value: .array(operations.map { $0.json })))
    }
    return .object(members)
  }

  private static func text(_ milliseconds: Double) -> String {
    milliseconds.text(digits: milliseconds < 10 ? 4 : 2) + " ms"
  }

  private static func table(_ operations: [Operation], threads: Int) -> String {
    let total = operations.reduce(0) { $0 + $1.milliseconds }
    var table = TextTable([
      "operation, \(threads == 1 ? "1 thread" : "\(threads) threads")", "kind", "MMAC", "time",
      "share", "GOP/s",
    ])
    for operation in operations {
      let work = Double(operation.multiplyAccumulates)
      table.add([
        operation.name.ending(columns: 32), operation.kind, (work / 1e6).text(digits: 3),
        text(operation.milliseconds), (operation.milliseconds / total).percent,
        work == 0 ? "" : (2 * work / operation.milliseconds / 1e6).text(digits: 0),
      ])
    }
    return table.description
  }
}

extension ModelTiming.Operation {
  fileprivate var json: JSONValue {
    .object([
      .init(key: "name", value: .string(name)),
      .init(key: "operation", value: .string(kind)),
      .init(key: "multiplyAccumulates", value: .number(exactly: multiplyAccumulates)),
      .init(key: "milliseconds", value: .number(milliseconds)),
    ])
  }
}
