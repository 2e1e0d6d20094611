// SPDX-License-Identifier: Apache-2.0
import Architectures
import Foundation
import Interchange
import Kernels
import Network
import Testing
import Training

struct ModelFileTests {
  /// One graph of each architecture: together they have every operation but softmax.
  private static func graphs() throws -> [Graph] {
    var vgg = VGG16(imageHeight: 32, imageWidth: 40, classCount: 3)
    vgg.width = 0.125
    vgg.denseUnits = 8
    vgg.isNormalized = true
    var sigmoid = UNet(imageHeight: 18, imageWidth: 21)
    sigmoid.width = 4
    sigmoid.depth = 2
    var bounded = sigmoid
    bounded.head = .boundedResidual(limit: 0.125)
    bounded.upsampling = .bilinear
    var residual = sigmoid
    residual.head = .residual
    residual.upsampling = .nearest
    var mobile = MobileNetV1(imageHeight: 32, imageWidth: 32, classCount: 5)
    mobile.width = 0.25
    var speedRun = SpeedRunNet(imageHeight: 32, imageWidth: 32, classCount: 10)
    speedRun.widths = [8, 8, 8]
    speedRun.activation = .leakyReLU(slope: 0.1)
    var softmax = try ResNet8(imageHeight: 32, imageWidth: 32, classCount: 4).graph()
    try softmax.add("probabilities", .softmax(SoftmaxLayer()), [softmax.output])
    return [
      try vgg.graph(), try sigmoid.graph(), try bounded.graph(), try residual.graph(),
      try mobile.graph(), try speedRun.graph(), softmax,
      try TrainingFixture.roundedClassifier().graph,
      try PlainAutoencoder(
        imageHeight: 16, imageWidth: 16, encodingLayers: 3, decodingLayers: 2
      ).graph(),
    ]
  }

  @Test func `every architecture survives JSON`() throws {
    for graph in try Self.graphs() {
      let json = try GraphDocument(graph).json()
      #expect(try GraphDocument(json: json).graph() == graph)
      #expect(try GraphDocument(json: json).json() == json)
    }
  }

  @Test func `a model survives its file`() throws {
    let scratch = try TemporaryFolder()
    let model = try TrainingFixture.classifier()
    let path = scratch.path + "/model.safetensors"
    try ModelFile.save(model, to: path)
    let loaded = try ModelFile.load(path)
    #expect(loaded.graph == model.graph)
    #expect(loaded.labels == model.labels)
    #expect(loaded.role == .classifier)
    #expect(
      TrainingFixture.values(loaded.parameters) == TrainingFixture.values(model.parameters))
  }

  @Test func `what is wrong with a file is said in one line that names it`() throws {
    let scratch = try TemporaryFolder()
    let path = scratch.path + "/model.safetensors"
    let model = try TrainingFixture.classifier()
    let graph = try GraphDocument(model.graph).json()
    let labels = "[\"a\",\"b\",\"c\",\"d\",\"e\",\"f\",\"g\",\"h\",\"i\",\"j\"]"
    let cases: [([String: String], String)] = [
      ([:], "holds no graph"),
      (["graph": "{"], "is not what this version writes"),
      (["graph": "{\"nodes\":[]}"], "is not an input"),
      (["graph": graph], "labels"),
      (["graph": graph, "labels": labels], "lacks the tensor"),
      (
        ["graph": graph.replacingOccurrences(of: "\"global-average\"", with: "\"wormhole\"")],
        "'average' has the unknown operation 'wormhole'"
      ),
      (
        ["graph": graph.replacingOccurrences(of: "\"outputChannels\":4", with: "\"x\":4")],
        "lacks the whole number 'outputChannels'"
      ),
      (
        ["graph": graph.replacingOccurrences(of: "\"stride\":[1,1]", with: "\"stride\":[0,1]")],
        "out of range"
      ),
      (
        [
          "graph": graph.replacingOccurrences(
            of: "\"outputChannels\":4", with: "\"outputChannels\":2000000000")
        ], "too large"
      ),
    ]
    for (metadata, expected) in cases {
      try SafetensorsWriter.write([], metadata: metadata, to: path)
      do throws(ModelFileError) {
        _ = try ModelFile.load(path)
        Issue.record("a file with \(metadata) was read")
      } catch {
        #expect(error.message.contains(expected), "\(error.message)")
        #expect(error.message.hasPrefix(path) && !error.message.contains("\n"))
      }
    }
  }
}
