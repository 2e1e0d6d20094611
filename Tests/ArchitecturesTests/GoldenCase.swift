// SPDX-License-Identifier: Apache-2.0
import Architectures
import Kernels
import Network
import TestSupport
import Testing

/// A small network, and the training that its golden vectors come from.
struct GoldenCase: Sendable, CustomTestStringConvertible {
  var name: String
  var batch: Int
  var loss: Loss
  /// The node that the loss reads; `nil` for the output.
  var lossNode: String?
  /// Prefix of the nodes whose parameters are frozen.
  var frozenPrefix: String?
  var graph: @Sendable () throws(GraphError) -> Graph

  var testDescription: String { name }

  static let classification = Loss.softmaxCrossEntropy(labelSmoothing: 0.1)

  static let all: [GoldenCase] = [
    GoldenCase(name: "vgg16", batch: 4, loss: classification) { () throws(GraphError) in
      try smallVGG(isNormalized: false)
    },
    GoldenCase(name: "vgg16-normalized", batch: 4, loss: classification) {
      () throws(GraphError) in try smallVGG(isNormalized: true)
    },
    GoldenCase(name: "resnet8", batch: 4, loss: classification) { () throws(GraphError) in
      var network = ResNet8(imageHeight: 21, imageWidth: 24, classCount: 10)
      network.width = 0.5
      network.normalization = InputNormalization(mean: [0], deviation: [0.5])
      return try network.graph()
    },
    GoldenCase(name: "mobilenet", batch: 4, loss: classification) { () throws(GraphError) in
      var network = MobileNetV1(imageHeight: 64, imageWidth: 62, classCount: 10)
      network.width = 1.0 / 16
      return try network.graph()
    },
    GoldenCase(name: "speedrun", batch: 4, loss: classification) { () throws(GraphError) in
      var network = SpeedRunNet(imageHeight: 32, imageWidth: 32, classCount: 10)
      network.widths = [8, 16, 16]
      return try network.graph()
    },
    GoldenCase(
      name: "unet", batch: 2, loss: .binaryCrossEntropyWithLogits, lossNode: "logits"
    ) { () throws(GraphError) in try smallUNet(height: 20, width: 28, channels: 8) },
    GoldenCase(
      name: "unet-bilinear", batch: 2, loss: .binaryCrossEntropyWithLogits, lossNode: "logits"
    ) { () throws(GraphError) in
      try smallUNet(height: 20, width: 28, channels: 4, upsampling: .bilinear)
    },
    GoldenCase(name: "unet-residual", batch: 2, loss: .meanSquaredError) {
      () throws(GraphError) in
      try smallUNet(height: 21, width: 27, channels: 4, head: .residual)
    },
    GoldenCase(name: "unet-bounded", batch: 2, loss: .meanSquaredError) {
      () throws(GraphError) in
      try smallUNet(
        height: 21, width: 27, channels: 4, head: .boundedResidual(limit: 0.25),
        upsampling: .nearest)
    },
    GoldenCase(
      name: "enhance", batch: 4, loss: classification, frozenPrefix: Model.classifierPrefix
    ) { () throws(GraphError) in
      try smallUNet(height: 32, width: 32, channels: 4).followed(
        by: try smallVGG(isNormalized: true),
        prefixes: (Model.enhancerPrefix, Model.classifierPrefix))
    },
  ]

  private static func smallVGG(isNormalized: Bool) throws(GraphError) -> Graph {
    var network = VGG16(imageHeight: 32, imageWidth: 32, classCount: 10)
    network.width = 0.125
    network.denseUnits = 32
    network.dropoutRate = 0
    network.isNormalized = isNormalized
    return try network.graph()
  }

  private static func smallUNet(
    height: Int, width: Int, channels: Int, head: EnhancerHead = .sigmoid,
    upsampling: UNet.Upsampling = .transposedConvolution
  ) throws(GraphError) -> Graph {
    var network = UNet(imageHeight: height, imageWidth: width)
    network.width = channels
    network.depth = 2
    network.head = head
    network.upsampling = upsampling
    return try network.graph()
  }

  /// A session for the case's training, with the parameters and the input of the golden run.
  func run(threadCount: Int = 1) throws -> NetworkRun {
    let graph = try graph()
    let lossNode = try lossNode.map { try #require(graph.index(ofNodeNamed: $0)) }
    return try #require(
      NetworkRun(graph, batch: batch, threadCount: threadCount) { request in
        request.lossNodes = [lossNode ?? graph.output]
        request.wantsInputGradient = true
        if let frozenPrefix { request.frozenNodes = graph.nodes(withPrefix: frozenPrefix) }
      })
  }

  /// The images of the golden run: they keep away from kinks.
  var input: [Float] {
    get throws {
      NetworkRun.input(try graph(), batch: batch, name: try GoldenFile(name).inputName())
    }
  }

  /// Class 3n + 1 for example n, or an image of random numbers.
  func targets(_ graph: Graph) -> [Float] {
    guard case .softmaxCrossEntropy = loss else {
      return NetworkRun.drawn("target", count: batch * graph.outputShape.elementCount, 0..<1)
    }
    let classes = graph.outputShape.channels
    return (0..<batch * classes).map { $0 % classes == (3 * ($0 / classes) + 1) % classes ? 1 : 0 }
  }

  /// The optimisers of the golden runs and their learning rates.
  static let optimizers: [(name: String, options: OptimizerOptions, learningRate: Float)] = [
    ("sgd", OptimizerOptions(.sgd(momentum: 0.9, nesterov: true), weightDecay: 0.05), 0.002),
    (
      "adam",
      OptimizerOptions(.adam(beta1: 0.9, beta2: 0.99, epsilon: 1e-3), weightDecay: 0.05), 0.0005
    ),
    (
      "adamw",
      OptimizerOptions(.adamW(beta1: 0.9, beta2: 0.99, epsilon: 1e-3), weightDecay: 0.05), 0.0005
    ),
  ]
}

extension NetworkRun {
  /// One forward run with its loss, and the loss's gradient in its place.
  @discardableResult
  func forward(_ golden: GoldenCase) throws -> Float {
    session.input.fill(try golden.input)
    session.forward()
    var targets = golden.targets(graph)
    var losses = [Float](repeating: 0, count: golden.batch)
    let node = session.plan.request.lossNodes[0]
    golden.loss.compute(
      session.value(of: node), targets: &targets, gradient: session.gradient(of: node),
      exampleLosses: &losses, pool: pool)
    return losses.reduce(0, +) / Float(golden.batch)
  }

  /// Three steps of training.
  func train(_ golden: GoldenCase, _ options: OptimizerOptions, learningRate: Float) throws {
    let optimizer = try #require(Optimizer(session, options))
    for _ in 0..<3 {
      try forward(golden)
      session.backward()
      optimizer.step(learningRate: learningRate, gradientNorm: optimizer.gradientNorm())
    }
  }
}
