// SPDX-License-Identifier: Apache-2.0
import Foundation
import Kernels
import Network
import TestSupport
import Testing

/// The network and the numbers of tools/oracles/explanation.py.
enum ExplainedNetwork {
  static let side = 12
  static let targets = [1, 3]

  static func model() throws -> Model {
    var graph = Graph()
    var node = try graph.input(height: side, width: side, channels: 3)
    node = try graph.convolution("first", node, channels: 8, kernel: 3, activation: .relu)
    node = try graph.maxPool("pool", node)
    node = try graph.convolution("second", node, channels: 10, kernel: 3, activation: .relu)
    node = try graph.add("average", .globalAverage(GlobalAverageLayer()), [node])
    _ = try graph.dense("logits", node, units: 5)
    let parameters = try #require(ParameterStore(graph))
    parameters.fillFromNames()
    return Model(
      role: .classifier, graph: graph, parameters: parameters, labels: (0..<5).map { "\($0)" })
  }

  static func enhancer() throws -> Model {
    var graph = Graph()
    let image = try graph.input(height: side, width: side, channels: 3)
    _ = try graph.convolution("enhance", image, channels: 3, kernel: 3, activation: .sigmoid)
    let parameters = try #require(ParameterStore(graph))
    parameters.fillFromNames()
    return Model(role: .enhancer, graph: graph, parameters: parameters)
  }

  static func images() throws -> [[Float]] {
    let all = NetworkRun.input(try model().graph, batch: 2)
    return [Array(all.prefix(all.count / 2)), Array(all.suffix(all.count / 2))]
  }

  /// The golden numbers that are not of the network.
  struct Golden: Decodable {
    struct Lime: Decodable {
      var weights: [Double]
      var intercept: Double
      var determination: Double
    }
    struct Spectrum: Decodable {
      var power: [Double]
      var radial: [Double]
      var share: Double
    }
    var lime: Lime
    var similarity: Double
    var spectrum: Spectrum
    /// Cosine, relative distance and CKA.
    var representations: [String: [Double]]
  }

  private static func data() throws -> Data {
    let url = try #require(
      Bundle.module.url(forResource: "explanation", withExtension: "json", subdirectory: "Fixtures")
    )
    return try Data(contentsOf: url)
  }

  /// The golden numbers of one image.
  static func golden(_ name: String, image: Int) throws -> [Float] {
    let all = try JSONSerialization.jsonObject(with: try data()) as? [String: Any]
    let values = try #require(all?[name] as? [Double])
    let count = values.count / 2
    return values[image * count..<(image + 1) * count].map { Float($0) }
  }

  static func golden() throws -> Golden {
    try JSONDecoder().decode(Golden.self, from: try data())
  }
}

func expectClose(
  _ values: [Double], _ expected: [Double], tolerance: Double,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(values.count == expected.count, sourceLocation: sourceLocation)
  let worst = zip(values, expected).map { abs($0 - $1) }.max() ?? 0
  #expect(worst <= tolerance, "differs by \(worst)", sourceLocation: sourceLocation)
}
