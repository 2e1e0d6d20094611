// SPDX-License-Identifier: Apache-2.0
import Kernels

/// The maximum or the average of each window. Padding takes no part in either.
public struct PoolingLayer: Equatable, Sendable {
  /// What is taken of a window.
  public enum Kind: Equatable, Sendable { case maximum, average }

  /// What is taken of each window.
  public var kind: Kind
  /// The windows: of a maximum at most 16×16.
  public var window: Window

  /// A pooling of `window`.
  public init(_ kind: Kind, _ window: Window) {
    self.kind = kind
    self.window = window
  }
}

extension PoolingLayer: FloatLayer, IntegerLayer {
  package func outputShape(_ inputs: [Shape]) throws(ShapeError) -> Shape {
    let input = try single(inputs)
    // One byte holds the position of the maximum.
    guard kind == .average || (window.height <= 16 && window.width <= 16) else {
      throw .attributeOutOfRange(.kernel, actual: max(window.height, window.width))
    }
    let placement = try window.placement(on: input)
    // So many bytes fit into the sums of quantised averages.
    guard window.height * window.width <= 1 << 14 else {
      throw .attributeOutOfRange(.kernelArea, actual: window.height * window.width)
    }
    return Shape(
      height: placement.outputHeight, width: placement.outputWidth, channels: input.channels)
  }

  package var properties: LayerProperties {
    LayerProperties {
      $0.keepsFormat = true
      $0.selectsInputs = kind == .maximum
      $0.passesPositiveFactors = true
    }
  }

  private func geometry(_ input: Shape) -> PoolingGeometry {
    let placement = try? window.placement(on: input)
    return PoolingGeometry(
      kernelHeight: window.height, kernelWidth: window.width, strideHeight: window.strideHeight,
      strideWidth: window.strideWidth, paddingTop: placement?.paddingTop ?? 0,
      paddingLeft: placement?.paddingLeft ?? 0)
  }

  package func needs(_ site: LayerSite) -> LayerNeeds {
    var needs = LayerNeeds()
    if kind == .maximum && site.hasBackward { needs.saved = site.batch * site.output.elementCount }
    return needs
  }

  package func forward(_ step: LayerStep) {
    let geometry = geometry(step.site.inputs[0])
    switch kind {
    case .maximum:
      MaxPool.forward(
        step.inputs[0].floats, into: step.output.floats, geometry,
        selected: step.site.hasBackward ? step.saved.bytes : nil, pool: step.pool)
    case .average:
      AveragePool.forward(
        step.inputs[0].floats, into: step.output.floats, geometry, pool: step.pool)
    }
  }

  package func backward(_ step: LayerStep) {
    guard let (outputGradient, inputGradient) = step.gradients else { return }
    let geometry = geometry(step.site.inputs[0])
    switch kind {
    case .maximum:
      MaxPool.gradient(
        of: outputGradient, selected: step.saved.bytes, into: inputGradient,
        accumulate: step.accumulates[0], geometry, pool: step.pool)
    case .average:
      AveragePool.gradient(
        of: outputGradient, into: inputGradient, accumulate: step.accumulates[0], geometry,
        pool: step.pool)
    }
  }

  package func integerForward(_ step: LayerStep) -> () -> Void {
    let (x, y, pool) = (step.inputs[0].int8, step.output.int8, step.pool)
    let (geometry, range) = (geometry(step.site.inputs[0]), step.site.integerRange)
    switch kind {
    case .maximum: return { IntegerPooling.maximum(x, into: y, geometry, range: range, pool: pool) }
    case .average: return { IntegerPooling.average(x, into: y, geometry, range: range, pool: pool) }
    }
  }
}

/// The average of all pixels, channel by channel.
public struct GlobalAverageLayer: Equatable, Sendable {
  /// It has no attributes.
  public init() {}
}

extension GlobalAverageLayer: FloatLayer, IntegerLayer {
  package func outputShape(_ inputs: [Shape]) throws(ShapeError) -> Shape {
    Shape(height: 1, width: 1, channels: try single(inputs).channels)
  }

  package var properties: LayerProperties { LayerProperties { $0.passesPositiveFactors = true } }

  package func forward(_ step: LayerStep) {
    GlobalAverage.forward(step.inputs[0].floats, into: step.output.floats, pool: step.pool)
  }

  package func backward(_ step: LayerStep) {
    guard let (outputGradient, inputGradient) = step.gradients else { return }
    GlobalAverage.gradient(
      of: outputGradient, into: inputGradient, accumulate: step.accumulates[0], pool: step.pool)
  }

  package func integerForward(_ step: LayerStep) -> () -> Void {
    MeanLayer(overHeight: true, overWidth: true).integerForward(step)
  }
}

/// The mean over any of height, width and channels, which become extents of 1.
public struct MeanLayer: Equatable, Sendable {
  /// Whether it is taken over the rows.
  public var overHeight: Bool
  /// Whether it is taken over the columns.
  public var overWidth: Bool
  /// Whether it is taken over the channels.
  public var overChannels: Bool

  /// A mean over the axes that are named.
  public init(overHeight: Bool = false, overWidth: Bool = false, overChannels: Bool = false) {
    self.overHeight = overHeight
    self.overWidth = overWidth
    self.overChannels = overChannels
  }

  private var axes: MeanAxes {
    MeanAxes(height: overHeight, width: overWidth, channels: overChannels)
  }
}

extension MeanLayer: FloatLayer, IntegerLayer {
  package func outputShape(_ inputs: [Shape]) throws(ShapeError) -> Shape {
    let input = try single(inputs)
    return Shape(
      height: overHeight ? 1 : input.height, width: overWidth ? 1 : input.width,
      channels: overChannels ? 1 : input.channels)
  }

  package func forward(_ step: LayerStep) {
    Mean.forward(step.inputs[0].floats, into: step.output.floats, axes: axes, pool: step.pool)
  }

  package func backward(_ step: LayerStep) {
    guard let (outputGradient, inputGradient) = step.gradients else { return }
    Mean.gradient(
      of: outputGradient, into: inputGradient, accumulate: step.accumulates[0], axes: axes)
  }

  package func integerForward(_ step: LayerStep) -> () -> Void {
    let (x, y, pool) = (step.inputs[0].int8, step.output.int8, step.pool)
    let mean = IntegerMean(
      over: axes, input: step.site.inputQuantization(0), output: step.site.outputQuantization)
    return { mean.apply(x, into: y, pool: pool) }
  }
}
