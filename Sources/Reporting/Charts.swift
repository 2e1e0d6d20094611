// SPDX-License-Identifier: Apache-2.0
import Foundation
package import Statistics
import Text

/// Charts of a page, whose style sheet gives colours and fonts.
package enum Chart {
  /// A named difference with its interval.
  package struct Difference {
    let name: String
    let estimate: IntervalEstimate
    let isMain: Bool

    /// - Parameter isMain: whether it stands out.
    package init(_ name: String, _ estimate: IntervalEstimate, isMain: Bool) {
      (self.name, self.estimate, self.isMain) = (name, estimate, isMain)
    }
  }

  /// Differences in percentage points, one below the other, with a line at 0.
  package static func intervals(_ differences: [Difference], label: String) -> HTML {
    let values = differences.map(\.estimate).flatMap { [$0.value, $0.lower, $0.upper] }
    let axis = Axis(values.map { 100 * $0 } + [0], from: 190, to: 620)
    let bottom = 10 + 26 * differences.count
    var marks = gridLines(axis, bottom: bottom)
    for (index, difference) in differences.enumerated() {
      let y = SVGText.number(Double(26 * index + 20))
      func place(_ share: Double) -> String { SVGText.number(axis.place(100 * share)) }
      let (estimate, kind) = (difference.estimate, difference.isMain ? "main" : "control")
      marks += [
        text(difference.name, x: 182, y: Double(26 * index + 24), anchor: "end"),
        .element(
          "line",
          [
            "x1": place(estimate.lower), "y1": y, "x2": place(estimate.upper), "y2": y,
            "class": "interval \(kind)",
          ]), .element("circle", ["cx": place(estimate.value), "cy": y, "r": "5", "class": kind]),
      ]
    }
    return drawing(width: 640, height: bottom + 24, label: label, marks)
  }

  /// Two histograms of values from 0 to 1, one above and one below a line.
  package static func histograms(
    above: [Float], below: [Float], names: (above: String, below: String), label: String
  ) -> HTML {
    let bins = 20
    func counts(_ values: [Float]) -> [Int] {
      values.reduce(into: [Int](repeating: 0, count: bins)) {
        $0[min(bins - 1, max(0, Int($1 * Float(bins))))] += 1
      }
    }
    let (top, bottom) = (counts(above), counts(below))
    let largest = Double(max(1, (top + bottom).max() ?? 1))
    let axis = Axis([0, 1], from: 20, to: 620)
    var marks = [text(names.above, x: 20, y: 14), text(names.below, x: 20, y: 236)]
    for index in 0..<bins {
      let x = axis.place(Double(index) / Double(bins))
      for (count, isAbove) in [(top[index], true), (bottom[index], false)] where count > 0 {
        let height = 90 * Double(count) / largest
        let bar: KeyValuePairs = [
          "x": SVGText.number(x + 1), "y": SVGText.number(isAbove ? 112 - height : 128),
          "width": "28", "height": SVGText.number(height), "class": isAbove ? "control" : "main",
        ]
        marks.append(.element("rect", bar, [.element("title", [:], "\(count) images")]))
      }
    }
    for tick in [0.0, 0.25, 0.5, 0.75, 1] {
      marks.append(text(SVGText.number(tick), x: axis.place(tick), y: 124, anchor: "middle"))
    }
    return drawing(width: 640, height: 244, label: label, marks)
  }

  /// A pair of bars for each name, of shares before and after.
  package static func bars(
    _ classes: [(name: String, before: Double, after: Double)], label: String
  ) -> HTML {
    let axis = Axis([0, 100], from: 150, to: 620)
    let bottom = 10 + 30 * classes.count
    var marks = gridLines(axis, bottom: bottom)
    for (index, entry) in classes.enumerated() {
      let y = Double(30 * index + 12)
      marks.append(text(entry.name, x: 142, y: y + 14, anchor: "end"))
      for (value, offset, kind) in [(entry.before, 0.0, "control"), (entry.after, 10.0, "main")] {
        let width = axis.place(100 * value) - axis.place(0)
        let bar: KeyValuePairs = [
          "x": SVGText.number(axis.place(0)), "y": SVGText.number(y + offset),
          "width": SVGText.number(width), "height": "9", "class": kind,
        ]
        marks.append(.element("rect", bar, [.element("title", [:], value.percent)]))
      }
    }
    return drawing(width: 640, height: bottom + 24, label: label, marks)
  }

  static func text(_ text: String, x: Double, y: Double, anchor: String = "start") -> HTML {
    .element("text", ["x": SVGText.number(x), "y": SVGText.number(y), "text-anchor": anchor], text)
  }

  private static func drawing(width: Int, height: Int, label: String, _ marks: [HTML]) -> HTML {
    HTML.scrolling(
      .element(
        "svg",
        [
          "viewBox": "0 0 \(width) \(height)", "role": "img", "aria-label": label, "class": "chart",
        ], marks), label: label)
  }

  /// A vertical line and its number at each tick; the one at 0 stands out.
  private static func gridLines(_ axis: Axis, bottom: Int) -> [HTML] {
    axis.ticks.flatMap { tick in
      let x = SVGText.number(axis.place(tick))
      return [
        HTML.element(
          "line",
          [
            "x1": x, "y1": "4", "x2": x, "y2": "\(bottom)",
            "class": abs(tick) < 1e-9 ? "zero" : "grid",
          ]),
        text(SVGText.number(tick), x: axis.place(tick), y: Double(bottom + 16), anchor: "middle"),
      ]
    }
  }
}

/// A linear scale of values along a side of a drawing.
struct Axis {
  private let range: ClosedRange<Double>
  private let start: Double
  private let end: Double

  /// - Parameters:
  ///   - values: at least these are on the scale.
  ///   - start: the place of its lower end; `end` is that of the upper one.
  ///   - margin: how far it goes on beyond `values`, as a share of their range.
  init(_ values: [Double], from start: Double, to end: Double, margin: Double = 1 / 40) {
    let finite = values.filter(\.isFinite)
    let (least, most) = (finite.min() ?? 0, finite.max() ?? 1)
    let reach = least < most ? (most - least) * margin : 0.5
    range = (least - reach)...(most + reach)
    (self.start, self.end) = (start, end)
  }

  func place(_ value: Double) -> Double {
    start + (end - start) * (value - range.lowerBound) / (range.upperBound - range.lowerBound)
  }

  /// About five multiples of 1, 2 or 5 times a power of ten.
  var ticks: [Double] {
    let rough = (range.upperBound - range.lowerBound) / 5
    let power = pow(10, log10(rough).rounded(.down))
    let step =
      power * (rough / power < 1.5 ? 1 : rough / power < 3.5 ? 2 : rough / power < 7.5 ? 5 : 10)
    let first = (range.lowerBound / step).rounded(.up)
    let last = (range.upperBound / step + 1e-9).rounded(.down)
    return first <= last ? (0...Int(last - first)).map { (first + Double($0)) * step } : []
  }
}

/// Numbers and text inside of SVG.
package enum SVGText {
  package static func number(_ value: Double) -> String { String(format: "%.4g", value) }

  static func escaped(_ text: String) -> String { HTML(text).source }

  /// A drawing that is a file of its own. On a page, the style sheet replaces the colours of paper,
  /// axes and text.
  static func file(_ title: String, width: Double, height: Double, _ content: String) -> String {
    """
    <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(number(width)) \(number(height))" \
    width="\(number(width))" font-family="sans-serif" font-size="13" class="chart" role="img" \
    aria-label="\(escaped(title))">
    <title>\(escaped(title))</title>
    <rect width="100%" height="100%" fill="#fff" class="paper"/>
    \(content)
    </svg>

    """
  }
}

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
    ) { (self.name, self.points, self.band) = (name, points, band) }
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
      parts.append("<path d=\"M\(drawn)\" fill=\"none\" stroke=\"\(color)\" stroke-width=\"2\"/>")
    }
    parts.append(
      """
      <text x="\(SVGText.number(150 * Double(index)))" y="-16" style="fill:\(color)">\
      \(SVGText.escaped(line.name))</text>
      """)
    return parts.joined(separator: "\n")
  }
}

/// Accuracy over confidence as an SVG file: a bar for each bin, the darker the more images it
/// holds, and the diagonal on which a calibrated classifier lies.
package struct ReliabilityDiagram {
  private let panels: [(name: String, calibration: Calibration)]
  private let side = 300.0
  private let margin = 52.0

  /// - Parameter panels: side by side.
  package init(_ panels: [(name: String, calibration: Calibration)]) { self.panels = panels }

  package var svg: String {
    let width = Double(panels.count) * (side + 2 * margin)
    let height = side + 2 * margin
    let drawn = panels.enumerated().map { index, panel in
      let left = Double(index) * (side + 2 * margin) + margin
      return """
        <g transform="translate(\(text(left)) \(text(margin)))">
        \(draw(panel.name, panel.calibration))
        </g>
        """
    }
    return SVGText.file(
      "Reliability diagram", width: width, height: height, drawn.joined(separator: "\n"))
  }

  private func draw(_ name: String, _ calibration: Calibration) -> String {
    let largest = Double(calibration.bins.map(\.images).max() ?? 1)
    var parts: [String] = []
    for bin in calibration.bins {
      guard let accuracy = bin.accuracy, let confidence = bin.confidence else { continue }
      let (x, width) = (bin.lower * side, (bin.upper - bin.lower) * side)
      let opacity = 0.25 + 0.75 * (Double(bin.images) / largest).squareRoot()
      parts.append(
        """
        <rect x="\(text(x))" y="\(text(side * (1 - accuracy)))" width="\(text(width - 1))" \
        height="\(text(side * accuracy))" fill="#2a6fb0" fill-opacity="\(text(opacity))">\
        <title>\(bin.images) images: confidence \(confidence.percent), accuracy \
        \(accuracy.percent)</title></rect>
        """)
    }
    let ticks = stride(from: 0.0, through: 1, by: 0.2).map { share in
      """
      <text x="\(text(share * side))" y="\(text(side + 18))" text-anchor="middle">\
      \(String(format: "%.1f", share))</text>\
      <text x="-8" y="\(text(side * (1 - share) + 4))" text-anchor="end">\
      \(String(format: "%.1f", share))</text>
      """
    }
    return """
      <text x="0" y="-28" font-weight="bold">\(SVGText.escaped(name))</text>
      <text x="0" y="-10">ECE \(calibration.expectedError.percent), Brier score \
      \(String(format: "%.3f", calibration.brierScore))</text>
      \((parts + ticks).joined(separator: "\n"))
      <path d="M0 \(text(side)) L\(text(side)) 0" stroke="#c0392b" stroke-dasharray="5 4" \
      fill="none"/>
      <path d="M0 0 V\(text(side)) H\(text(side))" stroke="#333" fill="none" class="zero"/>
      <text x="\(text(side / 2))" y="\(text(side + 38))" text-anchor="middle">confidence</text>
      <text transform="translate(-36 \(text(side / 2))) rotate(-90)" \
      text-anchor="middle">accuracy</text>
      """
  }

  private func text(_ number: Double) -> String { SVGText.number(number) }
}
