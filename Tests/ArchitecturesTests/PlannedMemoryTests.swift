// SPDX-License-Identifier: Apache-2.0
import Architectures
import Kernels
import Network
import TestSupport
import Testing

/// The memory that plans of full-size networks take. Nothing is run.
struct PlannedMemoryTests {
  struct Sized: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var lossNode: String?
    var make: @Sendable () throws(GraphError) -> Graph
  }

  static let networks: [Sized] = [
    Sized(testDescription: "VGG-16") { () throws(GraphError) in
      try VGG16(imageHeight: 96, imageWidth: 96, classCount: 10).graph()
    },
    Sized(testDescription: "normalised VGG-16") { () throws(GraphError) in
      var network = VGG16(imageHeight: 96, imageWidth: 96, classCount: 10)
      network.isNormalized = true
      return try network.graph()
    },
    Sized(testDescription: "U-Net", lossNode: "logits") { () throws(GraphError) in
      try UNet(imageHeight: 96, imageWidth: 96).graph()
    },
    Sized(testDescription: "padded U-Net", lossNode: "cropping") { () throws(GraphError) in
      var network = UNet(imageHeight: 75, imageWidth: 90)
      network.upsampling = .bilinear
      return try network.graph()
    },
    Sized(testDescription: "ResNet-8") { () throws(GraphError) in
      try ResNet8(imageHeight: 32, imageWidth: 32, classCount: 10).graph()
    },
    Sized(testDescription: "MobileNetV1") { () throws(GraphError) in
      try MobileNetV1(imageHeight: 96, imageWidth: 96, classCount: 10).graph()
    },
    Sized(testDescription: "SpeedRunNet") { () throws(GraphError) in
      try SpeedRunNet(imageHeight: 32, imageWidth: 32, classCount: 10).graph()
    },
  ]

  @Test(arguments: networks, [1, 16])
  func `an arena is within 5% of what lives at once`(_ network: Sized, batch: Int) throws {
    let graph = try network.make()
    for isTraining in [false, true] {
      var request = PlanRequest(batch: batch, threadCount: 2)
      if isTraining {
        let node = network.lossNode.flatMap { graph.index(ofNodeNamed: $0) }
        request.lossNodes = [node ?? graph.output]
      }
      let plan = try Plan(graph, request)
      let ratio = Double(plan.arenaByteCount) / Double(plan.arenaLowerBound)
      #expect(
        ratio >= 1 && ratio <= 1.05,
        "\(ratio) of \(plan.arenaLowerBound) bytes, training: \(isTraining)")
    }
  }

  @Test func `no concatenation of a U-Net copies anything`() throws {
    var network = UNet(imageHeight: 20, imageWidth: 28)
    network.width = 4
    network.depth = 2
    let graph = try network.graph()
    for isTraining in [false, true] {
      let run = try #require(
        NetworkRun(graph, batch: 2) { if isTraining { $0.lossNodes = [graph.output] } })
      for (index, node) in graph.nodes.enumerated() {
        guard case .concatenation = node.operation else { continue }
        var offset = 0
        for input in node.inputs {
          #expect(
            run.session.value(of: input).base == run.session.value(of: index).base + offset)
          if isTraining {
            #expect(
              run.session.gradient(of: input).base
                == run.session.gradient(of: index).base + offset)
          }
          offset += graph.shapes[input].channels
        }
      }
    }
  }

  @Test func `a frozen classifier takes no memory for its weights' gradients`() throws {
    let enhancer = try UNet(imageHeight: 32, imageWidth: 32).graph()
    let classifier = try VGG16(imageHeight: 32, imageWidth: 32, classCount: 10).graph()
    let graph = try enhancer.followed(
      by: classifier, prefixes: (Model.enhancerPrefix, Model.classifierPrefix))
    let parameters = try #require(ParameterStore(graph))
    let pool = try #require(ThreadPool(threadCount: 1))
    var request = PlanRequest(batch: 2, threadCount: 1)
    request.lossNodes = [graph.output]
    let joint = try #require(Session(try Plan(graph, request), parameters, pool))
    request.frozenNodes = graph.nodes(withPrefix: Model.classifierPrefix)
    let enhance = try #require(Session(try Plan(graph, request), parameters, pool))
    request = PlanRequest(batch: 2, threadCount: 1)
    request.lossNodes = [enhancer.output]
    let enhancerParameters = try #require(ParameterStore(enhancer))
    let alone = try #require(Session(try Plan(enhancer, request), enhancerParameters, pool))
    #expect(enhance.trainedCount == alone.trainedCount)
    #expect(enhance.trainedCount < joint.trainedCount)
    #expect(enhance.plan.arenaByteCount <= joint.plan.arenaByteCount)
    #expect(enhance.byteCount < joint.byteCount)
  }
}
