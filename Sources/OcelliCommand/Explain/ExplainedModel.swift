// SPDX-License-Identifier: Apache-2.0
import Classification
import Explanation
import Imaging
import Kernels
import Network
import Ocelli
import Platform
import Training

/// A picture, plain and enhanced, with what the methods say of it.
struct ExplainedPicture {
  struct Map {
    var method: ExplanationMethod
    var explanation: Explanation
    /// What is shown: the same for the plain and the enhanced picture.
    var range: ClosedRange<Float>
  }

  struct View {
    var image: Image
    var floats: [Float]
    var predicted: Int
    /// Of each class.
    var probabilities: [Float]
    var maps: [Map] = []
  }

  var target: Int
  var plain: View
  var enhanced: View?
}

extension ExplainedPicture {
  /// A picture, under it what it is taken for.
  func cell(_ view: View, _ labels: [String]) -> Panel.Cell {
    let share = Int((view.probabilities[view.predicted] * 100).rounded())
    return Panel.Cell(view.image, caption: "\(labels[view.predicted]) \(share) %")
  }
}

/// A classifier, perhaps with an enhancer in front, and the methods bound to it.
struct ExplainedModel {
  let labels: [String]
  private let decoder: Session
  private let classifier: Session
  private let enhancer: Session?
  private let explainers: [Explainer]
  private let target: Int?

  /// The layer of class activation maps.
  var layer: String? { explainers.lazy.compactMap(\.layer).first }

  init(
    _ path: String, enhancer enhancerPath: String?, methods: [ExplanationMethod],
    _ options: Explainer.Options, target: String?, _ pool: ThreadPool
  ) throws {
    let model = try Model.inFloats(contentsOf: path, as: .classifier)
    let file = try Model(contentsOf: path)
    do {
      decoder = try Session(file)
      try decoder.requireRole(.classifier)
    } catch { throw CommandError("\(path): \(error)") }
    let labels =
      model.labels.isEmpty
      ? (0..<model.graph.shapes[model.graph.logits].channels).map { "class \($0)" } : model.labels
    self.labels = labels
    classifier = try Self.session(model, keeping: model.graph.logits, path, pool)
    enhancer = try enhancerPath.map { enhancerPath in
      let enhancer = try Model.inFloats(contentsOf: enhancerPath, as: .enhancer)
      guard enhancer.graph.outputShape == model.graph.inputShape else {
        throw CommandError(
          "\(enhancerPath): makes images of \(enhancer.graph.outputShape.text), \(path) takes "
            + model.graph.inputShape.text)
      }
      return try Self.session(enhancer, keeping: enhancer.graph.output, enhancerPath, pool)
    }
    self.target = try target.map { try Self.index(of: $0, labels, path) }
    explainers = try methods.map { method in
      do { return try Explainer(model, by: method, options, batch: 16, pool) } catch {
        throw CommandError("\(path): \(error)")
      }
    }
  }

  private static func session(
    _ model: Model, keeping node: Int, _ path: String, _ pool: ThreadPool
  ) throws -> Session {
    var request = PlanRequest(batch: 1, threadCount: pool.threadCount)
    request.keptValues = [node]
    guard let session = Session(model, request, pool) else {
      throw CommandError("\(path): no memory to run it")
    }
    return session
  }

  private static func index(of text: String, _ labels: [String], _ path: String) throws -> Int {
    if let index = labels.firstIndex(of: text) { return index }
    guard let index = Int(text), labels.indices.contains(index) else {
      throw CommandError(
        "\(path): has no class '\(text)': it knows \(labels.joined(separator: ", "))")
    }
    return index
  }

  func explain(_ picture: PictureSource.Picture) throws -> ExplainedPicture {
    let image = try picture.decoded(for: decoder)
    var plain = view(floats(of: image))
    var enhanced = enhancer.map { view(output(of: $0, for: plain.floats)) }
    let target = target ?? (enhanced ?? plain).predicted
    for explainer in explainers {
      let first = try explainer.explanation(of: plain.floats, class: target)
      let second = try enhanced.map { try explainer.explanation(of: $0.floats, class: target) }
      let range = Self.range([first] + (second.map { [$0] } ?? []), explainer.method)
      plain.maps.append(.init(method: explainer.method, explanation: first, range: range))
      if let second {
        enhanced?.maps.append(.init(method: explainer.method, explanation: second, range: range))
      }
    }
    return ExplainedPicture(target: target, plain: plain, enhanced: enhanced)
  }

  /// One scale for all, without a few outliers where values are pixels'.
  private static func range(
    _ explanations: [Explanation], _ method: ExplanationMethod
  ) -> ClosedRange<Float> {
    let values = explanations.flatMap(\.map.values)
    let isPixels = if case .input = method { true } else { false }
    let limit = HeatMap(width: values.count, height: 1, values: values)
      .stretchedRange(percentile: isPixels ? 99 : 100).upperBound
    return (method.isSigned ? -limit : 0)...limit
  }

  private func view(_ floats: [Float]) -> ExplainedPicture.View {
    let logits = outputs(of: classifier, for: floats, classifier.plan.graph.logits)
    return ExplainedPicture.View(
      image: Image(floats, classifier.plan.graph.inputShape), floats: floats,
      predicted: logits.indices.max { logits[$0] < logits[$1] } ?? 0,
      probabilities: ElementaryFunctions.softmax(logits))
  }

  private func output(of session: Session, for floats: [Float]) -> [Float] {
    outputs(of: session, for: floats, session.plan.graph.output)
  }

  private func outputs(of session: Session, for floats: [Float], _ node: Int) -> [Float] {
    for (index, value) in floats.enumerated() { session.input.base[index] = value }
    session.forward()
    return session.value(of: node).elements(ofImage: 0)
  }

  private func floats(of image: Image) -> [Float] {
    let shape = classifier.plan.graph.inputShape
    let picture = image.fitted(width: shape.width, height: shape.height, keepingProportion: false)
    let levels = shape.channels == 3 ? picture.pixels : picture.luma.pixels
    return levels.map { Float($0) / 255 }
  }
}
