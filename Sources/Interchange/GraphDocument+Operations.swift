// SPDX-License-Identifier: Apache-2.0
import Kernels
import Network

extension Network.Operation {
  /// What `init(_:_:)` needs besides the operation's name.
  var attributes: Attributes {
    switch self {
    case .input(let layer): Attributes(["shape": .integers(layer.shape.extents)])
    case .convolution(let layer):
      Attributes(
        layer.window.attributes.merging([
          "outputChannels": .integer(layer.outputChannels),
          "dilation": .integers([layer.dilationHeight, layer.dilationWidth]),
          "groups": .integer(layer.groups), "hasBias": .flag(layer.hasBias),
        ]) { $1 }.merging(layer.initialization.attributes) { $1 })
    case .transposedConvolution(let layer):
      Attributes(
        layer.window.attributes.merging([
          "outputChannels": .integer(layer.outputChannels), "hasBias": .flag(layer.hasBias),
        ]) { $1 }.merging(layer.outputHeight.map { ["outputHeight": .integer($0)] } ?? [:]) { $1 }
          .merging(layer.outputWidth.map { ["outputWidth": .integer($0)] } ?? [:]) { $1 }.merging(
            layer.initialization.attributes
          ) { $1 })
    case .dense(let layer):
      Attributes(
        layer.initialization.attributes.merging([
          "units": .integer(layer.units), "hasBias": .flag(layer.hasBias),
        ]) { $1 })
    case .pooling(let layer):
      Attributes(
        layer.window.attributes.merging([
          "kind": .word(layer.kind == .maximum ? "maximum" : "average")
        ]) { $1 })
    case .batchNormalization(let layer):
      Attributes(["epsilon": .float(layer.epsilon), "momentum": .float(layer.momentum)])
    case .channelAffine(let layer):
      Attributes(["multiplier": .floats(layer.multiplier), "shift": .floats(layer.shift)])
    case .activation(let layer): layer.function.attributes
    case .resize(let layer): layer.attributes
    case .dropout(let layer): Attributes(["rate": .float(layer.rate)])
    case .padding(let layer): layer.attributes
    case .cropping(let layer):
      Attributes(["rectangle": .integers([layer.top, layer.left, layer.height, layer.width])])
    case .boundedResidual(let layer): Attributes(layer.limit.map { ["limit": .float($0)] } ?? [:])
    case .constant(let layer): Attributes(["shape": .integers(layer.shape.extents)])
    case .reshape(let layer): Attributes(["shape": .integers(layer.shape.extents)])
    case .concatenation(let layer): layer.attributes
    case .arithmetic(let layer): layer.attributes
    case .mean(let layer): layer.attributes
    case .transpose(let layer): layer.attributes
    case .softmax(let layer): Attributes(layer.beta == 1 ? [:] : ["beta": .float(layer.beta)])
    case .fakeQuantization(let layer):
      Attributes([
        "scale": .float(layer.quantization.scale),
        "zeroPoint": .integer(Int(layer.quantization.zeroPoint)),
      ])
    case .globalAverage, .addition, .conversion: Attributes()
    }
  }

  init(_ name: String, _ attributes: Attributes) throws(Attributes.Problem) {
    switch name {
    case "input": self = .input(InputLayer(try Shape(attributes)))
    case "constant": self = .constant(ConstantLayer(try Shape(attributes)))
    case "convolution":
      let dilation = try attributes.integers("dilation", count: 2)
      self = .convolution(
        ConvolutionLayer(
          outputChannels: try attributes.integer("outputChannels"), window: try Window(attributes),
          dilationHeight: dilation[0], dilationWidth: dilation[1],
          groups: try attributes.integer("groups"), hasBias: try attributes.flag("hasBias"),
          initialization: try Initialization(attributes)))
    case "transposed-convolution":
      var layer = TransposedConvolutionLayer(
        outputChannels: try attributes.integer("outputChannels"), window: try Window(attributes),
        hasBias: try attributes.flag("hasBias"), initialization: try Initialization(attributes))
      layer.outputHeight = try attributes.optionalInteger("outputHeight")
      layer.outputWidth = try attributes.optionalInteger("outputWidth")
      self = .transposedConvolution(layer)
    case "dense":
      self = .dense(
        DenseLayer(
          units: try attributes.integer("units"), hasBias: try attributes.flag("hasBias"),
          initialization: try Initialization(attributes)))
    case "pooling":
      let isMaximum = try attributes.choice("kind", ["maximum": true, "average": false])
      self = .pooling(PoolingLayer(isMaximum ? .maximum : .average, try Window(attributes)))
    case "batch-normalization":
      self = .batchNormalization(
        BatchNormalizationLayer(
          epsilon: try attributes.float("epsilon"), momentum: try attributes.float("momentum")))
    case "channel-affine":
      self = .channelAffine(
        ChannelAffineLayer(
          multiplier: try attributes.numbers("multiplier").map { Float($0) },
          shift: try attributes.numbers("shift").map { Float($0) }))
    default: self = try Self.withoutParameters(name, attributes)
    }
  }

  private static func withoutParameters(_ name: String, _ attributes: Attributes) throws(Attributes
    .Problem) -> Self
  {
    switch name {
    case "activation": return .activation(ActivationLayer(try ActivationFunction(attributes)))
    case "resize": return .resize(try ResizeLayer(attributes))
    case "dropout": return .dropout(DropoutLayer(rate: try attributes.float("rate")))
    case "padding": return .padding(try PaddingLayer(attributes))
    case "cropping":
      let rectangle = try attributes.integers("rectangle", count: 4)
      return .cropping(
        CroppingLayer(
          top: rectangle[0], left: rectangle[1], height: rectangle[2], width: rectangle[3]))
    case "bounded-residual":
      return .boundedResidual(
        BoundedResidualLayer(
          limit: attributes.values["limit"] == nil ? nil : try attributes.float("limit")))
    case "global-average": return .globalAverage(GlobalAverageLayer())
    case "softmax":
      return .softmax(
        SoftmaxLayer(beta: attributes.values["beta"] == nil ? 1 : try attributes.float("beta")))
    case "addition": return .addition(AdditionLayer())
    case "concatenation": return .concatenation(try ConcatenationLayer(attributes))
    case "arithmetic": return .arithmetic(try ArithmeticLayer(attributes))
    case "mean": return .mean(try MeanLayer(attributes))
    case "transpose": return .transpose(try TransposeLayer(attributes))
    case "reshape": return .reshape(ReshapeLayer(try Shape(attributes)))
    case "conversion": return .conversion(ConversionLayer())
    case "fake-quantization":
      return .fakeQuantization(
        FakeQuantizationLayer(
          AffineQuantization(
            scale: try attributes.float("scale"),
            zeroPoint: Int32(clamping: try attributes.integer("zeroPoint")))))
    default: throw Attributes.Problem(problem: "has the unknown operation '\(name)'")
    }
  }
}
