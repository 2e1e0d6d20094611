// SPDX-License-Identifier: Apache-2.0

/// Whether a prediction is right: drawn as a green tick or a red cross.
public enum Verdict: Sendable {
  case right
  case wrong

  var color: Color { self == .right ? .positive : .negative }
}

extension Image {
  /// Draws the mark of a verdict in a square of `side` pixels, as strokes with round ends.
  mutating func drawVerdict(_ verdict: Verdict, x: Int, y: Int, side: Int) {
    let strokes: [(x0: Float, y0: Float, x1: Float, y1: Float)] =
      verdict == .right
      ? [(0.10, 0.55, 0.38, 0.84), (0.38, 0.84, 0.92, 0.16)]
      : [(0.15, 0.15, 0.85, 0.85), (0.85, 0.15, 0.15, 0.85)]
    let radius = Float(side) * 0.09
    for row in 0..<side {
      for column in 0..<side {
        let (px, py) = (Float(column) + 0.5, Float(row) + 0.5)
        var coverage: Float = 0
        for stroke in strokes {
          let (x0, y0) = (stroke.x0 * Float(side), stroke.y0 * Float(side))
          let (dx, dy) = (stroke.x1 * Float(side) - x0, stroke.y1 * Float(side) - y0)
          let along = ((px - x0) * dx + (py - y0) * dy) / (dx * dx + dy * dy)
          let nearest = min(max(along, 0), 1)
          let (ex, ey) = (px - x0 - nearest * dx, py - y0 - nearest * dy)
          coverage = max(coverage, radius + 0.5 - (ex * ex + ey * ey).squareRoot())
        }
        mix(x: x + column, y: y + row, color: verdict.color, amount: coverage)
      }
    }
  }
}
