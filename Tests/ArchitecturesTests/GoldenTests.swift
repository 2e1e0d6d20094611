// SPDX-License-Identifier: Apache-2.0
import Kernels
import Network
import TestSupport
import Testing

/// Whole networks against PyTorch, from the image to the parameters after three steps.
struct GoldenTests {
  @Test(arguments: GoldenCase.all)
  func `output and gradients are those of PyTorch`(_ golden: GoldenCase) throws {
    let file = try GoldenFile(golden.name)
    let run = try golden.run()
    let loss = try run.forward(golden)
    let expected = try file.value("loss")
    #expect(abs(loss - expected) <= 1e-5 * expected)
    try file.expect("output", run.session.output.elements)
    run.session.backward()
    try file.expect("input-gradient", run.session.gradient(of: 0).elements)
    let names = file.names(under: "gradient/")
    #expect(Set(names) == Set(run.session.trainedParameters.map(\.entry.name)))
    for name in names {
      try file.expect("gradient/" + name, try #require(run.gradient(named: name)))
    }
  }

  /// Not of MobileNet, whose steps are chaotic: see the script.
  @Test(arguments: GoldenCase.all.filter { $0.name != "mobilenet" })
  func `three steps of each optimiser are those of PyTorch`(_ golden: GoldenCase) throws {
    let file = try GoldenFile(golden.name)
    for (name, options, learningRate) in GoldenCase.optimizers {
      let run = try golden.run()
      try run.train(golden, options, learningRate: learningRate)
      let names = file.names(under: name + "/")
      #expect(!names.isEmpty)
      for parameter in names {
        let entry = try #require(run.parameters.entry(named: parameter))
        try file.expect("\(name)/\(parameter)", [Float](run.parameters.values(of: entry)))
      }
      let expected = try file.value(name + "-loss")
      #expect(abs(try run.forward(golden) - expected) <= 1e-4 * expected)
    }
  }

  @Test func `training the enhancer leaves the classifier's bytes alone`() throws {
    let golden = try #require(GoldenCase.all.first { $0.name == "enhance" })
    let run = try golden.run()
    let frozen = run.parameters.entries.filter { $0.name.hasPrefix(Model.classifierPrefix) }
    func bytes() -> [UInt32] {
      frozen.flatMap { [Float](run.parameters.values(of: $0)) }.bitPatterns
    }
    let before = bytes()
    let enhancer = run.parameters.allValues
    try run.train(golden, GoldenCase.optimizers[2].options, learningRate: 0.0005)
    #expect(bytes() == before)
    #expect(run.parameters.allValues != enhancer)
    #expect(run.session.trainedParameters.allSatisfy { $0.entry.name.hasPrefix("enhancer/") })
  }
}
