// SPDX-License-Identifier: Apache-2.0
import Explanation
import Imaging
import Kernels
import Network
import TestSupport
import Testing

struct LimeTests {
  @Test func `the linear model is lime's`() throws {
    let bits = NetworkRun.drawn("lime/bits", count: 200 * 8, 0..<1).map { $0 >= 0.5 ? 1.0 : 0.0 }
    var rows = (0..<200).map { Array(bits[$0 * 8..<($0 + 1) * 8]) }
    rows[0] = [Double](repeating: 1, count: 8)
    let labels = NetworkRun.drawn("lime/labels", count: 200, 0..<1)
    let targets = zip(labels, rows).map { Double($0) + 0.5 * $1[0] }
    let regression = RidgeRegression(
      rows: rows, targets: targets, weights: rows.map(Lime.nearness))
    let golden = try ExplainedNetwork.golden().lime
    #expect(abs(regression.intercept - golden.intercept) < 1e-8)
    #expect(abs(regression.determination - golden.determination) < 1e-8)
    for (a, b) in zip(regression.coefficients, golden.weights) { #expect(abs(a - b) < 1e-8) }
  }

  @Test func `the parts that a class leans on weigh most`() throws {
    // The logit of class 1 counts the edges in the left half, which the mean colour has not.
    var graph = Graph()
    let image = try graph.input(height: 8, width: 8, channels: 3)
    let edges = try graph.convolution(
      "edges", image, channels: 1, kernel: 3, activation: .relu)
    _ = try graph.dense("logits", edges, units: 2)
    let parameters = try #require(ParameterStore(graph))
    let kernel = try #require(parameters.entry(named: "edges/weights"))
    // Row, column, channel: the red of the pixel less that of the one above.
    parameters.values(of: kernel)[(1 * 3 + 1) * 3] = 1
    parameters.values(of: kernel)[(0 * 3 + 1) * 3] = -1
    let sums = try #require(parameters.entry(named: "logits/weights"))
    for pixel in 0..<64 where pixel % 8 < 4 { parameters.values(of: sums)[64 + pixel] = 0.2 }
    let model = Model(
      role: .classifier, graph: graph, parameters: parameters, labels: ["no", "yes"])
    let pool = try #require(ThreadPool(threadCount: 1))
    let parts = Superpixels(width: 8, height: 8, labels: (0..<64).map { $0 % 8 / 2 })
    let picture = (0..<64).flatMap { pixel -> [Float] in [pixel / 8 % 2 == 0 ? 1 : 0, 0, 0] }
    let lime = try Lime(model, batch: 16, pool)
    lime.samples = 300
    let explanation = try lime.explain(picture, parts, class: 1)
    #expect(explanation.target == 1 && explanation.weights.count == 4)
    #expect(explanation.weights[0] > 0.05 && explanation.weights[1] > 0.05)
    #expect(abs(explanation.weights[2]) < 0.02 && abs(explanation.weights[3]) < 0.02)
    #expect(explanation.determination > 0.8)
    #expect(try lime.explain(picture, parts, class: 1).weights == explanation.weights)
  }

  @Test func `stability is the share of strongest parts that random choices agree on`() {
    func explanation(_ weights: [Double]) -> Lime.Explanation {
      Lime.Explanation(weights: weights, intercept: 0, determination: 1, target: 0)
    }
    let first = explanation([3, 1, -5, 2, 0])
    #expect(first.strongest() == [0, 3, 1] && first.strongest(2) == [0, 3])
    #expect(Lime.stability([first]) == 1)
    #expect(Lime.stability([first, explanation([1, 3, 0, 2, -1])]) == 1)
    // {0, 3} and {1, 3} share one of three, each with itself all.
    let other = explanation([0, 3, 0, 2, 0])
    #expect(abs(Lime.stability([first, other], count: 2) - 1.0 / 3) < 1e-12)
    #expect(abs(Lime.stability([first, other, first], count: 2) - (1 + 2.0 / 3) / 3) < 1e-12)
    #expect(Lime.stability([explanation([-1]), explanation([-2])]) == 1)
  }
}
