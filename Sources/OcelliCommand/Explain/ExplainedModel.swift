// SPDX-License-Identifier: Apache-2.0
import Classification
import Explanation
import Foundation
import Imaging
import Kernels
import Network
import Ocelli
import Platform
import SharedCommands
import Training

/// A classifier, perhaps with an enhancer in front, and the methods bound to it.
struct ExplainedModel {
  /// What is asked about it.
  struct Question {
    var methods: [ExplanationMethod]
    var options: Explainer.Options
    /// A class by name or number, `nil` for the predicted one.
    var target: String?
    var readings: [ExplainedPicture.Reading]
    /// Layers whose channels are shown.
    var layers: [String]
    var preprocessing: PreprocessingOptions
  }

  let labels: [String]
  private let decoder: Session
  private let classifier: Session
  private let enhancer: Session?
  private let explainers: [Explainer]
  private let composedExplainers: [Explainer]
  private let readings: [ExplainedPicture.Reading]
  private let shownLayers: LayerRecorder?
  private let comparedLayers: LayerRecorder?
  private let target: Int?

  init(
    _ path: String, enhancer enhancerPath: String?, _ question: Question, _ pool: ThreadPool
  ) throws {
    var file = try Model(contentsOf: path)
    try question.preprocessing.choice().apply(to: &file, path)
    let model = try file.inFloats(as: .classifier, from: path)
    do {
      decoder = try Session(file)
      try decoder.requireRole(.classifier)
    } catch { throw CommandError("\(path): \(error)") }
    let labels =
      model.labels.isEmpty
      ? (0..<model.graph.shapes[model.graph.logits].channels).map { "class \($0)" } : model.labels
    self.labels = labels
    target = try question.target.map { try Self.index(of: $0, labels, path) }
    classifier = try Self.session(model, keeping: model.graph.logits, path, pool)
    var options = question.options
    if enhancerPath != nil, options.layer?.hasPrefix(Model.enhancerPrefix) == true {
      options.layer = nil
    }
    explainers = try Self.explainers(model, question.methods, options, path, pool)
    do {
      shownLayers =
        question.layers.isEmpty
        ? nil : try LayerRecorder(model, layers: question.layers, pool)
      comparedLayers =
        enhancerPath == nil || question.layers.isEmpty ? nil : try LayerRecorder(model, pool)
    } catch { throw CommandError("\(path): \(error)") }
    guard let enhancerPath else {
      (enhancer, composedExplainers, readings) = (nil, [], [.plain])
      return
    }
    let front = try Model.inFloats(contentsOf: enhancerPath, as: .enhancer)
    guard front.graph.outputShape == model.graph.inputShape else {
      throw CommandError(
        "\(enhancerPath): makes images of \(front.graph.outputShape.text), \(path) takes "
          + model.graph.inputShape.text)
    }
    enhancer = try Self.session(front, keeping: front.graph.output, enhancerPath, pool)
    readings = question.readings
    guard readings.contains(.composed) else {
      composedExplainers = []
      return
    }
    guard let both = try Model.composed(enhancer: front, classifier: model) else {
      throw CommandError("\(path): no memory to run it behind \(enhancerPath)")
    }
    options.layer = question.options.layer.map {
      $0.hasPrefix(Model.enhancerPrefix) ? $0 : Model.classifierPrefix + $0
    }
    composedExplainers = try Self.explainers(
      both, question.methods, options, "\(enhancerPath) and \(path)", pool)
  }

  private static func explainers(
    _ model: Model, _ methods: [ExplanationMethod], _ options: Explainer.Options, _ path: String,
    _ pool: ThreadPool
  ) throws -> [Explainer] {
    try methods.map { method in
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
    guard let session = try? Session(model, request, pool) else {
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

  /// - Parameters:
  ///   - change: what is done to the picture before, at the model's size.
  ///   - progress: told the share that is done.
  func explain(
    _ picture: PictureSource.Picture, changedBy change: (Image) throws -> Image,
    progress: @escaping (Double) -> Void
  ) throws -> ExplainedPicture {
    let shape = classifier.plan.graph.inputShape
    let image = try change(
      picture.decoded(for: decoder).fitted(
        width: shape.width, height: shape.height, keepingProportion: false))
    var explained = ExplainedPicture(
      name: picture.name, truth: truth(of: picture), target: 0,
      plain: try view(.plain, floats(of: image)))
    if let enhancer {
      let enhanced = try view(
        .enhanced, outputs(of: enhancer, for: explained.plain.floats, enhancer.plan.graph.output))
      explained.enhanced = enhanced
      // The same picture as the original, the same answer as to the enhanced one.
      explained.composed = explained.plain
      explained.composed?.reading = .composed
      explained.composed?.predicted = enhanced.predicted
      explained.composed?.probabilities = enhanced.probabilities
    }
    explained.target = target ?? (explained.enhanced ?? explained.plain).predicted
    try addMaps(to: &explained, progress)
    return explained
  }

  private func addMaps(
    to explained: inout ExplainedPicture, _ progress: @escaping (Double) -> Void
  ) throws {
    let total = Double(max(1, explainers.count * readings.count))
    var done = 0.0
    func explanation(_ explainer: Explainer, of view: ExplainedPicture.View?) throws -> Explanation?
    {
      guard let view, readings.contains(view.reading) else { return nil }
      explainer.progress = { [done] count, all in
        progress((done + Double(count) / Double(max(1, all))) / total)
      }
      defer { done += 1 }
      let explanation = try explainer.explanation(of: view.floats, class: explained.target)
      guard explanation.map.values.allSatisfy(\.isFinite) else {
        throw CommandError("not explained: \(explainer.method.name) overflows on it")
      }
      return explanation
    }
    for (index, explainer) in explainers.enumerated() {
      let plain = try explanation(explainer, of: explained.plain)
      let enhanced = try explanation(explainer, of: explained.enhanced)
      let whole = composedExplainers.isEmpty ? explainer : composedExplainers[index]
      let composed = try explanation(whole, of: explained.composed)
      let range = Self.range([plain, enhanced, composed].compactMap { $0 }, explainer.method)
      func map(_ explanation: Explanation?, _ explainer: Explainer) -> [ExplainedPicture.Map] {
        (explanation.map {
          [.init(method: explainer.method, layer: explainer.layer, explanation: $0, range: range)]
        }) ?? []
      }
      explained.plain.maps += map(plain, explainer)
      explained.enhanced?.maps += map(enhanced, explainer)
      explained.composed?.maps += map(composed, whole)
    }
  }

  /// The layers that are shown, and the distance of each.
  func shownLayers(of explained: ExplainedPicture) -> [ComparedLayer] {
    shownLayers.map { compare(explained, $0) } ?? []
  }

  /// How far apart each layer's answers are.
  func comparedLayers(of explained: ExplainedPicture) -> [ComparedLayer] {
    comparedLayers.map { compare(explained, $0) } ?? []
  }

  private func compare(
    _ explained: ExplainedPicture, _ recorder: LayerRecorder
  ) -> [ComparedLayer] {
    let before = recorder.answers(to: explained.plain.floats)
    let after = explained.enhanced.map { recorder.answers(to: $0.floats) }
    return before.indices.map { ComparedLayer(before[$0], after?[$0]) }
  }

  /// The class that the picture's folder is named after.
  private func truth(of picture: PictureSource.Picture) -> Int? {
    let folder = URL(filePath: picture.name).deletingLastPathComponent().lastPathComponent
    return labels.firstIndex(of: folder)
  }

  /// One scale for all, without a few outliers where values are pixels'.
  private static func range(
    _ explanations: [Explanation], _ method: ExplanationMethod
  ) -> ClosedRange<Float> {
    let values = explanations.flatMap(\.map.values)
    let isPixels = if case .input = method { true } else { false }
    let limit = HeatMap.stretchedRange(of: values, percentile: isPixels ? 99 : 100).upperBound
    return (method.isSigned ? -limit : 0)...limit
  }

  private func view(
    _ reading: ExplainedPicture.Reading, _ floats: [Float]
  ) throws -> ExplainedPicture.View {
    let logits = outputs(of: classifier, for: floats, classifier.plan.graph.logits)
    guard (floats + logits).allSatisfy(\.isFinite) else {
      throw CommandError("not explained: the network overflows on it")
    }
    return ExplainedPicture.View(
      reading: reading, image: Image(floats, classifier.plan.graph.inputShape), floats: floats,
      predicted: logits.indices.max { logits[$0] < logits[$1] } ?? 0,
      probabilities: ElementaryFunctions.softmax(logits))
  }

  private func outputs(of session: Session, for floats: [Float], _ node: Int) -> [Float] {
    session.setInput(floats)
    session.run()
    return session.value(of: node).elements(ofImage: 0)
  }

  private func floats(of image: Image) -> [Float] {
    let levels =
      classifier.plan.graph.inputShape.channels == 3 ? image.pixels : image.luma.pixels
    return levels.map { Float($0) / 255 }
  }
}
