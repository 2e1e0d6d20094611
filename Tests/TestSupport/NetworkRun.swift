// SPDX-License-Identifier: Apache-2.0
package import Kernels
package import Network

/// A session whose parameters and input are drawn at random from their names, and whose losses a
/// test sets.
package final class NetworkRun {
  package let session: Session
  package var graph: Graph { session.plan.graph }
  package var parameters: ParameterStore { session.parameters }
  package var pool: ThreadPool { session.pool }

  /// - Parameter configure: what is asked of the plan beyond inference.
  package init?(
    _ graph: Graph, batch: Int, threadCount: Int = 1, _ configure: (inout PlanRequest) -> Void
  ) {
    var request = PlanRequest(batch: batch, threadCount: threadCount)
    configure(&request)
    guard let parameters = ParameterStore(graph), let pool = ThreadPool(threadCount: threadCount),
      let plan = try? Plan(graph, request), let session = Session(plan, parameters, pool)
    else { return nil }
    self.session = session
    parameters.fillFromNames()
    session.parametersChanged()
    session.input.fill(NetworkRun.input(graph, batch: batch))
  }

  /// The images that both sides of a golden test draw: uniform in 0…1.
  package static func input(_ graph: Graph, batch: Int, name: String = "input") -> [Float] {
    drawn(name, count: batch * graph.inputShape.elementCount, 0..<1)
  }

  /// `count` numbers from the generator that stands for a name.
  package static func drawn(_ name: String, count: Int, _ range: Range<Float>) -> [Float] {
    var random = RandomGenerator(seed: 1, stream: stream(of: name))
    return (0..<count).map { _ in random.uniform(range) }
  }

  /// FNV-1a of a name: the stream that its numbers come from.
  package static func stream(of name: String) -> UInt64 {
    name.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
  }

  /// All values of the gradient of a trained parameter.
  package func gradient(named name: String) -> [Float]? {
    session.trainedParameters.first { $0.entry.name == name }.map {
      [Float](session.gradient(of: $0))
    }
  }

  /// Every gradient, one tensor after the other.
  package var gradients: [Float] {
    session.trainedParameters.flatMap { [Float](session.gradient(of: $0)) }
  }
}

extension ParameterStore {
  /// Draws each parameter from its own name: weights within ±√(6 / fan-in), the others within ±0.2
  /// of 0 or 1.
  package func fillFromNames() {
    for entry in entries {
      let dimensions = entry.declaration.dimensions
      let fanIn = Float(dimensions.dropFirst().reduce(1, *))
      let bound = entry.declaration.role == .weights ? (6 / fanIn).squareRoot() : 0.2
      let isFactor = entry.declaration.role == .scale || entry.declaration.role == .variance
      let centre: Float = isFactor ? 1 : 0
      let values = NetworkRun.drawn(
        entry.name, count: entry.declaration.count, centre - bound..<centre + bound)
      for (index, value) in values.enumerated() { self.values(of: entry)[index] = value }
    }
  }

  /// Every parameter, one tensor after the other.
  package var allValues: [Float] { entries.flatMap { [Float](values(of: $0)) } }
}

extension TensorView<Float> {
  /// The elements in NHWC order, without the gaps between pixels.
  package var elements: [Float] {
    (0..<pixelCount).flatMap { index in (0..<channels).map { pixel(index)[$0] } }
  }

  /// Writes elements in NHWC order.
  package func fill(_ values: [Float]) {
    precondition(values.count == elementCount, "as many values as the view has elements")
    for index in 0..<pixelCount {
      for channel in 0..<channels { pixel(index)[channel] = values[index * channels + channel] }
    }
  }
}

extension [Float] {
  /// For comparisons to the byte, in which NaN equals itself.
  package var bitPatterns: [UInt32] { map(\.bitPattern) }
}
