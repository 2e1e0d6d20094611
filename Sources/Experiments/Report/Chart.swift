// SPDX-License-Identifier: Apache-2.0
import Text

/// Drawings as SVG: colours and fonts come from the page's style sheet.
enum Chart {
  /// A difference with its interval, and how it is called.
  struct Difference {
    let name: String
    let estimate: IntervalEstimate
    let isMain: Bool
  }

  /// Differences in points, one below the other, with a line at 0.
  static func intervals(_ differences: [Difference], label: String) -> HTML {
    let values = differences.map(\.estimate).flatMap { [$0.value, $0.lower, $0.upper] }
    let axis = Axis(values.map { 100 * $0 } + [0], from: 190, to: 620)
    let bottom = 10 + 26 * differences.count
    var marks = axis.lines(top: 4, bottom: bottom, zero: 0)
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
          ]),
        .element("circle", ["cx": place(estimate.value), "cy": y, "r": "5", "class": kind]),
      ]
    }
    return drawing(width: 640, height: bottom + 24, label: label, marks)
  }

  /// Two histograms of values from 0 to 1, one above and one below a line.
  static func histograms(
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
    var marks = [
      text(names.above, x: 20, y: 14), text(names.below, x: 20, y: 236),
    ]
    for index in 0..<bins {
      let x = axis.place(Double(index) / Double(bins))
      for (count, isAbove) in [(top[index], true), (bottom[index], false)] where count > 0 {
        let height = 90 * Double(count) / largest
        let bar: KeyValuePairs = [
          "x": SVGText.number(x + 1), "y": SVGText.number(isAbove ? 112 - height : 128),
          "width": "28",
          "height": SVGText.number(height), "class": isAbove ? "control" : "main",
        ]
        marks.append(.element("rect", bar, [.element("title", [:], "\(count) images")]))
      }
    }
    for tick in [0.0, 0.25, 0.5, 0.75, 1] {
      marks.append(text(SVGText.number(tick), x: axis.place(tick), y: 124, anchor: "middle"))
    }
    return drawing(width: 640, height: 244, label: label, marks)
  }

  /// Pairs of bars from 0 to 1: before and behind.
  static func bars(
    _ classes: [(name: String, before: Double, after: Double)], label: String
  ) -> HTML {
    let axis = Axis([0, 100], from: 150, to: 620)
    let bottom = 10 + 30 * classes.count
    var marks = axis.lines(top: 4, bottom: bottom, zero: 0)
    for (index, entry) in classes.enumerated() {
      let y = Double(30 * index + 12)
      marks.append(text(entry.name, x: 142, y: y + 14, anchor: "end"))
      for (value, offset, kind) in [(entry.before, 0.0, "control"), (entry.after, 10.0, "main")] {
        let width = axis.place(100 * value) - axis.place(0)
        let bar: KeyValuePairs = [
          "x": SVGText.number(axis.place(0)), "y": SVGText.number(y + offset),
          "width": SVGText.number(width),
          "height": "9", "class": kind,
        ]
        marks.append(.element("rect", bar, [.element("title", [:], value.percent)]))
      }
    }
    return drawing(width: 640, height: bottom + 24, label: label, marks)
  }

  /// Curves over the epochs.
  static func curves(_ curves: [(name: String, values: [Double])], label: String) -> HTML {
    let epochs = max(2, curves.map(\.values.count).max() ?? 2)
    let x = Axis([1, Double(epochs)], from: 60, to: 480)
    let y = Axis(curves.flatMap(\.values), from: 190, to: 16)
    var marks = y.horizontalLines(left: 60, right: 480)
    for epoch in Set([1, (1 + epochs) / 2, epochs]).sorted() {
      marks.append(text("\(epoch)", x: x.place(Double(epoch)), y: 210, anchor: "middle"))
    }
    let names = separated(curves.map { y.place($0.values.last ?? 0) + 4 }, lowest: 204)
    for (index, curve) in curves.enumerated() {
      let points = curve.values.enumerated().map {
        "\(SVGText.number(x.place(Double($0 + 1)))),\(SVGText.number(y.place($1)))"
      }
      marks.append(
        .element(
          "polyline", ["points": points.joined(separator: " "), "class": "curve curve\(index)"]))
      marks.append(text(curve.name, x: 490, y: names[index]))
    }
    return drawing(width: 640, height: 220, label: label, marks)
  }

  /// The heights of lines of text, moved so far that none covers another.
  private static func separated(_ heights: [Double], lowest: Double) -> [Double] {
    var result = heights
    var above = -Double.infinity
    let order = heights.indices.sorted { heights[$0] < heights[$1] }
    for index in order {
      result[index] = max(result[index], above + 15)
      above = result[index]
    }
    var below = lowest + 15
    for index in order.reversed() {
      result[index] = min(result[index], below - 15)
      below = result[index]
    }
    return result
  }

  static func text(
    _ text: String, x: Double, y: Double, anchor: String = "start"
  ) -> HTML {
    .element("text", ["x": SVGText.number(x), "y": SVGText.number(y), "text-anchor": anchor], text)
  }

  private static func drawing(width: Int, height: Int, label: String, _ marks: [HTML]) -> HTML {
    Report.scrolling(
      .element(
        "svg",
        [
          "viewBox": "0 0 \(width) \(height)", "role": "img", "aria-label": label,
          "class": "chart",
        ], marks), label: label)
  }
}

/// A scale that reaches a little beyond what it shows.
struct Axis {
  private let range: ClosedRange<Double>
  private let start: Double
  private let end: Double

  /// A scale for `values`, drawn from `from` to `to`.
  init(_ values: [Double], from: Double, to: Double) {
    let finite = values.filter(\.isFinite)
    let (least, most) = (finite.min() ?? 0, finite.max() ?? 1)
    let margin = max(most - least, 1e-6) / 40
    range = (least - margin)...(most + margin)
    (start, end) = (from, to)
  }

  func place(_ value: Double) -> Double {
    start + (end - start) * (value - range.lowerBound) / (range.upperBound - range.lowerBound)
  }

  private var ticks: [Double] { ChartAxes.ticks(range) }

  func lines(top: Int, bottom: Int, zero: Double) -> [HTML] {
    ticks.flatMap { tick in
      let x = SVGText.number(place(tick))
      let kind = abs(tick - zero) < 1e-9 ? "zero" : "grid"
      return [
        HTML.element(
          "line", ["x1": x, "y1": "\(top)", "x2": x, "y2": "\(bottom)", "class": kind]),
        Chart.text(
          SVGText.number(tick), x: place(tick), y: Double(bottom + 16), anchor: "middle"),
      ]
    }
  }

  func horizontalLines(left: Int, right: Int) -> [HTML] {
    ticks.flatMap { tick in
      let y = SVGText.number(place(tick))
      return [
        HTML.element(
          "line", ["x1": "\(left)", "y1": y, "x2": "\(right)", "y2": y, "class": "grid"]),
        Chart.text(
          SVGText.number(tick), x: Double(left - 8), y: place(tick) + 4, anchor: "end"),
      ]
    }
  }
}
