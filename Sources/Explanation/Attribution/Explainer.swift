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

  public static var allCases: [ExplanationMethod] {
    ClassActivationMap.Method.allCases.map { .activation($0) }
      + InputAttribution.Method.allCases.map { .input($0) } + [.occlusion, .lime]
  }

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

/// What a method says of one picture.
public struct Explanation: Sendable {
  /// What LIME says besides.
  public struct Parts: Sendable {
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
    public var parts = 50
    /// LIME's samples, and how often it draws them.
    public var samples = 1000
    public var repeats = 3
    public var seed: UInt64 = 1

    public init() {}
  }

  /// The method with its settings.
  private enum Bound {
    case activation(ClassActivationMap, ClassActivationMap.Method)
    case input(InputAttribution)
    case occlusion(Occlusion)
    case lime(Lime)
  }

  public let method: ExplanationMethod
  /// The layer that is looked at, where the method looks at one.
  public let layer: String?
  /// Told how many images have run, and of how many.
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
    self.method = method
    self.options = options
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
  public func explanation(
    of image: [Float], class target: Int? = nil
  ) throws(ExplanationError) -> Explanation {
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
