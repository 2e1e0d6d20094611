// SPDX-License-Identifier: Apache-2.0

/// One parameter tensor of a layer.
public struct ParameterDeclaration: Equatable, Sendable {
  /// What it is to its layer.
  public var role: ParameterRole
  /// OHWI for convolutions, outputs × inputs for dense layers, one extent for vectors.
  public var dimensions: [Int]
  /// How it starts.
  public var initialization: Initialization
  /// What its elements are.
  public var format: ElementType

  package init(
    _ role: ParameterRole, _ dimensions: [Int], _ initialization: Initialization = .constant(0),
    format: ElementType = .float32
  ) {
    self.role = role
    self.dimensions = dimensions
    self.initialization = initialization
    self.format = format
  }

  /// Elements of the tensor.
  public var count: Int { dimensions.reduce(1, *) }
  /// Bytes of the tensor.
  public var byteCount: Int { count * format.byteCount }

  /// How its gradient lies in memory.
  var gradientFormat: GradientFormat { format == .float32 ? .float32 : .int16 }

  /// Whether the number of elements is below 2³¹.
  var isAddressable: Bool {
    var count = 1
    for extent in dimensions {
      let (product, overflow) = count.multipliedReportingOverflow(by: extent)
      if overflow || product > Int(Int32.max) { return false }
      count = product
    }
    return true
  }
}

/// What a parameter is to its layer.
public enum ParameterRole: Equatable, Sendable {
  /// What a layer multiplies by and adds; factor and summand of a batch normalisation.
  case weights, bias, scale, offset
  /// Running statistics of a batch normalisation: measured, not learnt.
  case mean, variance
  /// What one step of quantised weights stands for, for each output channel.
  case weightScales
  /// The slopes of a PReLU below 0.
  case slopes
  /// All of a constant.
  case value

  /// Whether gradient descent changes it.
  public var isLearnt: Bool {
    switch self {
    case .weights, .bias, .scale, .offset, .slopes: true
    case .mean, .variance, .weightScales, .value: false
    }
  }

  /// Whether training measures it.
  var isMeasured: Bool { self == .mean || self == .variance }

  /// The last part of the parameter's name.
  public var name: String {
    switch self {
    case .weights: "weights"
    case .bias: "bias"
    case .scale: "scale"
    case .offset: "offset"
    case .mean: "mean"
    case .variance: "variance"
    case .weightScales: "weight-scales"
    case .slopes: "slopes"
    case .value: "value"
    }
  }
}

/// How a parameter starts.
public enum Initialization: Equatable, Sendable {
  case constant(Float)
  /// Normal with deviation √(2 / fan-in) (He et al., arXiv:1502.01852).
  case he
  /// Uniform within ±√(6 / (fan-in + fan-out)) (Glorot & Bengio, 2010).
  case glorot
  /// Uniform within ±1/√fan-in: what PyTorch's convolutions and linear layers start from.
  case uniformFanIn
  /// The first output channels copy the input channels; the rest as `uniformFanIn`.
  case dirac
}
