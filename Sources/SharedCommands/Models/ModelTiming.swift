// SPDX-License-Identifier: Apache-2.0
import Classification
import Kernels
public import Network
import Platform

/// How long a model takes with some number of threads, in milliseconds.
public struct ModelTiming {
  public let threads: Int
  /// From the file to a session that can run.
  public let load: Double
  /// The first inference.
  public let first: Double
  public let median: Double
  public let p99: Double
  /// Of the outputs: the same on all machines where a model computes in integers.
  public let checksum: UInt64
  /// Where they were asked for.
  public let operations: [Operation]?

  /// The best time of one operation by itself.
  public struct Operation {
    public let name: String
    public let kind: String
    public let multiplyAccumulates: Int64
    public let milliseconds: Double
  }

  /// Opens a model and times it on inputs by chance.
  ///
  /// - Parameter runs: Inferences that are timed.
  /// - Parameter inputs: How many inputs the checksum is of, the first inference's among them.
  /// - Parameter open: Reads the model; that is part of `load`.
  /// - Throws: What is wrong, in one line.
  public static func measure(
    threads: Int, runs: Int, inputs: Int, profiles: Bool,
    _ open: () throws(CommandError) -> Model
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
      threads: threads, load: load * 1e3, first: first * 1e3,
      median: times[times.count / 2] * 1e3,
      p99: times[min(times.count - 1, times.count * 99 / 100)] * 1e3, checksum: checksum,
      operations: profiles ? operations(of: session, runs: max(3, min(runs, 100))) : nil)
  }

  private static func operations(of session: Session, runs: Int) -> [Operation] {
    let graph = session.plan.graph
    var best = [Double](repeating: .infinity, count: session.plan.stepCount)
    for _ in 0..<runs {
      for step in best.indices {
        best[step] = min(best[step], time { session.runStep(step) })
      }
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
