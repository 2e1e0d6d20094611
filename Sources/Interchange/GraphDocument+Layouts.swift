// SPDX-License-Identifier: Apache-2.0
import Kernels
import Network

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
    "corner": .corner, "aligned-corners": .alignCorners,
    "half-pixel-centers": .halfPixelCenters,
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
