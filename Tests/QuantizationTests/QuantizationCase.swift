// SPDX-License-Identifier: Apache-2.0
import Architectures
import Kernels
import Network
import Quantization
import TestSupport
import Testing

/// A model with parameters by chance, and images to show it.
struct QuantizationCase: Sendable, CustomTestStringConvertible {
  let name: String
  let role: Model.Role
  let graph: @Sendable () throws -> Graph

  var testDescription: String { name }

  static let batch = 4

  func model() throws -> Model {
    let graph = try graph()
    let parameters = try #require(ParameterStore(graph))
    parameters.fillFromNames()
    let labels = role == .classifier ? (0..<10).map { "class \($0)" } : []
    return Model(role: role, graph: graph, parameters: parameters, labels: labels)
  }

  /// What a model makes of images by chance.
  static func output(
    _ model: Model, input: [Float]? = nil, threadCount: Int = 1
  ) throws -> [Float] {
    let pool = try #require(ThreadPool(threadCount: threadCount))
    let floats = try #require(try model.withFloatEnds())
    let plan = Plan.inference(floats.graph, batch: batch, threadCount: threadCount)
    let session = try #require(Session(plan, floats.parameters, pool))
    session.input.fill(input ?? NetworkRun.input(floats.graph, batch: batch))
    session.forward()
    return session.output.elements
  }

  /// A calibrator that has seen `batches`, each a batch of images.
  static func calibrator(_ model: Model, _ batches: [[Float]]) throws -> Calibrator {
    let pool = try #require(ThreadPool(threadCount: 1))
    let calibrator = try Calibrator(model, batch: batch, pool)
    for pass in 0..<2 {
      for images in batches {
        calibrator.session.input.fill(images)
        calibrator.session.forward()
        if pass == 0 {
          try calibrator.observeRanges(count: batch)
        } else {
          calibrator.observeDistributions(count: batch)
        }
      }
    }
    return calibrator
  }

  /// The model in 8-bit integers, calibrated on the images that `output` shows it.
  func quantized(_ method: CalibrationMethod = .minMax) throws -> Model {
    let float = try model().lowered(forIntegers: true)
    let images = NetworkRun.input(float.graph, batch: Self.batch)
    var quantizer = PostTrainingQuantizer(float, try Self.calibrator(float, [images]))
    quantizer.method = method
    return try quantizer.quantized()
  }

  private static func enhancer(
    _ name: String, _ change: @escaping @Sendable (inout UNet) -> Void
  ) -> QuantizationCase {
    QuantizationCase(name: "U-Net, \(name)", role: .enhancer) {
      var network = UNet(imageHeight: 16, imageWidth: 24)
      (network.width, network.depth) = (4, 2)
      change(&network)
      return try network.graph()
    }
  }

  static let all: [QuantizationCase] = [
    QuantizationCase(name: "small CNN", role: .classifier) {
      try SmallCNN(imageHeight: 16, imageWidth: 16, classCount: 10).graph()
    },
    QuantizationCase(name: "ResNet-8", role: .classifier) {
      try ResNet8(imageHeight: 16, imageWidth: 16, classCount: 10).graph()
    },
    QuantizationCase(name: "MobileNetV1", role: .classifier) {
      var network = MobileNetV1(imageHeight: 32, imageWidth: 32, classCount: 10)
      network.width = 0.25
      return try network.graph()
    },
    QuantizationCase(name: "VGG-16", role: .classifier) {
      var network = VGG16(imageHeight: 32, imageWidth: 32, classCount: 10)
      (network.width, network.denseUnits) = (0.125, 16)
      return try network.graph()
    },
    QuantizationCase(name: "speed-run net", role: .classifier) {
      var network = SpeedRunNet(imageHeight: 32, imageWidth: 32, classCount: 10)
      network.widths = [8, 16, 16]
      return try network.graph()
    },
    QuantizationCase(name: "plain autoencoder", role: .enhancer) {
      try PlainAutoencoder(imageHeight: 16, imageWidth: 16, encodingLayers: 2, decodingLayers: 2)
        .graph()
    },
    enhancer("sigmoid head") { $0.head = .sigmoid },
    enhancer("residual head") { $0.head = .residual },
    enhancer("bounded head") { $0.head = .boundedResidual(limit: 0.1) },
    enhancer("nearest pixels") { $0.upsampling = .nearest },
    enhancer("bilinear pixels") { $0.upsampling = .bilinear },
  ]
}
