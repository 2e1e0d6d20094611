// SPDX-License-Identifier: Apache-2.0
import Foundation

/// Lines over two axes as an SVG file.
package struct LineChart {
  package struct Line {
    let name: String
    let points: [(x: Double, y: Double)]
    let band: [(lower: Double, upper: Double)]

    /// - Parameter band: an interval around each point, or nothing.
    package init(
      _ name: String, _ points: [(x: Double, y: Double)],
      band: [(lower: Double, upper: Double)] = []
    ) {
      (self.name, self.points, self.band) = (name, points, band)
    }
  }

  private let title: String
  private let labels: (x: String, y: String)
  private let isLogarithmic: Bool
  private let lines: [Line]
  private let x: Axis
  private let y: Axis

  /// Safe for the colour-blind (Okabe & Ito).
  private static let colors = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"]
  private static let (width, height, margin) = (520.0, 300.0, 64.0)

  /// - Parameter isLogarithmic: whether heights are powers of ten; points that are not above 0 are
  ///   then left out.
  package init(
    _ title: String, xLabel: String, yLabel: String, isLogarithmic: Bool = false, _ lines: [Line]
  ) {
    self.title = title
    labels = (xLabel, yLabel)
    (self.isLogarithmic, self.lines) = (isLogarithmic, lines)
    let heights = lines.flatMap { line in
      line.points.map(\.y) + line.band.flatMap { [$0.lower, $0.upper] }
    }
    x = Axis(lines.flatMap { $0.points.map(\.x) }, from: 0, to: Self.width, margin: 0)
    y = Axis(
      heights.compactMap { Self.exponent($0, isLogarithmic) }, from: Self.height, to: 0, margin: 0)
  }

  package var svg: String {
    let drawn = lines.enumerated().map { index, line in
      draw(line, Self.colors[index % Self.colors.count], index)
    }
    return SVGText.file(
      title, width: Self.width + 2 * Self.margin, height: Self.height + 2 * Self.margin,
      """
      <g transform="translate(\(SVGText.number(Self.margin)) \(SVGText.number(Self.margin)))">
      <text x="0" y="-40" font-weight="bold">\(SVGText.escaped(title))</text>
      \(axes)
      \(drawn.joined(separator: "\n"))
      </g>
      """)
  }

  /// The height on the axis; `nil` where it has none.
  private static func exponent(_ y: Double, _ isLogarithmic: Bool) -> Double? {
    isLogarithmic ? (y > 0 ? log10(y) : nil) : y
  }

  private var axes: String {
    let (w, h) = (SVGText.number(Self.width), SVGText.number(Self.height))
    let columns = x.ticks.map { tick in
      """
      <text x="\(SVGText.number(x.place(tick)))" y="\(SVGText.number(Self.height + 18))" \
      text-anchor="middle">\(SVGText.number(tick))</text>
      """
    }
    let rows = y.ticks.filter { !isLogarithmic || $0 == $0.rounded() }.map { tick in
      """
      <path d="M0 \(SVGText.number(y.place(tick))) H\(w)" stroke="#ddd" class="grid"/>\
      <text x="-8" y="\(SVGText.number(y.place(tick) + 4))" text-anchor="end">\
      \(isLogarithmic ? "1e\(Int(tick))" : SVGText.number(tick))</text>
      """
    }
    return """
      \((columns + rows).joined(separator: "\n"))
      <path d="M0 0 V\(h) H\(w)" stroke="#333" fill="none" class="zero"/>
      <text x="\(SVGText.number(Self.width / 2))" y="\(SVGText.number(Self.height + 42))" \
      text-anchor="middle">\(SVGText.escaped(labels.x))</text>
      <text transform="translate(-48 \(SVGText.number(Self.height / 2))) rotate(-90)" \
      text-anchor="middle">\(SVGText.escaped(labels.y))</text>
      """
  }

  private func draw(_ line: Line, _ color: String, _ index: Int) -> String {
    func path(_ points: [(Double, Double)]) -> String {
      points.compactMap { point in
        Self.exponent(point.1, isLogarithmic).map {
          "\(SVGText.number(x.place(point.0))) \(SVGText.number(y.place($0)))"
        }
      }.joined(separator: " L")
    }
    var parts: [String] = []
    let pairs = zip(line.points, line.band)
    let outline = path(pairs.map { ($0.x, $1.upper) } + pairs.map { ($0.x, $1.lower) }.reversed())
    if !outline.isEmpty {
      parts.append("<path d=\"M\(outline)Z\" fill=\"\(color)\" fill-opacity=\"0.15\"/>")
    }
    let drawn = path(line.points.map { ($0.x, $0.y) })
    if !drawn.isEmpty {
      parts.append(
        "<path d=\"M\(drawn)\" fill=\"none\" stroke=\"\(color)\" stroke-width=\"2\"/>")
    }
    parts.append(
      """
      <text x="\(SVGText.number(150 * Double(index)))" y="-16" style="fill:\(color)">\
      \(SVGText.escaped(line.name))</text>
      """)
    return parts.joined(separator: "\n")
  }
}
