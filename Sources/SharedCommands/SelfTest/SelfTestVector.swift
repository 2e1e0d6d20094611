// SPDX-License-Identifier: Apache-2.0
import Kernels
import Network

/// One operation on inputs of some shapes, and the checksum of what comes out.
struct SelfTestVector {
  var name: StaticString
  var inputs: [Shape]
  var operation: Operation
  var format = ValueFormat.int8(AffineQuantization(scale: 0.05, zeroPoint: -7))
  /// Whether weights may be −128, which TensorFlow Lite's are not.
  var areWide = false
  var checksum: UInt64

  static var all: [SelfTestVector] { convolutions + depthwise + others }

  private static func shape(_ height: Int, _ width: Int, _ channels: Int) -> Shape {
    Shape(height: height, width: width, channels: channels)
  }

  private static func convolution(
    _ channels: Int, _ side: Int, stride: Int = 1, dilation: Int = 1, groups: Int = 1
  ) -> Operation {
    .convolution(
      ConvolutionLayer(
        outputChannels: channels, window: window(side, stride), dilationHeight: dilation,
        dilationWidth: dilation, groups: groups))
  }

  private static func window(_ side: Int, _ stride: Int = 1) -> Window {
    Window(
      height: side, width: side, strideHeight: stride, strideWidth: stride, padding: .same)
  }

  private static var convolutions: [SelfTestVector] {
    [
      .init(
        name: "convolution 3x3", inputs: [shape(13, 17, 16)], operation: convolution(24, 3),
        checksum: 0xA8BF_9C99_5957_3918),
      .init(
        name: "convolution 3x3, 128 channels", inputs: [shape(7, 6, 128)],
        operation: convolution(64, 3), checksum: 0x8FBB_4F6E_D715_5398),
      .init(
        name: "convolution 3x3 of colours, stride 2", inputs: [shape(21, 19, 3)],
        operation: convolution(8, 3, stride: 2), checksum: 0xB346_3A58_9FFA_2140),
      .init(
        name: "convolution 5x5, dilation 2", inputs: [shape(12, 11, 5)],
        operation: convolution(9, 5, dilation: 2), checksum: 0x9B4F_6013_7C4E_BD6E),
      .init(
        name: "convolution 1x1", inputs: [shape(9, 10, 24)], operation: convolution(40, 1),
        checksum: 0x4749_8ADA_B5D0_AA1F),
      .init(
        name: "convolution 1x1, wide weights", inputs: [shape(5, 7, 40)],
        operation: convolution(19, 1), areWide: true, checksum: 0x19CB_5911_4043_4443),
      .init(
        name: "convolution 3x3 in 3 groups", inputs: [shape(8, 9, 12)],
        operation: convolution(15, 3, groups: 3), checksum: 0xCF3E_0141_D5E4_88A0),
      .init(
        name: "dense layer", inputs: [shape(1, 1, 301)], operation: .dense(DenseLayer(units: 37)),
        checksum: 0x8DCA_25BC_AFC7_4DD3),
      .init(
        name: "transposed convolution 3x3, stride 2", inputs: [shape(7, 8, 11)],
        operation: .transposedConvolution(
          TransposedConvolutionLayer(outputChannels: 6, window: window(3, 2))),
        checksum: 0xB6C5_98C9_CB52_AA74),
    ]
  }

  private static var depthwise: [SelfTestVector] {
    [
      .init(
        name: "depthwise convolution 3x3", inputs: [shape(14, 13, 20)],
        operation: convolution(20, 3, groups: 20), checksum: 0x1E6B_7893_8E85_D551),
      .init(
        name: "depthwise convolution 3x3, stride 2", inputs: [shape(15, 16, 8)],
        operation: convolution(8, 3, stride: 2, groups: 8), checksum: 0xCAAC_7A72_1796_D826),
      .init(
        name: "depthwise convolution 3x3, wide weights", inputs: [shape(11, 10, 21)],
        operation: convolution(21, 3, groups: 21), areWide: true, checksum: 0xAC3C_BEA5_CF09_8B8E),
      .init(
        name: "depthwise convolution 5x5, 2 filters", inputs: [shape(9, 9, 6)],
        operation: convolution(12, 5, groups: 6), checksum: 0x1764_E89D_427C_2DE4),
    ]
  }

  private static var others: [SelfTestVector] {
    let image = shape(9, 11, 13)
    let input = SelfTest.inputFormat
    let probabilities = ValueFormat.int8(AffineQuantization(scale: 1.0 / 256, zeroPoint: -128))
    return [
      .init(
        name: "addition", inputs: [image, image], operation: .addition(AdditionLayer()),
        checksum: 0x0A32_BC31_4A7F_AA57),
      .init(
        name: "multiplication", inputs: [image, image],
        operation: .arithmetic(ArithmeticLayer(.multiplication)), checksum: 0xA110_7531_BBEF_B5E7),
      .init(
        name: "maximum pooling", inputs: [image],
        operation: .pooling(PoolingLayer(.maximum, window(3, 2))), format: input,
        checksum: 0x4234_8318_DC04_03C5),
      .init(
        name: "average pooling", inputs: [image],
        operation: .pooling(PoolingLayer(.average, window(3, 2))), format: input,
        checksum: 0xFDED_5506_38B7_BC44),
      .init(
        name: "mean", inputs: [image],
        operation: .mean(MeanLayer(overHeight: true, overWidth: true)),
        checksum: 0xE384_C49F_5381_6AAA),
      .init(
        name: "hard swish", inputs: [image],
        operation: .activation(ActivationLayer(.hardSwish)), checksum: 0xCFE2_B041_6180_3418),
      .init(
        name: "sigmoid", inputs: [image], operation: .activation(ActivationLayer(.sigmoid)),
        format: probabilities, checksum: 0xCE7D_9BF9_9FB0_9560),
      .init(
        name: "softmax", inputs: [shape(1, 1, 43)], operation: .softmax(SoftmaxLayer()),
        format: probabilities, checksum: 0xCDD2_1AF7_F1D6_571F),
      .init(
        name: "resizing", inputs: [image],
        operation: .resize(
          ResizeLayer(.bilinear, height: 20, width: 17, sampling: .halfPixelCenters)),
        format: input, checksum: 0x70AC_63D9_07B4_0B71),
      .init(
        name: "padding", inputs: [image],
        operation: .padding(PaddingLayer(top: 1, bottom: 2, left: 3, right: 1, mode: .reflect)),
        format: input, checksum: 0xAF11_FC3B_5287_2C34),
    ]
  }
}
