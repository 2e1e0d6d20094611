// SPDX-License-Identifier: Apache-2.0
import Kernels
import Network
import Testing

/// One operation (or a few) between one input and one output.
struct LayerCase: Sendable, CustomTestStringConvertible {
  var name: String
  /// Adds nodes whose names start with the given prefix behind a node of four channels.
  var add: @Sendable (inout Graph, _ prefix: String, _ input: Int) throws(GraphError) -> Int

  var testDescription: String { name }

  static let functions: [(String, ActivationFunction)] = [
    ("ReLU", .relu), ("ReLU6", .relu6), ("leaky ReLU", .leakyReLU(slope: 0.1)),
    ("leaky ReLU of slope 0", .leakyReLU(slope: 0)), ("GELU", .gelu), ("sigmoid", .sigmoid),
    ("tanh", .tanh),
  ]

  static var all: [LayerCase] {
    convolutions + fused + pooling + elementwise + arrangement + arithmetic
  }

  private static func convolution(
    _ name: String, _ layer: ConvolutionLayer, _ function: ActivationFunction? = nil
  ) -> LayerCase {
    one(name, .convolution(layer), function)
  }

  private static func one(
    _ name: String, _ operation: Operation, _ function: ActivationFunction? = nil
  ) -> LayerCase {
    LayerCase(name: name) { graph, prefix, input throws(GraphError) in
      let node = try graph.add(prefix + "layer", operation, [input])
      guard let function else { return node }
      return try graph.activation(prefix + "activation", node, function)
    }
  }

  private static let convolutions: [LayerCase] = [
    convolution(
      "convolution 3×3", ConvolutionLayer(outputChannels: 5, window: Window(3, padding: .same))),
    convolution(
      "strided convolution",
      ConvolutionLayer(outputChannels: 6, window: Window(3, stride: 2, padding: .same))),
    convolution(
      "convolution of another window",
      ConvolutionLayer(
        outputChannels: 3,
        window: Window(
          height: 2, width: 3, strideHeight: 2, strideWidth: 1,
          padding: .explicit(top: 1, bottom: 0, left: 2, right: 1)), hasBias: false)),
    convolution(
      "grouped convolution",
      ConvolutionLayer(outputChannels: 6, window: Window(3, padding: .all(1)), groups: 2)),
    convolution(
      "depthwise convolution",
      ConvolutionLayer(outputChannels: 4, window: Window(3, padding: .same), groups: 4)),
    convolution(
      "strided depthwise convolution",
      ConvolutionLayer(
        outputChannels: 8, window: Window(3, stride: 2, padding: .same), groups: 4)),
    convolution(
      "dilated convolution",
      ConvolutionLayer(
        outputChannels: 4, window: Window(3, padding: .same), dilationHeight: 2, dilationWidth: 2)
    ),
    convolution("pointwise convolution", ConvolutionLayer(outputChannels: 7, window: Window(1))),
    one(
      "transposed convolution",
      .transposedConvolution(
        TransposedConvolutionLayer(outputChannels: 3, window: Window(2, stride: 2)))),
    one(
      "overlapping transposed convolution",
      .transposedConvolution(
        TransposedConvolutionLayer(
          outputChannels: 5, window: Window(3, stride: 2, padding: .same), hasBias: false)),
      .tanh),
    one(
      "valid transposed convolution",
      .transposedConvolution(
        TransposedConvolutionLayer(outputChannels: 3, window: Window(3, stride: 2)))),
    one("transposed convolution with gaps", .transposedConvolution(transposedWithGaps)),
    one("dense", .dense(DenseLayer(units: 6))),
    one("dense with ReLU, without bias", .dense(DenseLayer(units: 6, hasBias: false)), .relu),
  ]

  /// Activations behind layers that can take them in, and behind one that cannot.
  private static var fused: [LayerCase] {
    functions.flatMap { name, function in
      [
        convolution(
          "convolution and " + name,
          ConvolutionLayer(outputChannels: 5, window: Window(3, padding: .same)), function),
        one(
          "batch normalisation and " + name, .batchNormalization(BatchNormalizationLayer()),
          function),
        one("activation " + name, .activation(ActivationLayer(function))),
      ]
    } + [
      one(
        "channel affine and ReLU",
        .channelAffine(
          ChannelAffineLayer(multiplier: [2, -1, 0.5, 1], shift: [0.1, 0, 0.2, -0.3])),
        .relu),
      LayerCase(name: "addition and ReLU") { graph, prefix, input throws(GraphError) in
        let other = try graph.convolution(prefix + "other", input, channels: 4, kernel: 3)
        let sum = try graph.add(prefix + "sum", .addition(AdditionLayer()), [input, other])
        return try graph.activation(prefix + "activation", sum, .relu)
      },
    ]
  }

  private static let pooling: [LayerCase] = [
    one("maximum of 2×2", .pooling(PoolingLayer(.maximum, Window(2, stride: 2)))),
    one(
      "overlapping maximum",
      .pooling(PoolingLayer(.maximum, Window(3, stride: 2, padding: .same)))),
    one("average of 2×2", .pooling(PoolingLayer(.average, Window(2, stride: 2)))),
    one("overlapping average", .pooling(PoolingLayer(.average, Window(3, padding: .same)))),
    one("global average", .globalAverage(GlobalAverageLayer())),
  ]

  /// A kernel smaller than the stride, and one row more than the usual.
  private static var transposedWithGaps: TransposedConvolutionLayer {
    var layer = TransposedConvolutionLayer(outputChannels: 4, window: Window(2, stride: 3))
    layer.outputHeight = 15
    return layer
  }

  private static let elementwise: [LayerCase] = [
    one("batch normalisation", .batchNormalization(BatchNormalizationLayer(epsilon: 1e-3))),
    one(
      "channel affine", .channelAffine(ChannelAffineLayer(multiplier: [1.5], shift: [-0.25]))),
    one("softmax", .softmax(SoftmaxLayer())),
    one("dropout", .dropout(DropoutLayer(rate: 0.4))),
    LayerCase(name: "addition to itself") { graph, prefix, input throws(GraphError) in
      try graph.add(prefix + "sum", .addition(AdditionLayer()), [input, input])
    },
    residual("bounded residual", limit: 0.3),
    residual("residual", limit: nil),
  ]

  private static func residual(_ name: String, limit: Float?) -> LayerCase {
    LayerCase(name: name) { graph, prefix, input throws(GraphError) in
      let image = try graph.activation(prefix + "image", input, .sigmoid)
      let change = try graph.convolution(prefix + "change", input, channels: 4, kernel: 3)
      return try graph.add(
        prefix + "residual", .boundedResidual(BoundedResidualLayer(limit: limit)),
        [image, change])
    }
  }

  private static let arrangement: [LayerCase] = [
    LayerCase(name: "concatenation") { graph, prefix, input throws(GraphError) in
      let first = try graph.convolution(
        prefix + "first", input, channels: 3, kernel: 3, activation: .relu)
      let second = try graph.convolution(prefix + "second", first, channels: 2, kernel: 1)
      return try graph.add(
        prefix + "both", .concatenation(ConcatenationLayer()), [second, input, first])
    },
    LayerCase(name: "nested concatenations") { graph, prefix, input throws(GraphError) in
      let first = try graph.convolution(
        prefix + "first", input, channels: 3, kernel: 3, activation: .tanh)
      let inner = try graph.add(
        prefix + "inner", .concatenation(ConcatenationLayer()), [input, first, first])
      let second = try graph.convolution(prefix + "second", inner, channels: 5, kernel: 1)
      return try graph.add(
        prefix + "outer", .concatenation(ConcatenationLayer()), [inner, second, first])
    },
    one("nearest enlargement", .resize(ResizeLayer(.nearest, factor: 2))),
    one("bilinear enlargement", .resize(ResizeLayer(.bilinear, factor: 3))),
    one(
      "zero padding",
      .padding(PaddingLayer(top: 1, bottom: 2, left: 0, right: 3, mode: .zero))),
    one(
      "reflected padding",
      .padding(PaddingLayer(top: 2, bottom: 1, left: 3, right: 2, mode: .reflect))),
    one("cropping", .cropping(CroppingLayer(top: 1, left: 2, height: 3, width: 4))),
    one(
      "padding with a constant",
      .padding(PaddingLayer(top: 0, bottom: 1, left: 2, right: 0, mode: .constant(0.5)))),
    one("mean over height", .mean(MeanLayer(overHeight: true))),
    one("mean over channels", .mean(MeanLayer(overChannels: true))),
    one("transposition", .transpose(TransposeLayer([.width, .channels, .height]))),
    LayerCase(name: "reshape") { graph, prefix, input throws(GraphError) in
      let shape = graph.shapes[input]
      return try graph.add(
        prefix + "reshape",
        .reshape(ReshapeLayer(Shape(height: shape.height * 2, width: shape.width, channels: 2))),
        [input])
    },
    LayerCase(name: "concatenation of rows") { graph, prefix, input throws(GraphError) in
      let other = try graph.convolution(prefix + "other", input, channels: 4, kernel: 3)
      return try graph.add(
        prefix + "both", .concatenation(ConcatenationLayer(axis: .height)), [input, other, input])
    },
    LayerCase(name: "concatenation of columns") { graph, prefix, input throws(GraphError) in
      let other = try graph.convolution(prefix + "other", input, channels: 4, kernel: 3)
      return try graph.add(
        prefix + "both", .concatenation(ConcatenationLayer(axis: .width)), [other, input])
    },
  ]

  /// Two inputs, of which the second is repeated along every axis once.
  private static var arithmetic: [LayerCase] {
    let functions: [(String, ArithmeticLayer.Function)] = [
      ("sum", .addition), ("difference", .subtraction), ("product", .multiplication),
      ("PReLU", .parametricReLU),
    ]
    return functions.flatMap { name, function in
      [
        LayerCase(name: name + " of two images") { graph, prefix, input throws(GraphError) in
          let other = try graph.convolution(prefix + "other", input, channels: 4, kernel: 3)
          return try graph.add(
            prefix + "both", .arithmetic(ArithmeticLayer(function)), [input, other])
        },
        LayerCase(name: name + " with a factor a channel") {
          graph, prefix, input throws(GraphError) in
          let mean = try graph.add(
            prefix + "mean", .globalAverage(GlobalAverageLayer()), [input])
          return try graph.add(
            prefix + "both", .arithmetic(ArithmeticLayer(function)), [input, mean])
        },
        LayerCase(name: name + " with a factor a row, and ReLU") {
          graph, prefix, input throws(GraphError) in
          let mean = try graph.add(
            prefix + "mean", .mean(MeanLayer(overWidth: true, overChannels: true)), [input])
          let both = try graph.add(
            prefix + "both", .arithmetic(ArithmeticLayer(function)), [input, mean])
          return try graph.activation(prefix + "activation", both, .relu)
        },
      ]
    }
  }
}
