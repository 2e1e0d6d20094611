// SPDX-License-Identifier: Apache-2.0
import Foundation

/// Lines over two axes, as SVG.
public struct LineChart {
  public struct Line {
    public var name: String
    public var points: [(x: Double, y: Double)]
    /// Below and above each point, such as an interval.
    public var band: [(lower: Double, upper: Double)]?

    public init(
      _ name: String, _ points: [(x: Double, y: Double)],
      band: [(lower: Double, upper: Double)]? = nil
    ) {
      self.name = name
      self.points = points
      self.band = band
    }
  }

  public var title: String
  public var xLabel: String
  public var yLabel: String
  /// Whether heights are powers of ten; points that are not above 0 are left out.
  public var isLogarithmic = false
  public var lines: [Line]

  /// Colour-blind-safe (Okabe & Ito).
  private static let colors = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"]
  private let width = 520.0
  private let height = 300.0
  private let margin = 64.0

  public init(
    _ title: String, xLabel: String, yLabel: String, isLogarithmic: Bool = false, _ lines: [Line]
  ) {
    self.title = title
    self.xLabel = xLabel
    self.yLabel = yLabel
    self.isLogarithmic = isLogarithmic
    self.lines = lines
  }

  public var svg: String {
    let axes = ChartAxes(
      x: range(lines.flatMap { $0.points.map(\.x) }), y: yRange, width: width, height: height)
    let drawn = lines.enumerated().map { index, line in
      draw(line, Self.colors[index % Self.colors.count], index, axes)
    }
    return """
      <svg xmlns="http://www.w3.org/2000/svg" \
      viewBox="0 0 \(SVGText.number(width + 2 * margin)) \(SVGText.number(height + 2 * margin))" \
      width="\(SVGText.number(width + 2 * margin))" font-family="sans-serif" font-size="13" \
      role="img" aria-label="\(SVGText.escaped(title))">
      <title>\(SVGText.escaped(title))</title>
      <rect width="100%" height="100%" fill="#fff"/>
      <g transform="translate(\(SVGText.number(margin)) \(SVGText.number(margin)))">
      <text x="0" y="-40" font-weight="bold">\(SVGText.escaped(title))</text>
      \(axes.svg(xLabel: xLabel, yLabel: yLabel, isLogarithmic: isLogarithmic))
      \(drawn.joined(separator: "\n"))
      </g>
      </svg>

      """
  }

  /// A height as it is drawn; `nil` where it cannot be.
  private func drawn(_ y: Double) -> Double? {
    isLogarithmic ? (y > 0 ? log10(y) : nil) : y
  }

  private var yRange: ClosedRange<Double> {
    range(
      lines.flatMap { line in
        line.points.map(\.y) + (line.band ?? []).flatMap { [$0.lower, $0.upper] }
      }.compactMap(drawn))
  }

  private func range(_ values: [Double]) -> ClosedRange<Double> {
    let (least, most) = (values.min() ?? 0, values.max() ?? 1)
    return least < most ? least...most : least - 0.5...least + 0.5
  }

  private func draw(_ line: Line, _ color: String, _ index: Int, _ axes: ChartAxes) -> String {
    func place(_ x: Double, _ y: Double) -> String? {
      drawn(y).map { "\(SVGText.number(axes.left(of: x))) \(SVGText.number(axes.top(of: $0)))" }
    }
    var parts: [String] = []
    if let band = line.band {
      let pairs = zip(line.points, band)
      let outline =
        pairs.compactMap { place($0.x, $1.upper) }
        + pairs.compactMap { place($0.x, $1.lower) }.reversed()
      parts.append(
        "<path d=\"M\(outline.joined(separator: " L"))Z\" fill=\"\(color)\" fill-opacity=\"0.15\"/>"
      )
    }
    let path = line.points.compactMap { place($0.x, $0.y) }.joined(separator: " L")
    if !path.isEmpty {
      parts.append(
        "<path d=\"M\(path)\" fill=\"none\" stroke=\"\(color)\" stroke-width=\"2\"/>")
    }
    parts.append(
      """
      <text x="\(SVGText.number(150 * Double(index)))" y="-16" fill="\(color)">\
      \(SVGText.escaped(line.name))</text>
      """)
    return parts.joined(separator: "\n")
  }
}
