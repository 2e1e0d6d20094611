// SPDX-License-Identifier: Apache-2.0
import Kernels
import Network
import TestSupport
import Testing

struct ParameterStoreTests {
  private static func graph(_ initialization: Initialization = .he) throws -> Graph {
    var graph = Graph()
    let input = try graph.input(height: 4, width: 4, channels: 32)
    let node = try graph.convolution(
      "first", input, channels: 48, kernel: 3, initialization: initialization)
    let normalized = try graph.add(
      "normalization", .batchNormalization(BatchNormalizationLayer()), [node])
    _ = try graph.dense("second", normalized, units: 40, initialization: initialization)
    return graph
  }

  private func store(_ initialization: Initialization = .he) throws -> ParameterStore {
    try #require(ParameterStore(try Self.graph(initialization)))
  }

  private func values(_ store: ParameterStore, _ name: String) throws -> [Float] {
    [Float](store.values(of: try #require(store.entry(named: name))))
  }

  @Test func `entries stand in the order of nodes and roles`() throws {
    let store = try store()
    #expect(
      store.entries.map(\.name) == [
        "first/weights", "first/bias", "normalization/scale", "normalization/offset",
        "normalization/mean", "normalization/variance", "second/weights", "second/bias",
      ])
    #expect(store.entries[0].declaration.dimensions == [48, 3, 3, 32])
    #expect(store.entries[6].declaration.dimensions == [40, 768])
    #expect(store.entries(of: 1).map(\.node) == [1, 1])
    for (entry, next) in zip(store.entries, store.entries.dropFirst()) {
      #expect(next.offset >= entry.offset + entry.declaration.count)
      #expect(next.offset % 16 == 0)
    }
    #expect(store.entry(named: "first") == nil)
  }

  /// Initialisations and the variances that they are to have.
  private static let variances: [(String, Initialization, Double)] = [
    ("first/weights", .he, 2 / 288), ("second/weights", .he, 2 / 768),
    ("first/weights", .glorot, 2 / 720), ("second/weights", .uniformFanIn, 1 / 2304),
  ]

  /// Of n values, the mean is within 4σ/√n and the deviation within 4σ/√2n of the distribution's.
  @Test(arguments: variances)
  func `initial weights have their distribution's moments`(
    _ name: String, _ initialization: Initialization, _ expected: Double
  ) throws {
    let deviation = expected.squareRoot()
    let store = try store(initialization)
    store.initialize(seed: 3)
    let values = try values(store, name).map { Double($0) }
    let count = Double(values.count)
    let mean = values.reduce(0, +) / count
    let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count
    #expect(abs(mean) < 4 * deviation / count.squareRoot())
    #expect(abs(variance.squareRoot() - deviation) < 4 * deviation / (2 * count).squareRoot())
  }

  @Test func `biases start at 0 and normalisations as the identity`() throws {
    let store = try store()
    store.initialize(seed: 1)
    for (name, value) in [
      ("first/bias", 0), ("second/bias", 0), ("normalization/scale", 1),
      ("normalization/offset", 0), ("normalization/mean", 0), ("normalization/variance", 1),
    ] as [(String, Float)] {
      #expect(try values(store, name).allSatisfy { $0 == value })
    }
  }

  @Test func `seeds and tensors have streams of their own`() throws {
    let (one, same, other) = (try store(), try store(), try store())
    one.initialize(seed: 1)
    same.initialize(seed: 1)
    other.initialize(seed: 2)
    #expect(one.allValues == same.allValues)
    #expect(try values(one, "first/weights") != values(other, "first/weights"))
    #expect(
      try values(one, "first/weights").prefix(64) != values(one, "second/weights").prefix(64))
  }

  @Test func `a Dirac convolution copies its input`() throws {
    var graph = Graph()
    let input = try graph.input(height: 5, width: 4, channels: 3)
    _ = try graph.convolution(
      "layer", input, channels: 5, kernel: 3, hasBias: false, initialization: .dirac)
    let run = try #require(NetworkRun(graph, batch: 1) { _ in })
    run.parameters.initialize(seed: 1)
    let weights = try values(run.parameters, "layer/weights")
    for (index, weight) in weights.prefix(3 * 27).enumerated() {
      let (channel, tap) = (index / 27, index % 27)
      #expect(weight == (tap == 4 * 3 + channel ? 1 : 0))
    }
    run.session.parametersChanged()
    run.session.forward()
    let image = NetworkRun.input(graph, batch: 1)
    let output = run.session.output.elements
    for pixel in 0..<20 {
      // To rounding only: fast convolutions transform even a copy.
      expectClose(
        Array(output[pixel * 5..<pixel * 5 + 3]), Array(image[pixel * 3..<pixel * 3 + 3]),
        tolerance: 1e-6)
    }
    #expect((0..<20).contains { output[$0 * 5 + 4] != 0 })
  }

  @Test func `halves of a composed model keep their parameters`() throws {
    var enhancer = Graph()
    let image = try enhancer.input(height: 4, width: 4, channels: 2)
    _ = try enhancer.convolution("layer", image, channels: 2, kernel: 3)
    var classifier = Graph()
    let input = try classifier.input(height: 4, width: 4, channels: 2)
    _ = try classifier.dense("layer", input, units: 3)
    func model(_ role: Model.Role, _ graph: Graph) throws -> Model {
      let parameters = try #require(ParameterStore(graph))
      parameters.initialize(seed: role == .enhancer ? 1 : 2)
      return Model(role: role, graph: graph, parameters: parameters, labels: ["a", "b", "c"])
    }
    let (first, second) = (try model(.enhancer, enhancer), try model(.classifier, classifier))
    let both = try #require(try Model.composed(enhancer: first, classifier: second))
    #expect(both.parameters.allValues == first.parameters.allValues + second.parameters.allValues)
    #expect(both.labels == ["a", "b", "c"])
    let extracted = try #require(ParameterStore(classifier))
    both.parameters.extractParameters(into: extracted, prefix: Model.classifierPrefix)
    #expect(extracted.allValues == second.parameters.allValues)
    let copied = try #require(ParameterStore(classifier))
    copied.copyParameters(from: extracted)
    #expect(copied.allValues == extracted.allValues)
  }
}
