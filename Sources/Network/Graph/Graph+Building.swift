// SPDX-License-Identifier: Apache-2.0
public import Kernels

/// Shorthands for the layers that architectures are made of. Each adds its nodes and gives the
/// index of the last.
extension Graph {
  /// The node that images are written to.
  public mutating func input(height: Int, width: Int, channels: Int) throws(GraphError) -> Int {
    try add("input", .input(InputLayer(Shape(height: height, width: width, channels: channels))))
  }

  /// A convolution with `same` padding, and an activation `NAME/activation` if one is given.
  public mutating func convolution(
    _ name: String, _ input: Int, channels: Int, kernel: Int, stride: Int = 1,
    padding: SpatialPadding = .same, groups: Int = 1, hasBias: Bool = true,
    initialization: Initialization = .he, activation: ActivationFunction? = nil
  ) throws(GraphError) -> Int {
    let layer = ConvolutionLayer(
      outputChannels: channels, window: Window(kernel, stride: stride, padding: padding),
      groups: groups, hasBias: hasBias, initialization: initialization)
    return try activated(name, try add(name, .convolution(layer), [input]), activation)
  }

  /// A convolution without bias, batch normalisation `NAME/normalization` and an activation
  /// `NAME/activation`.
  public mutating func normalizedConvolution(
    _ name: String, _ input: Int, channels: Int, kernel: Int, stride: Int = 1, groups: Int = 1,
    activation: ActivationFunction? = .relu
  ) throws(GraphError) -> Int {
    let convolution = try convolution(
      name, input, channels: channels, kernel: kernel, stride: stride, groups: groups,
      hasBias: false)
    let normalization = try add(
      name + "/normalization", .batchNormalization(BatchNormalizationLayer()), [convolution])
    return try activated(name, normalization, activation)
  }

  /// A fully connected layer, and an activation `NAME/activation` if one is given.
  public mutating func dense(
    _ name: String, _ input: Int, units: Int, hasBias: Bool = true,
    initialization: Initialization = .he, activation: ActivationFunction? = nil
  ) throws(GraphError) -> Int {
    let layer = DenseLayer(units: units, hasBias: hasBias, initialization: initialization)
    return try activated(name, try add(name, .dense(layer), [input]), activation)
  }

  /// The maximum of windows of `side` × `side` pixels, which move by their own size unless told.
  public mutating func maxPool(
    _ name: String, _ input: Int, side: Int = 2, stride: Int? = nil
  ) throws(GraphError) -> Int {
    try add(name, .pooling(PoolingLayer(.maximum, Window(side, stride: stride ?? side))), [input])
  }

  /// An activation as a node of its own.
  public mutating func activation(
    _ name: String, _ input: Int, _ function: ActivationFunction
  ) throws(GraphError) -> Int { try add(name, .activation(ActivationLayer(function)), [input]) }

  private mutating func activated(
    _ name: String, _ node: Int, _ function: ActivationFunction?
  ) throws(GraphError) -> Int {
    guard let function else { return node }
    return try activation(name + "/activation", node, function)
  }
}
