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
  var attributes: [String: Attributes.Value] {
    switch self {
    case .constant(let value):
      ["initialization": .word("constant"), "initialValue": .float(value)]
    case .he: ["initialization": .word("he")]
    case .glorot: ["initialization": .word("glorot")]
    case .uniformFanIn: ["initialization": .word("uniform-fan-in")]
    case .dirac: ["initialization": .word("dirac")]
    }
  }

  init(_ attributes: Attributes) throws(Attributes.Problem) {
    if case .word("constant") = attributes.values["initialization"] {
      self = .constant(try attributes.float("initialValue"))
    } else {
      self = try attributes.choice(
        "initialization",
        ["he": .he, "glorot": .glorot, "uniform-fan-in": .uniformFanIn, "dirac": .dirac])
    }
  }
}

extension ActivationFunction {
  var attributes: Attributes {
    switch self {
    case .relu: Attributes(["function": .word("relu")])
    case .relu6: Attributes(["function": .word("relu6")])
    case .leakyReLU(let slope):
      Attributes(["function": .word("leaky-relu"), "slope": .float(slope)])
    case .gelu: Attributes(["function": .word("gelu")])
    case .sigmoid: Attributes(["function": .word("sigmoid")])
    case .tanh: Attributes(["function": .word("tanh")])
    case .hardSwish: Attributes(["function": .word("hard-swish")])
    case .hardTanh: Attributes(["function": .word("hard-tanh")])
    }
  }

  init(_ attributes: Attributes) throws(Attributes.Problem) {
    if case .word("leaky-relu") = attributes.values["function"] {
      self = .leakyReLU(slope: try attributes.float("slope"))
    } else {
      self = try attributes.choice(
        "function",
        [
          "relu": .relu, "relu6": .relu6, "gelu": .gelu, "sigmoid": .sigmoid, "tanh": .tanh,
          "hard-swish": .hardSwish, "hard-tanh": .hardTanh,
        ])
    }
  }
}
