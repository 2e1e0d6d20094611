// SPDX-License-Identifier: Apache-2.0
import Foundation
package import Statistics
import Text

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
