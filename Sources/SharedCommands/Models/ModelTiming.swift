// SPDX-License-Identifier: Apache-2.0
import Classification
import Kernels
package import Network
import Platform
import Text

/// How long a model takes with some number of threads, in milliseconds.
package struct ModelTiming {
  /// Threads that computed.
  package let threads: Int
  /// From the file to a session that can run.
  package let load: Double
  /// The first inference.
  package let first: Double
  /// Of one inference.
  package let median: Double
  /// The 99th percentile.
  package let p99: Double
  /// Of the outputs: the same on all machines where a model computes in integers.
  package let checksum: UInt64
  /// Where they were asked for.
  package let operations: [Operation]?

  /// The best time of one operation by itself.
  package struct Operation {
    package let name: String
    package let kind: String
    package let multiplyAccumulates: Int64
    package let milliseconds: Double
  }

  /// Opens a model and times it on random inputs.
  /// - Parameter runs: Inferences that are timed.
  /// - Parameter inputs: How many inputs the checksum is of, the first inference's among them.
  /// - Parameter open: Reads the model; that is part of `load`.
  /// - Throws: What is wrong, in one line.
  package static func measure(
    threads: Int, runs: Int, inputs: Int, profiles: Bool, _ open: () throws(CommandError) -> Model
  ) throws(CommandError) -> ModelTiming {
    let start = MonotonicClock.seconds
    let model = try open()
    let session: Session
    do throws(SessionError) { session = try Session(model, threads: threads) } catch {
      throw CommandError(error.description)
    }
    let load = MonotonicClock.seconds - start
    var random = RandomGenerator(seed: 1)
    session.fillInputs(&random)
    let first = time { session.run() }
    var checksum = session.outputChecksum()
    for _ in 1..<inputs {
      session.fillInputs(&random)
      session.run()
      checksum = checksum &* 0x100_0000_01B3 ^ session.outputChecksum()
    }
    // A run of some length, so that the clock of the CPU has settled.
    let warmUp = MonotonicClock.seconds
    while MonotonicClock.seconds - warmUp < 0.2 { session.run() }
    let times = (0..<runs).map { _ in time { session.run() } }.sorted()
    return ModelTiming(
      threads: threads, load: load * 1e3, first: first * 1e3, median: times[times.count / 2] * 1e3,
      p99: times[min(times.count - 1, times.count * 99 / 100)] * 1e3, checksum: checksum,
      operations: profiles ? operations(of: session, runs: max(3, min(runs, 100))) : nil)
  }

  private static func operations(of session: Session, runs: Int) -> [Operation] {
    let graph = session.plan.graph
    var best = [Double](repeating: .infinity, count: session.plan.stepCount)
    for _ in 0..<runs {
      for step in best.indices { best[step] = min(best[step], time { session.runStep(step) }) }
    }
    return best.enumerated().map { step, seconds in
      let node = session.plan.node(ofStep: step)
      return Operation(
        name: graph.nodes[node].name, kind: graph.nodes[node].operation.name,
        multiplyAccumulates: graph.multiplyAccumulates(of: node), milliseconds: seconds * 1e3)
    }
  }

  private static func time(_ body: () -> Void) -> Double {
    let start = MonotonicClock.seconds
    body()
    return MonotonicClock.seconds - start
  }
}

extension Session {
  /// Fills all inputs with bytes or floats by chance.
  func fillInputs(_ random: inout RandomGenerator) {
    for node in plan.graph.inputs {
      let bytes = bytes(of: node)
      if plan.graph.formats[node] == .float32 {
        for offset in stride(from: 0, to: bytes.count, by: 4) {
          bytes.storeBytes(of: random.uniform(), toByteOffset: offset, as: Float.self)
        }
      } else {
        for offset in bytes.indices { bytes[offset] = UInt8(truncatingIfNeeded: random.next()) }
      }
    }
  }
}

extension ModelTiming {
  /// A table of several numbers of threads, and below it one of the operations for each.
  package static func text(_ timings: [ModelTiming]) -> String {
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
  package static func json(_ timings: [ModelTiming]) -> String {
    JSONValue.array(timings.map { $0.json }).text
  }

  private var json: JSONValue {
    var members: [JSONValue.Member] = [
      .init(key: "threads", value: .integer(threads)), .init(key: "load", value: .number(load)),
      .init(key: "first", value: .number(first)), .init(key: "median", value: .number(median)),
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
      .init(key: "name", value: .string(name)), .init(key: "operation", value: .string(kind)),
      .init(key: "multiplyAccumulates", value: .number(exactly: multiplyAccumulates)),
      .init(key: "milliseconds", value: .number(milliseconds)),
    ])
  }
}
