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

  @Test func `superpixels cover the picture in connected parts of like colour`() {
    var image = Image(width: 40, height: 30)
    for pixel in 0..<1200 {
      image.pixels[3 * pixel] = pixel % 40 < 20 ? 200 : 40
      image.pixels[3 * pixel + 1] = pixel / 40 < 15 ? 180 : 30
    }
    let parts = Superpixels.slic(image, count: 12)
    #expect((6...24).contains(parts.count))
    #expect(Set(parts.labels) == Set(0..<parts.count))
    // No part lies on both sides of the picture's edges, but for the pixels beside them.
    for part in 0..<parts.count {
      let pixels = parts.labels.indices.filter {
        parts.labels[$0] == part && abs($0 % 40 - 20) > 2 && abs($0 / 40 - 15) > 2
      }
      #expect(Set(pixels.map { $0 % 40 < 20 }).count <= 1)
      #expect(Set(pixels.map { $0 / 40 < 15 }).count <= 1)
    }
    #expect(Superpixels.grid(width: 40, height: 30, count: 12).count == 12)
    #expect(Superpixels.slic(Image(width: 1, height: 1)).count == 1)
  }
}
