// SPDX-License-Identifier: Apache-2.0
import Classification
import Kernels
import Network
import Text

/// Runs every integer kernel on built-in vectors, and compares what comes out with what all other
/// CPUs compute.
package enum SelfTest {
  /// Runs all vectors.
  /// - Parameter report: called with each vector's name, and with what is wrong with it, if
  ///   anything is.
  /// - Returns: Whether all is right.
  package static func run(
    threads: Int, _ report: (_ name: String, _ problem: String?) -> Void
  ) -> Bool {
    var isRight = true
    for vector in SelfTestVector.all {
      let problem = problem(vector, threads: threads)
      report("\(vector.name)", problem)
      isRight = isRight && problem == nil
    }
    return isRight
  }

  private static func problem(_ vector: SelfTestVector, threads: Int) -> String? {
    guard let checksum = checksum(vector, threads: threads) else { return "there is no memory" }
    if checksum == vector.checksum { return nil }
    return "outputs #\(hexadecimal(checksum)), expected #\(hexadecimal(vector.checksum))"
  }

  /// Of the outputs of a graph whose parameters and inputs are the same random bytes everywhere.
  private static func checksum(_ vector: SelfTestVector, threads: Int) -> UInt64? {
    var graph = Graph()
    let inputs = vector.inputs.enumerated().map { index, shape in
      add(&graph, "input\(index)", .input(InputLayer(shape)), [], inputFormat)
    }
    let output = add(&graph, "output", vector.operation, inputs, vector.format)
    do throws(GraphError) { try graph.setOutputs([output]) } catch {
      preconditionFailure("the vectors are graphs")
    }
    guard let parameters = ParameterStore(graph) else { return nil }
    var random = RandomGenerator(seed: 5)
    for entry in parameters.entries {
      fill(parameters.bytes(of: entry), entry, areWide: vector.areWide, &random)
    }
    let model = Model(role: .classifier, graph: graph, parameters: parameters)
    let session: Session
    do throws(SessionError) { session = try Session(model, threads: threads) } catch { return nil }
    session.fillInputs(&random)
    session.run()
    return session.outputChecksum()
  }

  static let inputFormat = ValueFormat.int8(AffineQuantization(scale: 0.02, zeroPoint: 3))

  private static func add(
    _ graph: inout Graph, _ name: String, _ operation: Operation, _ inputs: [Int],
    _ format: ValueFormat
  ) -> Int {
    do throws(GraphError) { return try graph.add(name, operation, inputs, format: format) } catch {
      preconditionFailure("the vectors are graphs")
    }
  }

  /// Weights in −127...127, or with −128 where they are wide, scales near 0.01, and biases of some
  /// thousands.
  private static func fill(
    _ bytes: UnsafeMutableRawBufferPointer, _ entry: ParameterStore.Entry, areWide: Bool,
    _ random: inout RandomGenerator
  ) {
    switch entry.declaration.format {
    case .int8:
      for index in bytes.indices {
        let weight = areWide ? Int(random.next() % 256) - 128 : Int(random.next() % 255) - 127
        bytes[index] = UInt8(bitPattern: Int8(weight))
      }
    case .int32:
      for index in bytes.bindMemory(to: Int32.self).indices {
        bytes.bindMemory(to: Int32.self)[index] = Int32(random.next() % 8192) - 4096
      }
    case .float32:
      for index in bytes.bindMemory(to: Float.self).indices {
        bytes.bindMemory(to: Float.self)[index] = 0.005 + 0.01 * random.uniform()
      }
    case .int16, .uint8: preconditionFailure("no layer has such parameters")
    }
  }
}

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
    Window(height: side, width: side, strideHeight: stride, strideWidth: stride, padding: .same)
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
        name: "hard swish", inputs: [image], operation: .activation(ActivationLayer(.hardSwish)),
        checksum: 0xCFE2_B041_6180_3418),
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
