// SPDX-License-Identifier: Apache-2.0
import Assessments
import Datasets
import Imaging
import Kernels
import Network
import Reporting
import Scenes
import Statistics
import TestSupport
import Testing

/// Of an enhancer that adds 0.1 to each number, and a classifier that tells dark pictures from
/// bright ones.
struct ChangeAssessmentTests {
  private let model: AssessedModel
  private let images: AssessedImages

  init() throws {
    let pool = try #require(ThreadPool(threadCount: 2))
    var graph = Graph()
    let input = try graph.input(height: 16, width: 16, channels: 3)
    _ = try graph.convolution("brighten", input, channels: 3, kernel: 1)
    let enhancer = try Self.model(.enhancer, graph) { weights, bias in
      for channel in 0..<3 {
        weights[4 * channel] = 1
        bias[channel] = 0.1
      }
    }
    graph = Graph()
    var node = try graph.input(height: 16, width: 16, channels: 3)
    node = try graph.add("average", .globalAverage(GlobalAverageLayer()), [node])
    _ = try graph.dense("logits", node, units: 2)
    // Bright where the mean is above 0.5.
    let classifier = try Self.model(.classifier, graph) { weights, bias in
      for channel in 0..<3 { weights[3 + channel] = 10 }
      bias[1] = -15
    }
    model = try AssessedModel(
      classifier: .init(model: classifier, inFloats: classifier),
      enhancer: .init(model: enhancer, inFloats: enhancer), batch: 4, seed: 1, pool)
    // All are bright: half of them, of level 110, only when they are enhanced.
    let pictures = (0..<10).map { index in
      Image(width: 16, height: 16, filledWith: index < 5 ? (110, 110, 110) : (150, 150, 150))
    }
    images = AssessedImages(
      Dataset(
        name: "grey", classNames: ["dark", "bright"], labels: [Int32](repeating: 1, count: 10),
        images: pictures), model)
  }

  private static func model(
    _ role: Model.Role, _ graph: Graph,
    _ fill: (UnsafeMutableBufferPointer<Float>, UnsafeMutableBufferPointer<Float>) -> Void
  ) throws -> Model {
    let parameters = try #require(ParameterStore(graph))
    fill(
      parameters.values(of: parameters.entries[0]), parameters.values(of: parameters.entries[1]))
    return Model(role: role, graph: graph, parameters: parameters, labels: ["dark", "bright"])
  }

  @Test func `a known change has its size, and its gain needs its size`() throws {
    let found = try #require(try PerturbationAssessment(model, images) { _, _ in })
    #expect(abs(found.size.largest.value - 0.1) < 1e-6)
    #expect(abs(found.size.mean.value - 0.1) < 1e-6)
    #expect(abs(found.size.norm.value - 0.1 * 768.0.squareRoot()) < 1e-4)
    #expect(abs((found.size.peakSignalToNoise?.value ?? 0) - 20) < 1e-4)
    #expect(found.size.changedVisibly.value == 1)
    // A constant has nothing above frequency 0.
    #expect(abs(found.spectrum.radial[0] - 0.01) < 1e-6)
    #expect(found.spectrum.radial.dropFirst().allSatisfy { $0 < 1e-9 })
    // 110 levels need 18 more.
    #expect(found.budget.map(\.accuracy.value) == [0.5, 0.5, 0.5, 0.5, 0.5, 1])
    #expect(found.budget.last?.gain.fixed == 5 && found.budget.last?.gain.broken == 0)
    #expect(found.stored.allSatisfy { $0.accuracy.value == 1 })
  }

  @Test func `a change that is the same everywhere may come from another image`() throws {
    let found = try AdversarialAssessment(model, images) { _, _ in }
    let accuracies = Dictionary(
      uniqueKeysWithValues: found.controls.map { ($0.name, $0.accuracy.value) })
    #expect(accuracies["another image's"] == 1 && accuracies["its pixels shuffled"] == 1)
    #expect(accuracies["noise of the same norm"] == 0.5)
    // 8 levels do not bring 150 below 128, and behind the enhancer 110 is 135.5.
    #expect(found.attacks.allSatisfy { $0.plain.value == 0.5 })
    #expect(found.attacks.filter { $0.epsilon < 8 }.allSatisfy { $0.enhanced?.value == 1 })
    #expect(found.attacks.filter { $0.epsilon == 8 }.allSatisfy { $0.enhanced?.value == 0.5 })
  }

  @Test func `the enhancer helps a classifier of the same kind as much`() throws {
    let found = try #require(
      try TransferAssessment(
        model, images, own: "own", others: [("other", model.classifier.model)]
      ) { _, _ in })
    #expect(found.rows.map(\.classifier) == ["own", "other"])
    #expect(found.rows[1].gain == found.rows[0].gain && found.rows[1].ratio == 1)
  }

  @Test func `classes have figures of their own`() throws {
    let found = AccuracyAssessment(
      plain: images.predictions, enhanced: images.enhancedPredictions,
      classNames: ["dark", "bright"], seed: 1)
    #expect(found.plain.value == 0.5 && found.enhanced?.value == 1)
    #expect(found.classes[0].images == 0 && found.classes[0].gain == nil)
    #expect(found.classes[1].gain == found.gain && found.gain?.fixed == 5)
  }

  @Test func `a chart holds its lines and leaves out what has no logarithm`() {
    let chart = LineChart(
      "a & b", xLabel: "x", yLabel: "y", isLogarithmic: true,
      [.init("line", [(0, 0), (1, 10), (2, 1000)])])
    #expect(chart.svg.contains("a &amp; b") && chart.svg.contains("1e2"))
    #expect(chart.svg.contains("d=\"M260 300 L520 0\""))
  }
}
