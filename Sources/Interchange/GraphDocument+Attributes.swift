// SPDX-License-Identifier: Apache-2.0
import Kernels
import Network

extension Attributes.Value {
  static func integer(_ value: Int) -> Self { .number(Double(value)) }
  static func float(_ value: Float) -> Self { .number(Double(value)) }
  static func flag(_ value: Bool) -> Self { .number(value ? 1 : 0) }
  static func integers(_ values: [Int]) -> Self { .numbers(values.map(Double.init)) }
  static func floats(_ values: [Float]) -> Self { .numbers(values.map(Double.init)) }
}

extension Attributes {
  /// What the word `name` stands for among `choices`.
  func choice<Choice>(_ name: String, _ choices: [String: Choice]) throws(Problem) -> Choice {
    let word = try word(name)
    guard let choice = choices[word] else {
      throw Problem(problem: "has the unknown \(name) '\(word)'")
    }
    return choice
  }
}

extension Shape {
  var extents: [Int] { [height, width, channels] }

  init(_ attributes: Attributes) throws(Attributes.Problem) {
    let extents = try attributes.integers("shape", count: 3)
    self.init(height: extents[0], width: extents[1], channels: extents[2])
  }
}

extension Window {
  var attributes: [String: Attributes.Value] {
    let padding: Attributes.Value =
      switch padding {
      case .valid: .word("valid")
      case .same: .word("same")
      case .explicit(let top, let bottom, let left, let right):
        .integers([top, bottom, left, right])
      }
    return [
      "kernel": .integers([height, width]), "stride": .integers([strideHeight, strideWidth]),
      "padding": padding,
    ]
  }

  init(_ attributes: Attributes) throws(Attributes.Problem) {
    let kernel = try attributes.integers("kernel", count: 2)
    let stride = try attributes.integers("stride", count: 2)
    let padding: SpatialPadding
    if case .numbers = attributes.values["padding"] {
      let sides = try attributes.integers("padding", count: 4)
      padding = .explicit(top: sides[0], bottom: sides[1], left: sides[2], right: sides[3])
    } else {
      padding = try attributes.choice("padding", ["valid": .valid, "same": .same])
    }
    self.init(
      height: kernel[0], width: kernel[1], strideHeight: stride[0], strideWidth: stride[1],
      padding: padding)
  }
}

extension Initialization {
  private static let words: [String: Self] = [
    "he": .he, "glorot": .glorot, "uniform-fan-in": .uniformFanIn, "dirac": .dirac,
  ]

  var attributes: [String: Attributes.Value] {
    if case .constant(let value) = self {
      return ["initialization": .word("constant"), "initialValue": .float(value)]
    }
    return Self.words.first { $0.value == self }.map { ["initialization": .word($0.key)] } ?? [:]
  }

  init(_ attributes: Attributes) throws(Attributes.Problem) {
    if case .word("constant") = attributes.values["initialization"] {
      self = .constant(try attributes.float("initialValue"))
    } else {
      self = try attributes.choice("initialization", Self.words)
    }
  }
}

extension ActivationFunction {
  private static let words: [String: Self] = [
    "relu": .relu, "relu6": .relu6, "gelu": .gelu, "sigmoid": .sigmoid, "tanh": .tanh,
    "hard-swish": .hardSwish, "hard-tanh": .hardTanh,
  ]

  var attributes: Attributes {
    if case .leakyReLU(let slope) = self {
      return Attributes(["function": .word("leaky-relu"), "slope": .float(slope)])
    }
    return Attributes(
      Self.words.first { $0.value == self }.map { ["function": .word($0.key)] } ?? [:])
  }

  init(_ attributes: Attributes) throws(Attributes.Problem) {
    if case .word("leaky-relu") = attributes.values["function"] {
      self = .leakyReLU(slope: try attributes.float("slope"))
    } else {
      self = try attributes.choice("function", Self.words)
    }
  }
}

/// How layers that move values, or combine two inputs, are spelled.
extension PaddingLayer {
  var attributes: Attributes {
    var values: [String: Attributes.Value] = ["sides": .integers([top, bottom, left, right])]
    switch mode {
    case .zero: values["mode"] = .word("zero")
    case .reflect: values["mode"] = .word("reflect")
    case .symmetric: values["mode"] = .word("symmetric")
    case .constant(let value):
      values["mode"] = .word("constant")
      values["value"] = .float(value)
    }
    return Attributes(values)
  }

  init(_ attributes: Attributes) throws(Attributes.Problem) {
    let sides = try attributes.integers("sides", count: 4)
    let mode: Mode =
      attributes.values["value"] == nil
      ? try attributes.choice(
        "mode", ["zero": .zero, "reflect": .reflect, "symmetric": .symmetric])
      : .constant(try attributes.float("value"))
    self.init(top: sides[0], bottom: sides[1], left: sides[2], right: sides[3], mode: mode)
  }
}

extension ResizeLayer {
  private static let samplings: [String: Sampling] = [
    "corner": .corner, "aligned-corners": .alignCorners, "half-pixel-centers": .halfPixelCenters,
  ]

  var attributes: Attributes {
    var values: [String: Attributes.Value] = [
      "interpolation": .word(interpolation == .nearest ? "nearest" : "bilinear")
    ]
    if let size {
      values["size"] = .integers(size)
      values["sampling"] = Self.samplings.first { $0.value == sampling }.map { .word($0.key) }
    } else {
      values["factor"] = .integer(factor)
    }
    return Attributes(values)
  }

  init(_ attributes: Attributes) throws(Attributes.Problem) {
    let interpolation: Interpolation = try attributes.choice(
      "interpolation", ["nearest": .nearest, "bilinear": .bilinear])
    guard attributes.values["size"] != nil else {
      self.init(interpolation, factor: try attributes.integer("factor"))
      return
    }
    let size = try attributes.integers("size", count: 2)
    self.init(
      interpolation, height: size[0], width: size[1],
      sampling: try attributes.choice("sampling", Self.samplings))
  }
}

extension ConcatenationLayer {
  var attributes: Attributes {
    switch axis {
    case .channels: Attributes()
    case .height: Attributes(["axis": .word("height")])
    case .width: Attributes(["axis": .word("width")])
    }
  }

  init(_ attributes: Attributes) throws(Attributes.Problem) {
    self.init(
      axis: attributes.values["axis"] == nil
        ? .channels
        : try attributes.choice(
          "axis", ["height": .height, "width": .width, "channels": .channels]))
  }
}

extension ArithmeticLayer {
  private static let functions: [String: Function] = [
    "addition": .addition, "subtraction": .subtraction, "multiplication": .multiplication,
    "rectification": .parametricReLU,
  ]

  var attributes: Attributes {
    Attributes(
      ["function": Self.functions.first { $0.value == function }.map { .word($0.key) }]
        .compactMapValues { $0 })
  }

  init(_ attributes: Attributes) throws(Attributes.Problem) {
    self.init(try attributes.choice("function", Self.functions))
  }
}

extension MeanLayer {
  var attributes: Attributes {
    Attributes([
      "height": .flag(overHeight), "width": .flag(overWidth), "channels": .flag(overChannels),
    ])
  }

  init(_ attributes: Attributes) throws(Attributes.Problem) {
    self.init(
      overHeight: try attributes.flag("height"), overWidth: try attributes.flag("width"),
      overChannels: try attributes.flag("channels"))
  }
}

extension TransposeLayer {
  private static let axes: [Axis] = [.height, .width, .channels]

  var attributes: Attributes {
    Attributes(["order": .integers(order.compactMap { Self.axes.firstIndex(of: $0) })])
  }

  init(_ attributes: Attributes) throws(Attributes.Problem) {
    let order = try attributes.integers("order", count: 3)
    guard order.sorted() == [0, 1, 2] else {
      throw Attributes.Problem(problem: "has an order that is none of 0, 1 and 2")
    }
    self.init(order.map { Self.axes[$0] })
  }
}
