// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Foundation
import Kernels
import Network
import Ocelli
import Training

struct BenchModel: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "model", abstract: "Time the inference of a model, and each of its operations.",
    usage: "ocelli bench model <file> [<options>]",
    discussion: """
      Load and first inference once, then the median and the 99th percentile over --runs, for one \
      thread up to --threads, on inputs by chance. With --profile each operation by itself: the \
      best of its runs, its share of the time, and its rate (two operations a multiply-accumulate).

        ocelli bench model model.tflite --threads 2 --profile
      """)

  @Argument(help: "A .tflite or .safetensors model.") var file: String
  @Option(help: ArgumentHelp("Inferences to time.", valueName: "n")) var runs = 200
  @Flag(help: "Show the time of each operation.") var profile = false
  @Flag(help: "Print JSON.") var json = false
  @OptionGroup var threads: ThreadOptions

  func validate() throws { try checkRange("runs", runs, 1...1_000_000) }

  /// Milliseconds of one number of threads.
  private struct Row: Encodable {
    var threads: Int
    var load: Double
    var first: Double
    var median: Double
    var p99: Double
    var operations: [Operation]?

    struct Operation: Encodable {
      var name: String
      var operation: String
      var multiplyAccumulates: Int64
      var milliseconds: Double
    }
  }

  func run() throws {
    let most = threads.threads ?? ProcessInfo.processInfo.activeProcessorCount
    let rows = try (1...most).map { try measure(threadCount: $0) }
    if json {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys]
      print(String(decoding: try encoder.encode(rows), as: UTF8.self))
      return
    }
    var table = TextTable(["threads", "load", "first", "median", "99 %"])
    for row in rows {
      table.add(
        ["\(row.threads)"] + [row.load, row.first, row.median, row.p99].map { Self.text($0) })
    }
    print(table)
    for row in rows {
      if let operations = row.operations { print("\n" + Self.table(operations, row.threads)) }
    }
  }

  private func measure(threadCount: Int) throws -> Row {
    guard let pool = ThreadPool(threadCount: threadCount) else {
      throw CommandError("the system refused to start \(threadCount) threads")
    }
    let start = MonotonicClock.seconds
    let model = try Model(contentsOf: file)
    let request = PlanRequest(batch: 1, threadCount: threadCount)
    guard let session = Session(model, request, pool) else {
      throw CommandError("\(file): no memory to run it")
    }
    let load = MonotonicClock.seconds - start
    fill(session)
    let first = Self.time { session.forward() }
    // A run of some length, so that the clock of the CPU has settled.
    let warmUp = MonotonicClock.seconds
    while MonotonicClock.seconds - warmUp < 0.2 { session.forward() }
    let times = (0..<runs).map { _ in Self.time { session.forward() } }.sorted()
    return Row(
      threads: threadCount, load: load * 1e3, first: first * 1e3,
      median: times[times.count / 2] * 1e3,
      p99: times[min(times.count - 1, times.count * 99 / 100)] * 1e3,
      operations: profile ? operations(session) : nil)
  }

  /// Bytes or floats by chance.
  private func fill(_ session: Session) {
    var random = RandomGenerator(seed: 1)
    for node in session.plan.graph.inputs {
      let bytes = session.bytes(of: node)
      if session.plan.graph.formats[node] == .float32 {
        for offset in stride(from: 0, to: bytes.count, by: 4) {
          bytes.storeBytes(of: random.uniform(), toByteOffset: offset, as: Float.self)
        }
      } else {
        for offset in bytes.indices { bytes[offset] = UInt8(truncatingIfNeeded: random.next()) }
      }
    }
  }

  private func operations(_ session: Session) -> [Row.Operation] {
    let graph = session.plan.graph
    var best = [Double](repeating: .infinity, count: session.plan.stepCount)
    for _ in 0..<max(3, min(runs, 100)) {
      for step in best.indices {
        best[step] = min(best[step], Self.time { session.forwardStep(step, seed: 0) })
      }
    }
    return best.enumerated().map { step, seconds in
      let node = session.plan.node(ofStep: step)
      return Row.Operation(
        name: graph.nodes[node].name, operation: graph.nodes[node].operation.name,
        multiplyAccumulates: graph.multiplyAccumulates(of: node), milliseconds: seconds * 1e3)
    }
  }

  private static func time(_ body: () -> Void) -> Double {
    let start = MonotonicClock.seconds
    body()
    return MonotonicClock.seconds - start
  }

  private static func text(_ milliseconds: Double) -> String {
    String(format: milliseconds < 10 ? "%.4f ms" : "%.2f ms", milliseconds)
  }

  private static func table(_ operations: [Row.Operation], _ threads: Int) -> String {
    let total = operations.reduce(0) { $0 + $1.milliseconds }
    var table = TextTable([
      "operation, \(threads == 1 ? "1 thread" : "\(threads) threads")", "kind", "MMAC", "time",
      "share", "GOP/s",
    ])
    for operation in operations {
      let work = Double(operation.multiplyAccumulates)
      table.add([
        String(operation.name.suffix(32)), operation.operation, String(format: "%.3f", work / 1e6),
        text(operation.milliseconds),
        String(format: "%.1f %%", operation.milliseconds / total * 100),
        work == 0 ? "" : String(format: "%.0f", 2 * work / operation.milliseconds / 1e6),
      ])
    }
    return "\(table)"
  }
}
