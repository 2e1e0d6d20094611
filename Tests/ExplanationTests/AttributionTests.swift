// SPDX-License-Identifier: Apache-2.0
import Explanation
import Imaging
import Kernels
import Network
import TestSupport
import Testing

struct AttributionTests {
  private let pool: ThreadPool

  init() throws { pool = try #require(ThreadPool(threadCount: 2)) }

  @Test(arguments: ClassActivationMap.Method.allCases, [1, 2, 3])
  func `class activation maps are those of pytorch-grad-cam`(
    method: ClassActivationMap.Method, batch: Int
  ) throws {
    let explainer = try ClassActivationMap(
      try ExplainedNetwork.model(), layer: "second/activation", batch: batch, pool)
    let maps = try explainer.maps(
      for: try ExplainedNetwork.images(), classes: ExplainedNetwork.targets, by: method)
    for (image, (map, target)) in maps.enumerated() {
      #expect(target == ExplainedNetwork.targets[image])
      // The library scales the small map to [0, 1], enlarges it and scales it again.
      let enlarged = scaled(scaled(map).resized(width: 12, height: 12))
      expectClose(
        enlarged.values, try ExplainedNetwork.golden(method.rawValue, image: image),
        tolerance: 2e-5)
    }
  }

  @Test func `enhancer and classifier as one are explained as by captum and pytorch-grad-cam`()
    throws
  {
    let both = try #require(
      try Model.composed(
        enhancer: try ExplainedNetwork.enhancer(), classifier: try ExplainedNetwork.model()))
    let saliency = try InputAttribution(both, by: .saliency, batch: 1, pool)
    let maps = try ClassActivationMap(
      both, layer: Model.classifierPrefix + "second/activation", batch: 1, pool)
    for (index, image) in try ExplainedNetwork.images().enumerated() {
      let target = ExplainedNetwork.targets[index]
      expectClose(
        try saliency.values(for: image, class: target).values,
        try ExplainedNetwork.golden("composed-saliency", image: index), tolerance: 2e-5)
      let map = try maps.maps(for: [image], classes: [target], by: .hiResCAM)[0].map
      expectClose(
        scaled(scaled(map).resized(width: 12, height: 12)).values,
        try ExplainedNetwork.golden("composed-hires-cam", image: index), tolerance: 2e-5)
    }
  }

  private func scaled(_ map: HeatMap) -> HeatMap {
    let (least, most) = (map.values.min() ?? 0, map.values.max() ?? 0)
    return HeatMap(
      width: map.width, height: map.height,
      values: map.values.map { ($0 - least) / (1e-7 + most - least) })
  }

  @Test(arguments: [
    InputAttribution.Method.saliency, .integratedGradients, .guidedBackpropagation,
  ])
  func `gradients of the image are those of captum`(method: InputAttribution.Method) throws {
    let explainer = try InputAttribution(
      try ExplainedNetwork.model(), by: method, batch: 3, pool)
    explainer.steps = 20
    for (index, image) in try ExplainedNetwork.images().enumerated() {
      let (values, target) = try explainer.values(
        for: image, class: ExplainedNetwork.targets[index])
      #expect(target == ExplainedNetwork.targets[index])
      expectClose(
        values, try ExplainedNetwork.golden(method.rawValue, image: index), tolerance: 2e-5)
    }
  }

  @Test func `integrated gradients add up to the difference of the scores`() throws {
    let model = try ExplainedNetwork.model()
    let explainer = try InputAttribution(model, by: .integratedGradients, batch: 8, pool)
    explainer.steps = 200
    let image = try ExplainedNetwork.images()[0]
    let (values, target) = try explainer.values(for: image, class: nil)
    func score(_ image: [Float]) throws -> Float {
      let plan = Plan.inference(model.graph, batch: 1, threadCount: 2)
      let session = try #require(Session(plan, model.parameters, pool))
      session.input.fill(image)
      session.forward()
      return session.output.pixel(0)[target]
    }
    let difference = try score(image) - score(image.map { _ in 0 })
    #expect(abs(values.reduce(0, +) - difference) < 5e-3 * abs(difference) + 1e-4)
  }

  @Test func `SmoothGrad of no noise is the saliency`() throws {
    let model = try ExplainedNetwork.model()
    let image = try ExplainedNetwork.images()[0]
    let smooth = try InputAttribution(model, by: .smoothGrad, batch: 4, pool)
    smooth.noise = 0
    let saliency = try InputAttribution(model, by: .saliency, batch: 1, pool)
    expectClose(
      try smooth.values(for: image, class: 2).values,
      try saliency.values(for: image, class: 2).values, tolerance: 1e-6)
    smooth.noise = 0.1
    let first = try smooth.values(for: image, class: 2).values
    #expect(try smooth.values(for: image, class: 2).values == first)
    smooth.seed = 2
    #expect(try smooth.values(for: image, class: 2).values != first)
  }

  @Test(arguments: [1, 4])
  func `occlusion is captum's`(batch: Int) throws {
    let occlusion = try Occlusion(try ExplainedNetwork.model(), batch: batch, pool)
    (occlusion.window, occlusion.stride) = (5, 3)
    for (index, image) in try ExplainedNetwork.images().enumerated() {
      let (map, _) = try occlusion.map(for: image, class: ExplainedNetwork.targets[index])
      expectClose(
        map.values, try ExplainedNetwork.golden("occlusion", image: index), tolerance: 2e-5)
    }
  }

  @Test func `the layer is the deepest that is large enough, or the one that is named`() throws {
    let model = try ExplainedNetwork.model()
    let layer = try ClassActivationMap(model, batch: 1, pool).layer
    #expect(model.graph.nodes[layer].name == "second/activation")
    #expect(throws: ExplanationError.unknownLayer("third")) {
      try ClassActivationMap(model, layer: "third", batch: 1, pool)
    }
    #expect(throws: ExplanationError.unusableLayer("logits")) {
      try ClassActivationMap(model, layer: "logits", batch: 1, pool)
    }
    let explainer = try ClassActivationMap(model, batch: 1, pool)
    #expect(throws: ExplanationError.unknownClass(5, classCount: 5)) {
      try explainer.maps(
        for: try ExplainedNetwork.images(), classes: [5, nil], by: .gradCAM)
    }
  }

  @Test func `a picture that is only scaled is no layer`() throws {
    var graph = Graph()
    var node = try graph.input(height: 12, width: 12, channels: 3)
    node = try graph.add("scaled", .activation(ActivationLayer(.relu)), [node])
    node = try graph.convolution("small", node, channels: 2, kernel: 3, stride: 4)
    _ = try graph.dense("logits", node, units: 2)
    let model = Model(
      role: .classifier, graph: graph, parameters: try #require(ParameterStore(graph)))
    #expect(throws: ExplanationError.noLayer(side: 6)) {
      try ClassActivationMap(model, batch: 1, pool)
    }
    let named = try ClassActivationMap(model, layer: "small", batch: 1, pool)
    #expect(graph.nodes[named.layer].name == "small")
  }

  @Test func `what is asked for is the predicted class unless told`() throws {
    let model = try ExplainedNetwork.model()
    let explainer = try ClassActivationMap(model, batch: 2, pool)
    let images = try ExplainedNetwork.images()
    for (index, result) in try explainer.maps(
      for: images, classes: [nil, nil], by: .gradCAM
    ).enumerated() {
      let logits = try ExplainedNetwork.golden("logits", image: index)
      #expect(result.target == logits.indices.max { logits[$0] < logits[$1] })
    }
  }
}
