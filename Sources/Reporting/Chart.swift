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
          ]),
        .element("circle", ["cx": place(estimate.value), "cy": y, "r": "5", "class": kind]),
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
          "width": SVGText.number(width),
          "height": "9", "class": kind,
        ]
        marks.append(.element("rect", bar, [.element("title", [:], value.percent)]))
      }
    }
    return drawing(width: 640, height: bottom + 24, label: label, marks)
  }

  static func text(
    _ text: String, x: Double, y: Double, anchor: String = "start"
  ) -> HTML {
    .element("text", ["x": SVGText.number(x), "y": SVGText.number(y), "text-anchor": anchor], text)
  }

  private static func drawing(width: Int, height: Int, label: String, _ marks: [HTML]) -> HTML {
    HTML.scrolling(
      .element(
        "svg",
        [
          "viewBox": "0 0 \(width) \(height)", "role": "img", "aria-label": label,
          "class": "chart",
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
