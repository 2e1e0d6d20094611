// SPDX-License-Identifier: Apache-2.0
import Architectures
import Kernels
import Network
import TestSupport
import Testing

/// What holds for every architecture.
struct ArchitectureTests {
  @Test(arguments: GoldenCase.all)
  func `training gives the same bytes on any number of threads`(_ golden: GoldenCase) throws {
    func trained(_ threadCount: Int) throws -> [UInt32] {
      let run = try golden.run(threadCount: threadCount)
      try run.train(golden, GoldenCase.optimizers[2].options, learningRate: 0.0005)
      let values = run.session.output.elements + run.session.gradient(of: 0).elements
      return (values + run.gradients + run.parameters.allValues).bitPatterns
    }
    let one = try trained(1)
    #expect(try trained(2) == one)
    #expect(try trained(5) == one)
  }

  @Test(arguments: GoldenCase.all)
  func `inference gives the same bytes on any number of threads`(_ golden: GoldenCase) throws {
    let graph = try golden.graph()
    let outputs = try [1, 2, 5].map { threadCount in
      let run = try #require(
        NetworkRun(graph, batch: golden.batch, threadCount: threadCount) { _ in })
      run.session.forward()
      return run.session.output.elements.bitPatterns
    }
    #expect(outputs[1] == outputs[0])
    #expect(outputs[2] == outputs[0])
  }

  @Test(arguments: GoldenCase.all)
  func `dead memory is never read`(_ golden: GoldenCase) throws {
    func gradients(poison: Float?) throws -> [UInt32] {
      let run = try golden.run()
      let node = run.session.plan.request.lossNodes[0]
      run.train(poison: poison) {
        let values = NetworkRun.drawn(
          "r", count: golden.batch * run.graph.shapes[node].elementCount, -1..<1)
        run.session.gradient(of: node).fill(values)
      }
      return (run.session.gradient(of: 0).elements + run.gradients).bitPatterns
    }
    #expect(try gradients(poison: .nan) == gradients(poison: nil))
  }

  @Test(arguments: GoldenCase.all)
  func `folded normalisations change no output`(_ golden: GoldenCase) throws {
    let graph = try golden.graph()
    let run = try #require(NetworkRun(graph, batch: golden.batch) { _ in })
    run.session.forward()
    let model = Model(role: .classifier, graph: graph, parameters: run.parameters)
    let folded = try #require(try model.foldingBatchNormalization())
    let plan = Plan.inference(folded.graph, batch: golden.batch, threadCount: 1)
    let session = try #require(Session(plan, folded.parameters, run.pool))
    session.input.fill(NetworkRun.input(graph, batch: golden.batch))
    session.forward()
    expectClose(session.output.elements, run.session.output.elements, tolerance: 1e-5)
  }

  @Test func `a fresh residual enhancer is the identity`() throws {
    for head in [EnhancerHead.residual, .boundedResidual(limit: 0.1)] {
      var network = UNet(imageHeight: 17, imageWidth: 22)
      network.width = 4
      network.depth = 2
      network.head = head
      let graph = try network.graph()
      let run = try #require(NetworkRun(graph, batch: 1) { _ in })
      run.parameters.initialize(seed: 1)
      run.session.parametersChanged()
      run.session.forward()
      #expect(run.session.output.elements == NetworkRun.input(graph, batch: 1))
    }
  }

  @Test func `an autoencoder of any depths gives an image of the same size`() throws {
    for (encoding, decoding) in [(1, 1), (3, 2), (2, 3), (4, 4)] {
      let graph = try PlainAutoencoder(
        imageHeight: 30, imageWidth: 47, encodingLayers: encoding, decodingLayers: decoding
      ).graph()
      #expect(graph.outputShape == graph.inputShape)
    }
  }

  @Test func `the full networks have the sizes of their papers`() throws {
    #expect(
      try VGG16(imageHeight: 96, imageWidth: 96, classCount: 10).graph().multiplyAccumulates
        / 10_000_000 == 282)
    #expect(
      try UNet(imageHeight: 96, imageWidth: 96).graph().multiplyAccumulates / 10_000_000 == 677)
    let mobile = try MobileNetV1(imageHeight: 224, imageWidth: 224, classCount: 1000).graph()
    #expect(mobile.multiplyAccumulates / 1_000_000 == 568)
    #expect(mobile.learntParameterCount() == 4_231_976)
    let residual = try ResNet8(imageHeight: 32, imageWidth: 32, classCount: 10).graph()
    // MLPerf's count, without running statistics and the biases that its normalisations cancel.
    #expect(residual.learntParameterCount() == 78_666 - 480 - 240)
  }
}
