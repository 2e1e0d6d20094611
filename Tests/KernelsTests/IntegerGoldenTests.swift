// SPDX-License-Identifier: Apache-2.0
import Kernels
import Testing

/// Comparison with LiteRT 2.3, byte for byte.
struct IntegerGoldenTests {
  private let cases: [IntegerCase]
  private let pool: ThreadPool

  init() throws {
    cases = try IntegerCase.all()
    pool = try #require(ThreadPool(threadCount: 2))
  }

  /// Runs `body` for each case of a kind and compares what it writes.
  private func check<Element: BitwiseCopyable & Equatable>(
    _ kind: String, _ type: Element.Type, where isMeant: (IntegerCase) -> Bool = { _ in true },
    body: (IntegerCase, [IntegerCase.Input], TensorView<Element>) -> Void
  ) {
    let chosen = cases.filter { $0.kind == kind && isMeant($0) }
    #expect(!chosen.isEmpty, "no case of \(kind)")
    var different = 0
    for (index, golden) in chosen.enumerated() {
      let y = golden.output.empty(type, gap: index % 3)
      let inputs = golden.inputs.map { IntegerCase.Input($0, gap: index % 2) }
      withExtendedLifetime((inputs, y)) { body(golden, inputs, y.view) }
      #expect(y.gapsAreUntouched, "written between pixels by \(kind)")
      let expected = golden.output.elements(type)
      let actual = y.elements
      if actual != expected {
        different += 1
        let place = actual.indices.first { actual[$0] != expected[$0] } ?? -1
        if different < 5 {
          Issue.record(
            """
            \(kind), case \(index): element \(place) is \(actual[place]), \
            expected \(expected[place])
            """)
        }
      }
    }
    #expect(different == 0, "\(different) of \(chosen.count) cases of \(kind) differ")
  }

  @Test func `sums, differences and products agree`() {
    for kind in ["add", "sub"] {
      check(kind, Int8.self) { golden, x, y in
        let (a, b) = (golden.inputs[0], golden.inputs[1])
        IntegerAddition(
          a.quantization, b.quantization, output: golden.output.quantization,
          subtracts: kind == "sub", range: golden.range
        ).apply(x[0].view(), x[1].view(), into: y, pool: pool)
      }
    }
    check("mul", Int8.self) { golden, x, y in
      let (a, b) = (golden.inputs[0], golden.inputs[1])
      IntegerMultiplication(
        a.quantization, b.quantization, output: golden.output.quantization, range: golden.range
      ).apply(x[0].view(), x[1].view(), into: y, pool: pool)
    }
  }

  @Test func `pooling agrees`() {
    check("maximum", Int8.self) { golden, x, y in
      IntegerPooling.maximum(
        x[0].view(), into: y, golden.geometry, range: golden.range, pool: pool)
    }
    check("average", Int8.self) { golden, x, y in
      IntegerPooling.average(
        x[0].view(), into: y, golden.geometry, range: golden.range, pool: pool)
    }
  }

  @Test func `softmax agrees`() {
    check("softmax", Int8.self) { golden, x, y in
      let input = golden.inputs[0]
      let table = IntegerSoftmax.table(
        inputScale: input.scale, beta: golden.attributes.beta ?? 1)
      IntegerSoftmax.apply(table, x[0].view(), into: y, pool: pool)
    }
  }

  @Test func `tables agree`() {
    let functions: [(String, (IntegerCase.Attributes) -> IntegerLookup.Function)] = [
      ("rescale", { _ in .rescale }), ("sigmoid", { _ in .sigmoid }), ("tanh", { _ in .tanh }),
      ("hardSwish", { _ in .hardSwish }), ("leakyReLU", { .leakyReLU(slope: $0.slope ?? 0) }),
      ("relu", { _ in .relu }), ("relu6", { _ in .relu6 }),
      ("reluN1To1", { _ in .clamp(lower: -1, upper: 1) }),
      ("relu0To1", { _ in .clamp(lower: 0, upper: 1) }),
    ]
    for (kind, function) in functions {
      check(kind, Int8.self) {
        $0.inputs[0].type == "int8" && $0.output.type == "int8"
      } body: { golden, x, y in
        let input = golden.inputs[0]
        let table = IntegerLookup.table(
          for: function(golden.attributes), input: input.quantization,
          output: golden.output.quantization)
        IntegerLookup.apply(table, x[0].view() as TensorView<Int8>, into: y, pool: pool)
      }
    }
  }

  @Test func `tables between signed and unsigned bytes agree`() {
    check("rescale", Int8.self) {
      $0.inputs[0].type == "uint8"
    } body: { golden, x, y in
      let input = golden.inputs[0]
      let table = IntegerLookup.table(
        for: .rescale, input: input.quantization, output: golden.output.quantization,
        from: UInt8.self)
      IntegerLookup.apply(table, x[0].view() as TensorView<UInt8>, into: y, pool: pool)
    }
    check("rescale", UInt8.self) {
      $0.output.type == "uint8"
    } body: { golden, x, y in
      let input = golden.inputs[0]
      let table = IntegerLookup.table(
        for: .rescale, input: input.quantization, output: golden.output.quantization, to: UInt8.self
      )
      IntegerLookup.apply(table, x[0].view() as TensorView<Int8>, into: y, pool: pool)
    }
  }

  @Test func `conversions from and to floats agree`() {
    check("quantise", Int8.self) {
      $0.output.type == "int8"
    } body: { golden, x, y in
      Quantize.apply(
        x[0].view(), into: y, golden.output.quantization,
        pool: pool)
    }
    check("quantise", UInt8.self) {
      $0.output.type == "uint8"
    } body: { golden, x, y in
      Quantize.apply(
        x[0].view(), into: y, golden.output.quantization, pool: pool)
    }
    check("dequantise", Float.self) {
      $0.inputs[0].type == "int8"
    } body: { golden, x, y in
      let input = golden.inputs[0]
      Dequantize.apply(x[0].view() as TensorView<Int8>, into: y, input.quantization, pool: pool)
    }
    check("dequantise", Float.self) {
      $0.inputs[0].type == "uint8"
    } body: { golden, x, y in
      let input = golden.inputs[0]
      Dequantize.apply(x[0].view() as TensorView<UInt8>, into: y, input.quantization, pool: pool)
    }
  }

  @Test func `means agree`() {
    check("mean", Int8.self) { golden, x, y in
      let axes = golden.attributes.axes ?? []
      IntegerMean(
        over: MeanAxes(
          height: axes.contains(1), width: axes.contains(2), channels: axes.contains(3)),
        input: golden.inputs[0].quantization, output: golden.output.quantization
      ).apply(x[0].view(), into: y, pool: pool)
    }
  }

  @Test func `parametric ReLUs agree`() {
    check("prelu", Int8.self) { golden, x, y in
      IntegerPReLU(
        golden.inputs[0].quantization, slope: golden.inputs[1].quantization,
        output: golden.output.quantization
      ).apply(x[0].view(), slope: x[1].view(), into: y, pool: pool)
    }
  }

  @Test func `changes of size agree`() {
    let modes: [String: SamplingMode] = [
      "alignCorners": .alignCorners, "halfPixelCenters": .halfPixelCenters,
    ]
    check("bilinear", Int8.self) { golden, x, y in
      IntegerResize.bilinear(
        x[0].view(), into: y, modes[golden.attributes.mode ?? ""] ?? .corner, pool: pool)
    }
    check("nearest", Int8.self) { golden, x, y in
      IntegerResize.nearest(
        x[0].view(), into: y, modes[golden.attributes.mode ?? ""] ?? .corner, pool: pool)
    }
  }

  @Test func `padding and transposition agree`() {
    check("pad", Int8.self) { golden, x, y in
      let before = golden.attributes.before ?? [0, 0, 0]
      IntegerPadding.apply(
        x[0].view(), into: y, top: before[0], left: before[1], front: before[2],
        mode: .constant(Int8(golden.output.zero)), pool: pool)
    }
    check("mirror", Int8.self) { golden, x, y in
      let before = golden.attributes.before ?? [0, 0, 0]
      IntegerPadding.apply(
        x[0].view(), into: y, top: before[0], left: before[1],
        mode: golden.attributes.mode == "symmetric" ? .symmetric : .reflect, pool: pool)
    }
    check("transpose", Int8.self) { golden, x, y in
      let order = (golden.attributes.order ?? []).compactMap { Transpose.Axis(rawValue: $0 - 1) }
      Transpose.apply(x[0].view(), into: y, order: (order[0], order[1], order[2]), pool: pool)
    }
  }
}
