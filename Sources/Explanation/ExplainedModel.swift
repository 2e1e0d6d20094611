// SPDX-License-Identifier: Apache-2.0
public import Imaging
public import Kernels
public import Network
import Quantization

/// A classifier, perhaps with an enhancer in front, and the methods bound to it.
///
/// ```swift
/// let explained = try ExplainedModel(classifier, pool).explain(image)
/// let map = explained.plain.maps[0].explanation.map
/// ```
public struct ExplainedModel {
  /// What is asked about a model.
  public struct Question {
    /// How to explain.
    public var methods: [ExplanationMethod] = [.activation(.gradCAM)]
    /// Settings of the methods. A layer of the enhancer starts with `Model.enhancerPrefix`.
    public var options = Explainer.Options()
    /// A class by name or number; `nil` for the predicted one, enhanced where there is an enhancer.
    public var target: String?
    /// What is explained behind an enhancer.
    public var readings = ExplainedPicture.Reading.allCases
    /// Layers of the classifier whose answers are compared, by name.
    public var layers: [String] = []

    /// Grad-CAM of the predicted class.
    public init() {}
  }

  /// The names of the classes; "class 0" and so on where the model has none.
  public let labels: [String]
  private let classifier: Session
  private let enhancer: Session?
  private let explainers: [Explainer]
  private let composedExplainers: [Explainer]
  private let readings: [ExplainedPicture.Reading]
  private let shownLayers: LayerRecorder?
  private let comparedLayers: LayerRecorder?
  private let target: Int?

  /// - Parameters:
  ///   - classifier: of any format; integers are explained through the floats that they stand for.
  ///   - enhancer: an enhancer in front of it.
  ///   - names: what errors call the models, such as their paths.
  /// - Throws: `ExplanationError.of(model:_:)`, which says which model cannot be explained.
  public init(
    _ classifier: Model, enhancer: Model? = nil, asking question: Question = Question(),
    names: (classifier: String, enhancer: String) = ("the classifier", "the enhancer"),
    _ pool: ThreadPool
  ) throws(ExplanationError) {
    let model = try Self.inFloats(classifier, named: names.classifier)
    let graph = model.graph
    let labels =
      model.labels.isEmpty
      ? (0..<graph.shapes[graph.logits].channels).map { "class \($0)" } : model.labels
    self.labels = labels
    var options = question.options
    if enhancer != nil, options.layer?.hasPrefix(Model.enhancerPrefix) == true {
      options.layer = nil
    }
    do throws(ExplanationError) {
      target = try question.target.map { text throws(ExplanationError) in
        try Self.index(of: text, labels)
      }
      self.classifier = try Self.session(model, keeping: graph.logits, pool)
      explainers = try Self.explainers(model, question.methods, options, pool)
      let isAsked = !question.layers.isEmpty
      shownLayers = isAsked ? try LayerRecorder(model, layers: question.layers, pool) : nil
      comparedLayers = isAsked && enhancer != nil ? try LayerRecorder(model, pool) : nil
    } catch { throw .of(model: names.classifier, error) }
    guard let enhancer else {
      (self.enhancer, composedExplainers, readings) = (nil, [], [.plain])
      return
    }
    let front = try Self.inFloats(enhancer, named: names.enhancer)
    readings = question.readings
    do throws(ExplanationError) {
      guard front.graph.outputShape == graph.inputShape else {
        throw .mismatch(
          output: front.graph.outputShape, taker: names.classifier, input: graph.inputShape)
      }
      self.enhancer = try Self.session(front, keeping: front.graph.output, pool)
    } catch { throw .of(model: names.enhancer, error) }
    do throws(ExplanationError) {
      options.layer = question.options.layer.map {
        $0.hasPrefix(Model.enhancerPrefix) ? $0 : Model.classifierPrefix + $0
      }
      composedExplainers =
        readings.contains(.composed)
        ? try Self.explainers(try Self.composed(front, model), question.methods, options, pool) : []
    } catch { throw .of(model: "\(names.enhancer) and \(names.classifier)", error) }
  }

  private static func inFloats(_ model: Model, named name: String) throws(ExplanationError) -> Model
  {
    do throws(QuantizationError) {
      let ends: Model?
      do throws(GraphError) { ends = try model.withFloatEnds() } catch { throw .graph(error) }
      guard let ends else { throw .outOfMemory }
      return try ends.fakeQuantized()
    } catch { throw .of(model: name, .notInFloats(error.message)) }
  }

  private static func composed(_ enhancer: Model, _ classifier: Model) throws(ExplanationError)
    -> Model
  {
    let both: Model?
    do throws(GraphError) {
      both = try Model.composed(enhancer: enhancer, classifier: classifier)
    } catch { throw .notInFloats(error.message) }
    guard let both else { throw .outOfMemory(byteCount: 4 * enhancer.parameters.count) }
    return both
  }

  private static func explainers(
    _ model: Model, _ methods: [ExplanationMethod], _ options: Explainer.Options, _ pool: ThreadPool
  ) throws(ExplanationError) -> [Explainer] {
    try methods.map { method throws(ExplanationError) in
      try Explainer(model, by: method, options, batch: 16, pool)
    }
  }

  private static func session(
    _ model: Model, keeping node: Int, _ pool: ThreadPool
  ) throws(ExplanationError) -> Session {
    let plan = Plan.inference(
      model.graph, batch: 1, threadCount: pool.threadCount, keptValues: [node])
    guard let session = Session(plan, model.parameters, pool) else {
      throw .outOfMemory(byteCount: plan.arenaByteCount)
    }
    return session
  }

  private static func index(of text: String, _ labels: [String]) throws(ExplanationError) -> Int {
    if let index = labels.firstIndex(of: text) { return index }
    guard let index = Int(text), labels.indices.contains(index) else {
      throw .unknownLabel(text, labels: labels)
    }
    return index
  }

  /// The size that pictures are brought to.
  package var inputShape: Shape { classifier.plan.graph.inputShape }

  /// Explains a picture, stretched to the size of the model's input.
  /// - Parameters:
  ///   - name: what the result calls the picture.
  ///   - truth: the label of what it shows, where that is known.
  ///   - progress: told the share that is done, from 0 to 1.
  public func explain(
    _ image: Image, name: String = "", truth: String? = nil,
    progress: @escaping (Double) -> Void = { _ in }
  ) throws(ExplanationError) -> ExplainedPicture {
    let picture = image.fitted(
      width: inputShape.width, height: inputShape.height, keepingProportion: false)
    var explained = ExplainedPicture(
      name: name, truth: truth.flatMap { labels.firstIndex(of: $0) }, target: 0,
      plain: try view(.plain, floats(of: picture)))
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
  ) throws(ExplanationError) {
    let total = Double(max(1, explainers.count * readings.count))
    let target = explained.target
    var done = 0.0
    func explanation(
      _ explainer: Explainer, of view: ExplainedPicture.View?
    ) throws(ExplanationError) -> Explanation? {
      guard let view, readings.contains(view.reading) else { return nil }
      explainer.progress = { [done] count, all in
        progress((done + Double(count) / Double(max(1, all))) / total)
      }
      defer { done += 1 }
      let explanation = try explainer.explanation(of: view.floats, class: target)
      guard explanation.map.values.allSatisfy(\.isFinite) else {
        throw .overflow(of: explainer.method.name)
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

  /// The layers that were asked for, with the distances of their answers.
  public func shownLayers(of explained: ExplainedPicture) -> [ComparedLayer] {
    shownLayers.map { compare(explained, $0) } ?? []
  }

  /// How far apart each layer's answers to the plain and the enhanced picture are; none without
  /// `Question.layers` or an enhancer.
  public func comparedLayers(of explained: ExplainedPicture) -> [ComparedLayer] {
    comparedLayers.map { compare(explained, $0) } ?? []
  }

  private func compare(_ explained: ExplainedPicture, _ recorder: LayerRecorder) -> [ComparedLayer]
  {
    let before = recorder.answers(to: explained.plain.floats)
    let after = explained.enhanced.map { recorder.answers(to: $0.floats) }
    return before.indices.map { ComparedLayer(before[$0], after?[$0]) }
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

  private func view(_ reading: ExplainedPicture.Reading, _ floats: [Float]) throws(ExplanationError)
    -> ExplainedPicture.View
  {
    let logits = outputs(of: classifier, for: floats, classifier.plan.graph.logits)
    guard (floats + logits).allSatisfy(\.isFinite) else { throw .overflow(of: "the network") }
    return ExplainedPicture.View(
      reading: reading, image: Image(floats, inputShape), floats: floats,
      predicted: logits.indices.max { logits[$0] < logits[$1] } ?? 0,
      probabilities: ElementaryFunctions.softmax(logits))
  }

  private func outputs(of session: Session, for floats: [Float], _ node: Int) -> [Float] {
    session.setInput(floats)
    session.run()
    return session.value(of: node).elements(ofImage: 0)
  }

  private func floats(of image: Image) -> [Float] {
    let levels = inputShape.channels == 3 ? image.pixels : image.luma.pixels
    return levels.map { Float($0) / 255 }
  }
}

/// A picture with the maps of all methods.
public struct ExplainedPicture {
  /// What is explained: of which picture, by which network.
  public enum Reading: String, CaseIterable, Sendable {
    /// The classifier on the picture.
    case plain
    /// The classifier on the enhanced picture.
    case enhanced
    /// Enhancer and classifier as one network, on the picture.
    case composed
  }

  /// A method's map, and the scale that it is shown on.
  public struct Map {
    /// The method.
    public let method: ExplanationMethod
    /// The layer of a class activation map.
    public let layer: String?
    /// The map.
    public let explanation: Explanation
    /// The values that the ends of the colour scale stand for: the same in all readings.
    public let range: ClosedRange<Float>
  }

  /// One picture, the classifier's answer to it, and the maps.
  public struct View {
    /// What is explained.
    public internal(set) var reading: Reading
    /// The picture, at the size of the model's input.
    public let image: Image
    /// The input's height × width × channels numbers in [0, 1].
    package let floats: [Float]
    /// The class of the largest logit.
    public internal(set) var predicted: Int
    /// Of each class.
    public internal(set) var probabilities: [Float]
    /// One a method, unless the reading was not asked for.
    public internal(set) var maps: [Map] = []
  }

  /// What the caller calls the picture.
  public var name: String
  /// The class that the picture is known to show.
  public internal(set) var truth: Int?
  /// The class that is explained.
  public internal(set) var target: Int
  /// The picture as it is.
  public internal(set) var plain: View
  /// The enhanced picture.
  public internal(set) var enhanced: View?
  /// The picture as it is, for enhancer and classifier as one.
  public internal(set) var composed: View?

  /// The views that have maps.
  public var views: [View] {
    ([plain] + [enhanced, composed].compactMap { $0 }).filter { !$0.maps.isEmpty }
  }

  /// Whether the classifier is right, where that is known.
  public func isRight(_ view: View) -> Bool? { truth.map { $0 == view.predicted } }
}
