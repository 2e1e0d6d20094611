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
  /// At the layer's size for class activation maps, else one value a pixel.
  public let map: HeatMap
  /// The class that it is for.
  public let target: Int
  /// LIME's parts, and how well its linear model fits: below 0.5 it says little.
  public let parts: Superpixels?
  public let determination: Double?

  /// Whether anything speaks for the class at all.
  public var isEmpty: Bool { map.values.allSatisfy { $0 <= 0 } }
}

/// One method bound to one model.
public final class Explainer {
  /// The settings that differ from the methods' own.
  public struct Options: Sendable {
    /// The layer of class activation maps; `nil` for the deepest of at least six pixels a side.
    public var layer: String?
    /// About so many superpixels, and samples, for LIME.
    public var parts = 50
    public var samples = 1000
    public var seed: UInt64 = 1

    public init() {}
  }

  public let method: ExplanationMethod
  /// The layer that is looked at, where the method looks at one.
  public let layer: String?
  private let explain: (_ image: [Float], _ target: Int?) throws(ExplanationError) -> Explanation

  /// - Parameters:
  ///   - model: a classifier in floats, or an enhancer and a classifier composed.
  ///   - batch: images that run at once, by methods that ask about many.
  public init(
    _ model: Model, by method: ExplanationMethod, _ options: Options = Options(), batch: Int,
    _ pool: ThreadPool
  ) throws(ExplanationError) {
    self.method = method
    let shape = model.graph.inputShape
    let batch = method.asksOnce ? 1 : batch
    switch method {
    case .activation(let kind):
      let maps = try ClassActivationMap(model, layer: options.layer, batch: batch, pool)
      layer = model.graph.nodes[maps.layer].name
      explain = { image, target throws(ExplanationError) in
        let (map, target) = try maps.maps(for: [image], classes: [target], by: kind)[0]
        return Explanation(map: map, target: target, parts: nil, determination: nil)
      }
    case .input(let kind):
      let attribution = try InputAttribution(model, by: kind, batch: batch, pool)
      attribution.seed = options.seed
      layer = nil
      explain = { image, target throws(ExplanationError) in
        let (values, target) = try attribution.values(for: image, class: target)
        return Explanation(
          map: attribution.map(values, height: shape.height, width: shape.width), target: target,
          parts: nil, determination: nil)
      }
    case .occlusion:
      let occlusion = try Occlusion(model, batch: batch, pool)
      occlusion.window = max(1, min(shape.height, shape.width) / 6)
      occlusion.stride = max(1, occlusion.window / 2)
      layer = nil
      explain = { image, target throws(ExplanationError) in
        let (map, target) = try occlusion.map(for: image, class: target)
        return Explanation(map: map, target: target, parts: nil, determination: nil)
      }
    case .lime:
      let lime = try Lime(model, batch: batch, pool)
      (lime.samples, lime.seed) = (options.samples, options.seed)
      layer = nil
      explain = { image, target throws(ExplanationError) in
        let parts = Superpixels.slic(Image(image, shape), count: options.parts)
        let result = try lime.explain(image, parts, class: target)
        let map = HeatMap(
          width: shape.width, height: shape.height,
          values: parts.labels.map { Float(result.weights[$0]) })
        return Explanation(
          map: map, target: result.target, parts: parts, determination: result.determination)
      }
    }
  }

  /// - Parameters:
  ///   - image: the input's height × width × channels numbers in [0, 1].
  ///   - target: a class, `nil` for the predicted one.
  public func explanation(
    of image: [Float], class target: Int? = nil
  ) throws(ExplanationError) -> Explanation {
    try explain(image, target)
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
