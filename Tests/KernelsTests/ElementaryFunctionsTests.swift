// SPDX-License-Identifier: Apache-2.0
import Foundation
import Kernels
import Testing

struct ElementaryFunctionsTests {
  /// The largest error in units in the last place over every `step`th float of both signs within
  /// `range`.
  private func largestError(
    over range: ClosedRange<Float>, step: UInt32, of f: (Vector) -> Vector,
    against exact: (Double) -> Double
  ) -> (error: Double, at: Float) {
    var worst = (error: 0.0, at: Float(0))
    var inputs: [Float] = []
    func flush() {
      var vector = Vector(repeating: 0)
      for lane in inputs.indices { vector[lane] = inputs[lane] }
      let results = f(vector)
      for lane in inputs.indices {
        let expected = exact(Double(inputs[lane]))
        let unit = max(Double(Float(abs(expected)).ulp), 0x1p-149)
        let error = abs(Double(results[lane]) - expected) / unit
        if !(error <= worst.error) { worst = (error, inputs[lane]) }
      }
      inputs.removeAll(keepingCapacity: true)
    }
    for bits in stride(from: UInt32(0), to: 0x7F80_0000, by: Int(step)) {
      for candidate in [Float(bitPattern: bits), -Float(bitPattern: bits)]
      where range.contains(candidate) {
        inputs.append(candidate)
        if inputs.count == Machine.vectorFloats { flush() }
      }
    }
    flush()
    return worst
  }

  @Test func `exp is within 2 ulp`() {
    let worst = largestError(
      over: -87.3...88.72, step: 1009, of: { ElementaryFunctions.exp($0) }, against: Foundation.exp)
    #expect(worst.error <= 2, "\(worst)")
  }

  @Test func `log is within 2 ulp, subnormal numbers included`() {
    let worst = largestError(
      over: 0x1p-149...Float.greatestFiniteMagnitude, step: 1009,
      of: { ElementaryFunctions.log($0) }, against: Foundation.log)
    #expect(worst.error <= 2, "\(worst)")
  }

  @Test func `log1p is within 3 ulp`() {
    let worst = largestError(
      over: -0.9...1e6, step: 1009, of: { ElementaryFunctions.logOfOnePlus($0) },
      against: Foundation.log1p)
    #expect(worst.error <= 3, "\(worst)")
  }

  @Test func `tanh is within 3 ulp`() {
    let worst = largestError(
      over: -50...50, step: 1009, of: { ElementaryFunctions.tanh($0) }, against: Foundation.tanh)
    #expect(worst.error <= 3, "\(worst)")
  }

  @Test func `sigmoid is within 4 ulp`() {
    let worst = largestError(
      over: -87.3...88, step: 1009, of: { ElementaryFunctions.sigmoid($0) },
      against: { 1 / (1 + Foundation.exp(-$0)) })
    #expect(worst.error <= 4, "\(worst)")
  }

  @Test func `erf is within 3 ulp`() {
    let worst = largestError(
      over: -10...10, step: 1009, of: { ElementaryFunctions.erf($0) }, against: Foundation.erf)
    #expect(worst.error <= 3, "\(worst)")
  }

  @Test func `softplus is within 4 ulp`() {
    let worst = largestError(
      over: -87...88, step: 1009, of: { ElementaryFunctions.softplus($0) },
      against: { max($0, 0) + Foundation.log1p(Foundation.exp(-abs($0))) })
    #expect(worst.error <= 4, "\(worst)")
  }

  @Test func `the ends of the ranges are exact`() {
    #expect(ElementaryFunctions.exp(0) == 1)
    #expect(ElementaryFunctions.exp(.infinity) == .infinity)
    #expect(ElementaryFunctions.exp(89) == .infinity)
    #expect(ElementaryFunctions.exp(-.infinity) == 0)
    #expect(ElementaryFunctions.exp(-104) == 0)
    #expect(abs(ElementaryFunctions.exp(-100) / 0x1p-149 - 27) < 2)
    #expect(ElementaryFunctions.log(0) == -.infinity)
    #expect(ElementaryFunctions.log(1) == 0)
    #expect(ElementaryFunctions.log(.infinity) == .infinity)
    #expect(ElementaryFunctions.log(-1).isNaN)
    #expect(ElementaryFunctions.tanh(.infinity) == 1)
    #expect(ElementaryFunctions.tanh(-.infinity) == -1)
    #expect(ElementaryFunctions.erf(.infinity) == 1)
    #expect(ElementaryFunctions.erf(-4.5) == -1)
    #expect(ElementaryFunctions.sigmoid(-.infinity) == 0)
    #expect(ElementaryFunctions.sigmoid(.infinity) == 1)
    #expect(ElementaryFunctions.softplus(200) == 200)
  }

  @Test func `NaN stays NaN`() {
    #expect(ElementaryFunctions.exp(.nan).isNaN)
    #expect(ElementaryFunctions.log(.nan).isNaN)
    #expect(ElementaryFunctions.tanh(.nan).isNaN)
    #expect(ElementaryFunctions.sigmoid(.nan).isNaN)
    #expect(ElementaryFunctions.erf(.nan).isNaN)
    #expect(ElementaryFunctions.softplus(.nan).isNaN)
  }
}
