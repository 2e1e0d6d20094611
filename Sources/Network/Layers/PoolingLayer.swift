// SPDX-License-Identifier: Apache-2.0
import Kernels

/// The maximum or the average of each window. Padding takes no part in either.
public struct PoolingLayer: Equatable, Sendable {
  public enum Kind: Equatable, Sendable { case maximum, average }

  public var kind: Kind
  public var window: Window

  public init(_ kind: Kind, _ window: Window) {
    self.kind = kind
    self.window = window
  }
}

extension PoolingLayer: Layer {
  package func outputShape(_ inputs: [Shape]) throws(ShapeError) -> Shape {
    let input = try single(inputs)
    // One byte holds the position of the maximum.
    guard kind == .average || (window.height <= 16 && window.width <= 16) else {
      throw .attributeOutOfRange(.kernel, actual: max(window.height, window.width))
    }
    let placement = try window.placement(on: input)
    // So many bytes fit into the sums of quantised averages.
    guard window.height * window.width <= 1 << 14 else {
      throw .attributeOutOfRange(.kernel, actual: max(window.height, window.width))
    }
    return Shape(
      height: placement.outputHeight, width: placement.outputWidth, channels: input.channels)
  }

  func geometry(_ input: Shape) -> PoolingGeometry {
    let placement = try? window.placement(on: input)
    return PoolingGeometry(
      kernelHeight: window.height, kernelWidth: window.width, strideHeight: window.strideHeight,
      strideWidth: window.strideWidth, paddingTop: placement?.paddingTop ?? 0,
      paddingLeft: placement?.paddingLeft ?? 0)
  }

  package func needs(_ site: LayerSite) -> LayerNeeds {
    var needs = LayerNeeds()
    if kind == .maximum && site.hasBackward {
      needs.saved = (site.batch * site.output.elementCount + 3) / 4
    }
    return needs
  }

  package func forward(_ step: LayerStep) {
    let geometry = geometry(step.site.inputs[0])
    switch kind {
    case .maximum:
      MaxPool.forward(
        step.inputs[0], into: step.output, geometry,
        selected: step.site.hasBackward ? selected(step) : nil, pool: step.pool)
    case .average:
      AveragePool.forward(step.inputs[0], into: step.output, geometry, pool: step.pool)
    }
  }

  package func backward(_ step: LayerStep) {
    guard let outputGradient = step.outputGradient, let inputGradient = step.inputGradients[0]
    else { return }
    let geometry = geometry(step.site.inputs[0])
    switch kind {
    case .maximum:
      MaxPool.gradient(
        of: outputGradient, selected: selected(step), into: inputGradient,
        accumulate: step.accumulates[0], geometry, pool: step.pool)
    case .average:
      AveragePool.gradient(
        of: outputGradient, into: inputGradient, accumulate: step.accumulates[0], geometry,
        pool: step.pool)
    }
  }

  private func selected(_ step: LayerStep) -> UnsafeMutablePointer<UInt8> {
    UnsafeMutableRawPointer(step.saved).assumingMemoryBound(to: UInt8.self)
  }
}

/// The average of all pixels, channel by channel.
public struct GlobalAverageLayer: Equatable, Sendable {
  public init() {}
}

extension GlobalAverageLayer: Layer {
  package func outputShape(_ inputs: [Shape]) throws(ShapeError) -> Shape {
    Shape(height: 1, width: 1, channels: try single(inputs).channels)
  }

  package func forward(_ step: LayerStep) {
    GlobalAverage.forward(step.inputs[0], into: step.output, pool: step.pool)
  }

  package func backward(_ step: LayerStep) {
    guard let outputGradient = step.outputGradient, let inputGradient = step.inputGradients[0]
    else { return }
    GlobalAverage.gradient(
      of: outputGradient, into: inputGradient, accumulate: step.accumulates[0], pool: step.pool)
  }
}
