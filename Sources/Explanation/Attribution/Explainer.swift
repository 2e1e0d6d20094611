// SPDX-License-Identifier: Apache-2.0
public import Imaging
public import Kernels
public import Network

/// Every method under one name.
public enum ExplanationMethod: Hashable, Sendable, CaseIterable {
  case activation(ClassActivationMap.Method)
  case input(InputAttribution.Method)
  case occlusion
  case lime

  /// All methods, class activation maps first.
  public static var allCases: [ExplanationMethod] {
    ClassActivationMap.Method.allCases.map { .activation($0) }
      + InputAttribution.Method.allCases.map { .input($0) } + [.occlusion, .lime]
  }

  /// As commands and manifests spell it.
  public var name: String {
    switch self {
    case .activation(let method): method.rawValue
    case .input(let method): method.rawValue
    case .occlusion: "occlusion"
    case .lime: "lime"
    }
  }

  /// Whether values below 0 speak against the class; else a map starts at 0.
  public var isSigned: Bool {
    switch self {
    case .activation, .input(.saliency), .input(.smoothGrad): false
    case .input, .occlusion, .lime: true
    }
  }

  /// Whether one run of the picture itself is enough.
  fileprivate var asksOnce: Bool {
    switch self {
    case .activation(let method): method != .scoreCAM
    case .input(let method): method == .saliency || method == .guidedBackpropagation
    case .occlusion, .lime: false
    }
  }
}

/// A method's explanation of one picture.
public struct Explanation: Sendable {
  /// What LIME adds.
  public struct Parts: Sendable {
    /// The parts that the picture was cut into.
    public let superpixels: Superpixels
    /// Up to five parts that speak for the class, the strongest first.
    public let strongest: [Int]
    /// How well the linear model fits, R²: below 0.5 it says little.
    public let determination: Double
    /// How far other random choices name the same strongest parts, from 0 to 1; `nil` where there
    /// were none.
    public let stability: Double?
  }

  /// At the layer's size for class activation maps, else one value a pixel.
  public let map: HeatMap
  /// The class that it is for.
  public let target: Int
  /// LIME's findings; `nil` for other methods.
  public var parts: Parts?

  /// Whether anything speaks for the class at all.
  public var isEmpty: Bool { map.values.allSatisfy { $0 <= 0 } }
}

/// One method bound to one model.
public final class Explainer {
  /// The settings that differ from the methods' own.
  public struct Options: Sendable {
    /// The layer of class activation maps; `nil` for the deepest of at least six pixels a side.
    public var layer: String?
    /// How LIME cuts pictures, and into about how many parts.
    public var cut = Superpixels.Method.slic
    /// About how many parts LIME cuts pictures into.
    public var parts = 50
    /// LIME's samples, and how often it draws them.
    public var samples = 1000
    /// How often LIME redraws its samples.
    public var repeats = 3
    /// What random choices derive from.
    public var seed: UInt64 = 1

    /// The settings that the command has by default.
    public init() {}
  }

  /// The method with its settings.
  private enum Bound {
    case activation(ClassActivationMap, ClassActivationMap.Method)
    case input(InputAttribution)
    case occlusion(Occlusion)
    case lime(Lime)
  }

  /// The method.
  public let method: ExplanationMethod
  /// The layer that is looked at, where the method looks at one.
  public let layer: String?
  /// Called with the number of images that have run and the total.
  public var progress: ((Int, Int) -> Void)?
  private let shape: Shape
  private let options: Options
  private let bound: Bound

  /// - Parameters:
  ///   - model: a classifier in floats, or an enhancer and a classifier composed.
  ///   - batch: images that run at once, by methods that ask about many.
  public init(
    _ model: Model, by method: ExplanationMethod, _ options: Options = Options(), batch: Int,
    _ pool: ThreadPool
  ) throws(ExplanationError) {
    (self.method, self.options) = (method, options)
    shape = model.graph.inputShape
    let batch = method.asksOnce ? 1 : batch
    var layer: String?
    switch method {
    case .activation(let kind):
      let maps = try ClassActivationMap(model, layer: options.layer, batch: batch, pool)
      layer = model.graph.nodes[maps.layer].name
      bound = .activation(maps, kind)
    case .input(let kind):
      let attribution = try InputAttribution(model, by: kind, batch: batch, pool)
      attribution.seed = options.seed
      bound = .input(attribution)
    case .occlusion:
      let occlusion = try Occlusion(model, batch: batch, pool)
      occlusion.window = max(1, min(shape.height, shape.width) / 6)
      occlusion.stride = max(1, occlusion.window / 2)
      bound = .occlusion(occlusion)
    case .lime:
      let lime = try Lime(model, batch: batch, pool)
      lime.samples = options.samples
      bound = .lime(lime)
    }
    self.layer = layer
  }

  /// - Parameters:
  ///   - image: the input's height × width × channels numbers in [0, 1].
  ///   - target: a class, `nil` for the predicted one.
  public func explanation(of image: [Float], class target: Int? = nil) throws(ExplanationError)
    -> Explanation
  {
    switch bound {
    case .activation(let maps, let kind):
      maps.progress = progress
      let (map, target) = try maps.maps(for: [image], classes: [target], by: kind)[0]
      return Explanation(map: map, target: target)
    case .input(let attribution):
      attribution.progress = progress
      let (values, target) = try attribution.values(for: image, class: target)
      return Explanation(
        map: attribution.map(values, height: shape.height, width: shape.width), target: target)
    case .occlusion(let occlusion):
      occlusion.progress = progress
      let (map, target) = try occlusion.map(for: image, class: target)
      return Explanation(map: map, target: target)
    case .lime(let lime): return try explanation(by: lime, of: image, class: target)
    }
  }

  private func explanation(
    by lime: Lime, of image: [Float], class target: Int?
  ) throws(ExplanationError) -> Explanation {
    let parts = Superpixels(
      of: Image(image, shape), by: options.cut, count: options.parts, seed: options.seed)
    var results: [Lime.Explanation] = []
    for index in 0..<max(1, options.repeats) {
      lime.seed = options.seed &+ UInt64(index)
      lime.progress = { [progress, options] done, total in
        progress?(index * total + done, options.repeats * total)
      }
      results.append(try lime.explain(image, parts, class: target ?? results.first?.target))
    }
    let first = results[0]
    let map = HeatMap(
      width: shape.width, height: shape.height,
      values: parts.labels.map { Float(first.weights[$0]) })
    return Explanation(
      map: map, target: first.target,
      parts: .init(
        superpixels: parts, strongest: first.strongest(), determination: first.determination,
        stability: results.count > 1 ? Lime.stability(results) : nil))
  }
}

extension Image {
  /// The picture of a model's numbers in [0, 1], of one channel or of three.
  package init(_ floats: [Float], _ shape: Shape) {
    let colors = shape.channels == 3 ? floats : floats.flatMap { [$0, $0, $0] }
    self = colors.withUnsafeBufferPointer { colors in
      colors.baseAddress.map { Image(width: shape.width, height: shape.height, floats: $0) }
        ?? Image(width: shape.width, height: shape.height)
    }
  }
}

/// Why there is no explanation.
public indirect enum ExplanationError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The model computes with integers: explain its `fakeQuantized` form.
  case integers
  /// The model's output is no row of class scores: give a classifier.
  case noClassifier
  /// There is no such node: names are those that `ocelli model info` lists.
  case unknownLayer(String)
  /// The node is no map of the image between the input and the scores: name another.
  case unusableLayer(String)
  /// No layer has a map of at least `side` pixels a side: name one.
  case noLayer(side: Int)
  /// The class is not one of the model's.
  case unknownClass(Int, classCount: Int)
  /// No class of the model has this name or number.
  case unknownLabel(String, labels: [String])
  /// The model has no form in floats, for the reason given.
  case notInFloats(String)
  /// An enhancer's images are not what the classifier takes.
  case mismatch(output: Shape, taker: String, input: Shape)
  /// Numbers of the network, or of a method, are not finite for this picture.
  case overflow(of: String)
  /// There is no memory of this size: use a smaller model.
  case outOfMemory(byteCount: Int)
  /// The error of the model that the caller calls so.
  case of(model: String, ExplanationError)

  /// One line; follows the file's name.
  public var description: String {
    switch self {
    case .integers: "computes with integers"
    case .noClassifier: "is no classifier: its output is an image"
    case .unknownLayer(let name): "has no layer '\(name)'; `ocelli model info` lists them"
    case .unusableLayer(let name):
      "layer '\(name)' is no map between the image and the classes; name a convolution"
    case .noLayer(let side):
      "no layer has a map of at least \(side)×\(side) pixels; name one with --layer"
    case .unknownClass(let index, let classCount):
      "has no class \(index): it knows \(classCount), counted from 0"
    case .unknownLabel(let text, let labels):
      "has no class '\(text)': it knows \(labels.joined(separator: ", "))"
    case .notInFloats(let problem): problem
    case .mismatch(let output, let taker, let input):
      "makes images of \(output.text), \(taker) takes \(input.text)"
    case .overflow(let culprit): "not explained: \(culprit) overflows on it"
    case .of(let model, let error): "\(model): \(error)"
    case .outOfMemory(let byteCount): "no memory for \(byteCount / 1_000_000) MB"
    }
  }
}
