// SPDX-License-Identifier: Apache-2.0
public import Kernels
import Network

extension AffineQuantization {
  /// The 256 integers that cover `range`, widened to contain 0, which is represented exactly.
  init(covering range: ClosedRange<Float>) {
    let (low, high) = (min(range.lowerBound, 0), max(range.upperBound, 0))
    // Steps that are hardly a number any more would make factors that are none.
    let scale = max((high - low) / 255, 0x1p-60)
    let zeroPoint = (-128 - low / scale).rounded(.toNearestOrAwayFromZero)
    self.init(
      scale: high > low ? scale : 1,
      zeroPoint: high > low ? Int32(max(-128, min(127, zeroPoint))) : 0)
  }

  /// Pixels: 0 to 255 stand for 0 to 1.
  static let image = AffineQuantization(scale: 1 / 255, zeroPoint: -128)

  /// The real values from the least to the greatest integer.
  public var range: ClosedRange<Float> {
    Float(-128 - zeroPoint) * scale...Float(127 - zeroPoint) * scale
  }
}

/// Chooses what the integers of each node's output stand for.
///
/// Where an operation copies or compares integers, its output and its inputs share a format: the
/// nodes form groups, each with one range. A layer and the clamp behind it share the clamp's.
struct ActivationFormats {
  private let model: Model
  private let floatNodes: Set<Int>
  private let ranges: [ClosedRange<Float>]
  private let clamps: [Int?]
  private var parents: [Int]
  /// Formats that are not a matter of calibration, by the group's root.
  private var fixed: [Int: AffineQuantization] = [:]

  /// - Parameter floatNodes: nodes that stay in floats.
  /// - Parameter inputRanges: all values that were seen of each node.
  /// - Parameter ranges: the values of each node that are kept.
  init(
    _ model: Model, floatNodes: Set<Int>, inputRanges: [ClosedRange<Float>],
    ranges: [ClosedRange<Float>]
  ) {
    self.model = model
    self.floatNodes = floatNodes
    self.ranges = ranges
    clamps = model.graph.fusibleClamps
    parents = Array(model.graph.nodes.indices)
    for node in model.graph.nodes.indices where !floatNodes.contains(node) {
      fixed[node] = prescribed(node, inputRanges[node])
    }
    for node in model.graph.nodes.indices where !floatNodes.contains(node) { join(node) }
  }

  /// The format of every node.
  func formats() -> [ValueFormat] {
    var union: [Int: ClosedRange<Float>] = [:]
    for node in model.graph.nodes.indices where clamps[node] == nil {
      let (root, range) = (root(node), ranges[node])
      union[root] =
        union[root].map {
          min($0.lowerBound, range.lowerBound)...max($0.upperBound, range.upperBound)
        } ?? range
    }
    return model.graph.nodes.indices.map { node in
      if floatNodes.contains(node) { return .float32 }
      let root = root(node)
      return .int8(fixed[root] ?? AffineQuantization(covering: union[root] ?? 0...0))
    }
  }

  private func prescribed(_ node: Int, _ range: ClosedRange<Float>) -> AffineQuantization? {
    let operation = model.graph.nodes[node].operation
    if let prescribed = operation.properties.prescribedQuantization { return prescribed }
    let isPixels =
      if case .input = operation { range.lowerBound >= 0 && range.upperBound <= 1 } else { false }
    return isPixels || model.isEnhancedImage(node) ? .image : nil
  }

  private mutating func join(_ node: Int) {
    if let clamp = clamps[node], !floatNodes.contains(clamp) { unite(node, clamp) }
    let inputs = model.graph.nodes[node].inputs.filter { !floatNodes.contains($0) }
    guard model.graph.nodes[node].operation.properties.keepsFormat else { return }
    if case .concatenation = model.graph.nodes[node].operation {
      // An input whose format is fixed is converted, rather than force it on the others; and so is
      // one of less than half the range, whose other readers would get it in coarse steps.
      let widest = inputs.reduce(Float(0)) { max($0, span($1)) }
      for input in inputs where fixed[root(input)] == nil && span(input) * 2 >= widest {
        unite(node, input)
      }
    } else {
      unite(node, inputs.first ?? node)
    }
  }

  private func span(_ node: Int) -> Float {
    max(ranges[node].upperBound, 0) - min(ranges[node].lowerBound, 0)
  }

  private func root(_ node: Int) -> Int {
    var node = node
    while parents[node] != node { node = parents[node] }
    return node
  }

  private mutating func unite(_ a: Int, _ b: Int) {
    let (first, second) = (root(a), root(b))
    guard first != second else { return }
    let format = fixed[first] ?? fixed[second]
    parents[second] = first
    fixed[first] = format
  }
}

extension Model {
  /// Whether the output of a node is the image that an enhancer makes.
  func isEnhancedImage(_ node: Int) -> Bool { role == .enhancer && graph.outputs.contains(node) }
}
