// SPDX-License-Identifier: Apache-2.0
import Kernels
import Network
import TestSupport
import Testing

/// y = w[c] · x, a layer with everything that a layer can have: that it is one struct shows that a
/// layer is one struct.
///
/// Integers: y = clamp(z_y + round(s_x · s_w / s_y · w[c] · (x − z_x))). Their gradients are 16-bit
/// integers with a power-of-two exponent: ∂L/∂x = s_w · w[c] · g and ∂L/∂w = Σ s_x · (x − z_x) · g.
private struct ToyLayer: FloatLayer, IntegerTrainingLayer {
  func outputShape(_ inputs: [Shape]) throws(ShapeError) -> Shape {
    guard inputs.count == 1 else { throw .inputCount(expected: 1, actual: inputs.count) }
    return inputs[0]
  }

  func parameters(_ inputs: [Shape]) -> [ParameterDeclaration] {
    [ParameterDeclaration(.weights, [inputs[0].channels])]
  }

  func needs(_ site: LayerSite) -> LayerNeeds {
    var needs = LayerNeeds()
    needs.backwardReadsInputs = site.hasBackward
    return needs
  }

  func forward(_ step: LayerStep) {
    let (x, y, weights) = (step.inputs[0].floats, step.output.floats, step.parameter(.weights))
    forEach(x) { y.pixel($0)[$1] = weights[$1] * x.pixel($0)[$1] }
  }

  func backward(_ step: LayerStep) {
    guard let dy = step.outputGradient?.floats else { return }
    let (x, weights) = (step.inputs[0].floats, step.parameter(.weights))
    if let dx = step.inputGradients[0]?.floats {
      forEach(x) {
        dx.pixel($0)[$1] =
          (step.accumulates[0] ? dx.pixel($0)[$1] : 0) + weights[$1] * dy.pixel($0)[$1]
      }
    }
    if let dw = step.gradient(of: .weights) {
      for c in 0..<x.channels { dw[c] = 0 }
      forEach(x) { dw[$1] += x.pixel($0)[$1] * dy.pixel($0)[$1] }
    }
  }

  func integerParameters(_ inputs: [Shape]) -> [ParameterDeclaration] {
    [
      ParameterDeclaration(.weights, [inputs[0].channels], format: .int8),
      ParameterDeclaration(.weightScales, [1], .constant(1)),
    ]
  }

  /// One factor, computed once.
  func integerForward(_ step: LayerStep) -> () -> Void {
    let (x, y) = (step.inputs[0].int8, step.output.int8)
    let weights = step.parameter(.weights, as: Int8.self)
    guard let input = step.site.inputFormats[0].quantization,
      let output = step.site.outputFormat.quantization
    else { preconditionFailure("the toy's integers are quantised") }
    let factor = input.scale * step.parameter(.weightScales)[0] / output.scale
    return {
      forEach(x) {
        let product = Int32(weights[$1]) * (Int32(x.pixel($0)[$1]) - input.zeroPoint)
        y.pixel($0)[$1] = Int8(
          clamping: output.zeroPoint + Int32((factor * Float(product)).rounded()))
      }
    }
  }

  func integerBackward(_ step: LayerStep) {
    guard let gradient = step.outputGradient, let exponent = gradient.exponent?.pointee,
      let input = step.site.inputFormats[0].quantization
    else { return }
    let (x, dy) = (step.inputs[0].int8, gradient.values.int16)
    let weights = step.parameter(.weights, as: Int8.self)
    let unit = Self.power(exponent)
    if let target = step.inputGradients[0] {
      let scale = step.parameter(.weightScales)[0] * unit
      var values = [Float](repeating: 0, count: x.elementCount)
      forEach(x) {
        values[$0 * x.channels + $1] = scale * Float(weights[$1]) * Float(dy.pixel($0)[$1])
      }
      Self.store(values, in: target)
    }
    if let target = step.gradientBuffer(of: .weights) {
      var values = [Float](repeating: 0, count: x.channels)
      forEach(x) {
        values[$1] +=
          input.scale * unit * Float(Int32(x.pixel($0)[$1]) - input.zeroPoint)
          * Float(dy.pixel($0)[$1])
      }
      Self.store(values, in: target)
    }
  }

  private func forEach<Element>(
    _ view: TensorView<Element>, _ body: (_ pixel: Int, _ channel: Int) -> Void
  ) {
    for pixel in 0..<view.pixelCount { for c in 0..<view.channels { body(pixel, c) } }
  }

  static func power(_ exponent: Int32) -> Float {
    Float(sign: .plus, exponent: Int(exponent), significand: 1)
  }

  /// Rounds numbers to 16 bits with the least exponent that holds the largest of them.
  static func store(_ values: [Float], in target: GradientBuffer) {
    let largest = values.reduce(0) { max($0, abs($1)) }
    var exponent: Int32 = -40
    while largest > 32_767 * power(exponent) { exponent += 1 }
    target.exponent?.pointee = exponent
    let elements = target.values.int16
    for (index, value) in values.enumerated() {
      elements.base[index] = Int16(clamping: Int((value / power(exponent)).rounded()))
    }
  }
}

/// A layer of floats alone, whose parts are the defaults.
private struct PlainLayer: FloatLayer {
  func outputShape(_ inputs: [Shape]) throws(ShapeError) -> Shape { inputs[0] }
  func forward(_ step: LayerStep) {}
  func backward(_ step: LayerStep) {}
}

struct ToyLayerTests {
  private let shape = Shape(height: 2, width: 3, channels: 4)
  private let input = AffineQuantization(scale: 0.5, zeroPoint: 3)
  private let output = AffineQuantization(scale: 0.25, zeroPoint: -5)

  @Test func `floats go forward and their gradients are the differences`() throws {
    let layer = ToyLayer()
    let harness = try LayerHarness(layer, inputs: [shape])
    let step = harness.step
    let values = NetworkRun.drawn("x", count: 2 * shape.elementCount, -1..<1)
    step.inputs[0].floats.fill(values)
    for c in 0..<4 { step.parameter(.weights)[c] = Float(c) - 1.5 }
    layer.forward(step)
    #expect(
      step.output.floats.elements
        == values.enumerated().map { (Float($0 % 4) - 1.5) * $1 })
    #expect(harness.largestGradientError(of: layer) < 1e-3)
  }

  @Test func `integers go forward and their gradients are those of floats`() throws {
    let layer = ToyLayer()
    let harness = try LayerHarness(
      training: layer, inputs: [shape], formats: [.int8(input)], .int8(output))
    let step = harness.step
    #expect(layer.supports([.int8(input)], .int8(output)))
    #expect(!layer.supports([.float32], .int8(output)))
    let (x, y) = (step.inputs[0].int8, step.output.int8)
    let weights: [Int8] = [3, -2, 1, 7]
    for c in 0..<4 { step.parameter(.weights, as: Int8.self)[c] = weights[c] }
    step.parameter(.weightScales)[0] = 0.125
    for index in 0..<x.elementCount { x.base[index] = Int8(index * 5 % 40 - 20) }
    let run = layer.integerForward(step)
    run()
    for index in 0..<x.elementCount {
      let real = 0.125 * Float(weights[index % 4]) * 0.5 * Float(Int32(x.base[index]) - 3)
      #expect(abs(Float(Int32(y.base[index]) + 5) * 0.25 - real) <= 0.125)
    }

    // Half of the output's gradient is 2⁻⁴ · its number of the element.
    let gradient = try #require(step.outputGradient)
    gradient.exponent?.pointee = -4
    for index in 0..<x.elementCount { gradient.values.int16.base[index] = Int16(index - 20) }
    layer.integerBackward(step)
    let dx = try #require(step.inputGradients[0])
    let dw = try #require(step.gradientBuffer(of: .weights))
    var expected = [Float](repeating: 0, count: 4)
    for index in 0..<x.elementCount {
      let g = Float(index - 20) / 16
      let unit = ToyLayer.power(try #require(dx.exponent?.pointee))
      let actual = unit * Float(dx.values.int16.base[index])
      #expect(abs(actual - 0.125 * Float(weights[index % 4]) * g) <= unit / 2)
      expected[index % 4] += 0.5 * Float(Int32(x.base[index]) - 3) * g
    }
    let unit = ToyLayer.power(try #require(dw.exponent?.pointee))
    for c in 0..<4 {
      #expect(abs(unit * Float(dw.values.int16.base[c]) - expected[c]) <= unit)
    }
  }

  @Test func `a layer of defaults needs nothing`() throws {
    let layer = PlainLayer()
    #expect(layer.properties == LayerProperties())
    #expect(layer.parameters([shape]) == [])
    #expect(layer.multiplyAccumulates([shape], shape) == 0)
    #expect(layer.supportsFloats)
    let harness = try LayerHarness(layer, inputs: [shape])
    #expect(layer.needs(harness.step.site) == LayerNeeds())
    #expect(harness.step.gradient(of: .weights) == nil)
    #expect(harness.step.optionalParameter(.bias) == nil)
  }
}
