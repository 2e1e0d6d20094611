// SPDX-License-Identifier: Apache-2.0
import Foundation

/// Two axes with ticks at round numbers.
struct ChartAxes {
  let x: ClosedRange<Double>
  let y: ClosedRange<Double>
  let width: Double
  let height: Double

  func left(of value: Double) -> Double {
    (value - x.lowerBound) / (x.upperBound - x.lowerBound) * width
  }

  func top(of value: Double) -> Double {
    height - (value - y.lowerBound) / (y.upperBound - y.lowerBound) * height
  }

  /// - Parameter isLogarithmic: heights are exponents of ten.
  func svg(xLabel: String, yLabel: String, isLogarithmic: Bool) -> String {
    let (w, h) = (SVGText.number(width), SVGText.number(height))
    let columns = Self.ticks(x).map { tick in
      """
      <text x="\(SVGText.number(left(of: tick)))" y="\(SVGText.number(height + 18))" \
      text-anchor="middle">\(SVGText.number(tick))</text>
      """
    }
    let rows = Self.ticks(y).filter { !isLogarithmic || $0 == $0.rounded() }.map { tick in
      """
      <path d="M0 \(SVGText.number(top(of: tick))) H\(w)" stroke="#ddd"/>\
      <text x="-8" y="\(SVGText.number(top(of: tick) + 4))" text-anchor="end">\
      \(isLogarithmic ? "1e\(Int(tick))" : SVGText.number(tick))</text>
      """
    }
    return """
      \((columns + rows).joined(separator: "\n"))
      <path d="M0 0 V\(h) H\(w)" stroke="#333" fill="none"/>
      <text x="\(SVGText.number(width / 2))" y="\(SVGText.number(height + 42))" \
      text-anchor="middle">\(SVGText.escaped(xLabel))</text>
      <text transform="translate(-48 \(SVGText.number(height / 2))) rotate(-90)" \
      text-anchor="middle">\(SVGText.escaped(yLabel))</text>
      """
  }

  /// About five multiples of 1, 2 or 5 times a power of ten.
  static func ticks(_ range: ClosedRange<Double>) -> [Double] {
    let rough = (range.upperBound - range.lowerBound) / 5
    let power = pow(10, log10(rough).rounded(.down))
    let step =
      power * (rough / power < 1.5 ? 1 : rough / power < 3.5 ? 2 : rough / power < 7.5 ? 5 : 10)
    let first = (range.lowerBound / step).rounded(.up)
    let last = (range.upperBound / step + 1e-9).rounded(.down)
    return first <= last ? (0...Int(last - first)).map { (first + Double($0)) * step } : []
  }
}

/// Text inside of SVG.
enum SVGText {
  static func number(_ value: Double) -> String { String(format: "%.4g", value) }

  static func escaped(_ text: String) -> String { HTML(text).source }
}
