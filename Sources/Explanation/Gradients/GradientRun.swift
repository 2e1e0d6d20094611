// SPDX-License-Identifier: Apache-2.0
import Kernels
import Network

/// A frozen classifier that gives, for each image of a batch, the gradient of one class's logit.
///
/// Scores are logits: what the softmax reads, where the model ends in one.
final class GradientRun {
  let graph: Graph
  let session: Session
  let batch: Int
  let logits: Int
  /// Called by `forEachBatch` with the number of images that have run and the total.
  var progress: ((Int, Int) -> Void)?
  /// Backward steps before which negative gradients are dropped: the ReLUs' in guided
  /// backpropagation.
  private let guidedNodes: Set<Int>

  /// - Parameters:
  ///   - layers: nodes whose outputs and gradients are kept.
  ///   - wantsInputGradient: whether the backward run goes back to the image, not just to the first
  ///     of `layers`.
  ///   - isGuided: whether ReLUs pass only positive gradients (Springenberg et al.,
  ///     arXiv:1412.6806).
  init(
    _ model: Model, layers: [Int] = [], wantsInputGradient: Bool = false, isGuided: Bool = false,
    batch: Int, _ pool: ThreadPool
  ) throws(ExplanationError) {
    let graph = model.graph
    guard graph.formats.allSatisfy({ $0 == .float32 }) else { throw .integers }
    logits = graph.logits
    let scores = graph.shapes[logits]
    guard scores.height == 1, scores.width == 1 else { throw .noClassifier }
    let reluNodes = graph.nodes.indices.filter {
      if case .activation(let layer) = graph.nodes[$0].operation {
        layer.function == .relu || layer.function == .relu6
      } else {
        false
      }
    }
    guidedNodes = isGuided ? Set(reluNodes) : []
    var request = PlanRequest(batch: batch, threadCount: pool.threadCount)
    // Without a gradient weights are packed once, not in every run.
    if !layers.isEmpty || wantsInputGradient { request.lossNodes = [logits] }
    request.frozenNodes = Set(graph.nodes.indices)
    request.wantsInputGradient = wantsInputGradient
    request.keptValues = layers + [0, logits]
    request.keptGradients = layers + guidedNodes.sorted()
    let plan: Plan
    do throws(PlanError) { plan = try Plan(graph, request) } catch { throw .integers }
    guard let session = Session(plan, model.parameters, pool) else {
      throw .outOfMemory(byteCount: plan.arenaByteCount)
    }
    (self.graph, self.session, self.batch) = (graph, session, batch)
  }

  var classCount: Int { graph.shapes[logits].channels }

  /// Runs up to `batch` images of the input's height × width × channels.
  func forward(_ images: [[Float]]) {
    precondition(images.count <= batch, "a run takes one batch")
    for (row, image) in images.enumerated() { session.setInput(image, row: row) }
    session.forward()
  }

  /// The logits of one image of the last forward run.
  func scores(of row: Int) -> [Float] { session.value(of: logits).elements(ofImage: row) }

  /// Runs `count` images batch by batch, and `body` with the numbers of those of each batch.
  func forEachBatch<Failure: Error>(
    of count: Int, _ image: (Int) -> [Float], _ body: (Range<Int>) throws(Failure) -> Void
  ) throws(Failure) {
    for first in stride(from: 0, to: count, by: batch) {
      let numbers = first..<min(first + batch, count)
      forward(numbers.map(image))
      try body(numbers)
      progress?(numbers.upperBound, count)
    }
  }

  /// The logits of one class of `count` images.
  func scores(of count: Int, class target: Int, _ image: (Int) -> [Float]) -> [Float] {
    var result: [Float] = []
    forEachBatch(of: count, image) { numbers in
      result += numbers.indices.map { scores(of: $0 - numbers.lowerBound)[target] }
    }
    return result
  }

  /// The probability of one class of `count` images, which are asked for in order.
  func probabilities(of count: Int, class target: Int, _ image: (Int) -> [Float]) -> [Double] {
    var result: [Double] = []
    forEachBatch(of: count, image) { numbers in
      result += numbers.indices.map {
        Double(ElementaryFunctions.softmax(scores(of: $0 - numbers.lowerBound))[target])
      }
    }
    return result
  }

  /// The class that is asked for, or the one that an image is taken for.
  func target(_ wanted: Int?, for image: [Float]) throws(ExplanationError) -> Int {
    if wanted == nil { forward([image]) }
    return try target(wanted)
  }

  /// The class that is asked for, or the predicted one of an image of the last forward run.
  func target(_ wanted: Int?, of row: Int = 0) throws(ExplanationError) -> Int {
    guard let wanted else {
      let scores = scores(of: row)
      return scores.indices.max { scores[$0] < scores[$1] } ?? 0
    }
    guard (0..<classCount).contains(wanted) else {
      throw .unknownClass(wanted, classCount: classCount)
    }
    return wanted
  }

  /// Computes the gradients of each image's logit of its class.
  func backward(_ classes: [Int]) {
    backward(classes.map { target in (0..<classCount).map { $0 == target ? 1 : 0 } })
  }

  /// Computes the gradients of something of which `scoreGradients` are those of each image's
  /// logits.
  func backward(_ scoreGradients: [[Float]]) {
    let gradient = session.gradient(of: logits)
    for row in 0..<batch {
      for c in 0..<classCount {
        gradient.pixel(row)[c] = row < scoreGradients.count ? scoreGradients[row][c] : 0
      }
    }
    for index in session.plan.backwardSteps {
      let node = session.plan.node(ofStep: index)
      if guidedNodes.contains(node) { dropNegative(session.gradient(of: node)) }
      session.backwardStep(index)
    }
  }

  private func dropNegative(_ gradient: TensorView<Float>) {
    for index in 0..<gradient.pixelCount {
      let pixel = gradient.pixel(index)
      for c in 0..<gradient.channels where pixel[c] < 0 { pixel[c] = 0 }
    }
  }

  /// The gradient of the image in row `row` of the last batch, as the image lies in memory.
  func inputGradient(of row: Int) -> [Float] { session.gradient(of: 0).elements(ofImage: row) }
}
