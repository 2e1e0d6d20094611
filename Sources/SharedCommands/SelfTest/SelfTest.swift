// SPDX-License-Identifier: Apache-2.0
import Classification
import Kernels
import Network
import Text

/// Runs every integer kernel on built-in vectors, and compares what comes out with what all other
/// CPUs compute.
package enum SelfTest {
  /// Runs all vectors.
  ///
  /// - Parameter report: called with each vector's name, and with what is wrong with it, if
  ///   anything is.
  /// - Returns: Whether all is right.
  package static func run(
    threads: Int, _ report: (_ name: String, _ problem: String?) -> Void
  ) -> Bool {
    var isRight = true
    for vector in SelfTestVector.all {
      let problem = problem(vector, threads: threads)
      report("\(vector.name)", problem)
      isRight = isRight && problem == nil
    }
    return isRight
  }

  private static func problem(_ vector: SelfTestVector, threads: Int) -> String? {
    guard let checksum = checksum(vector, threads: threads) else { return "there is no memory" }
    if checksum == vector.checksum { return nil }
    return "outputs #\(hexadecimal(checksum)), expected #\(hexadecimal(vector.checksum))"
  }

  /// Of the outputs of a graph whose parameters and inputs are the same random bytes everywhere.
  private static func checksum(_ vector: SelfTestVector, threads: Int) -> UInt64? {
    var graph = Graph()
    let inputs = vector.inputs.enumerated().map { index, shape in
      add(&graph, "input\(index)", .input(InputLayer(shape)), [], inputFormat)
    }
    let output = add(&graph, "output", vector.operation, inputs, vector.format)
    do throws(GraphError) { try graph.setOutputs([output]) } catch {
      preconditionFailure("the vectors are graphs")
    }
    guard let parameters = ParameterStore(graph) else { return nil }
    var random = RandomGenerator(seed: 5)
    for entry in parameters.entries {
      fill(parameters.bytes(of: entry), entry, areWide: vector.areWide, &random)
    }
    let model = Model(role: .classifier, graph: graph, parameters: parameters)
    let session: Session
    do throws(SessionError) { session = try Session(model, threads: threads) } catch { return nil }
    session.fillInputs(&random)
    session.run()
    return session.outputChecksum()
  }

  static let inputFormat = ValueFormat.int8(AffineQuantization(scale: 0.02, zeroPoint: 3))

  private static func add(
    _ graph: inout Graph, _ name: String, _ operation: Operation, _ inputs: [Int],
    _ format: ValueFormat
  ) -> Int {
    do throws(GraphError) { return try graph.add(name, operation, inputs, format: format) } catch {
      preconditionFailure("the vectors are graphs")
    }
  }

  /// Weights in −127...127, or with −128 where they are wide, scales near 0.01, and biases of some
  /// thousands.
  private static func fill(
    _ bytes: UnsafeMutableRawBufferPointer, _ entry: ParameterStore.Entry, areWide: Bool,
    _ random: inout RandomGenerator
  ) {
    switch entry.declaration.format {
    case .int8:
      for index in bytes.indices {
        let weight = areWide ? Int(random.next() % 256) - 128 : Int(random.next() % 255) - 127
        bytes[index] = UInt8(bitPattern: Int8(weight))
      }
    case .int32:
      for index in bytes.bindMemory(to: Int32.self).indices {
        bytes.bindMemory(to: Int32.self)[index] = Int32(random.next() % 8192) - 4096
      }
    case .float32:
      for index in bytes.bindMemory(to: Float.self).indices {
        bytes.bindMemory(to: Float.self)[index] = 0.005 + 0.01 * random.uniform()
      }
    case .int16, .uint8: preconditionFailure("no layer has such parameters")
    }
  }
}
