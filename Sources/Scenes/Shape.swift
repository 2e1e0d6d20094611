// SPDX-License-Identifier: Apache-2.0

typealias Point = SIMD2<Float>

/// A shape, defined by the signed distance from its outline, negative inside, in units of the
/// drawing.
///
/// Formulas: Quilez, "2D distance functions", https://iquilezles.org/articles/distfunctions2d.
/// Distances to ellipses and domes are first-order approximations, accurate near the outline.
enum Shape: Sendable {
  case circle(Point, radius: Float)
  case ellipse(Point, radii: Point)
  /// The upper half of an ellipse, cut at the height of its centre.
  case dome(Point, radii: Point)
  case ring(Point, radius: Float, halfWidth: Float)
  case box(Point, halfSize: Point, corner: Float = 0)
  case capsule(Point, Point, radius: Float)
  /// A simple polygon, with corners rounded outwards by `rounding`.
  case polygon([Point], rounding: Float = 0)
}

extension Shape {
  /// A star of five points around `center`, one of them upwards.
  static func star(_ center: Point, radius: Float, innerRadius: Float, rounding: Float) -> Shape {
    .polygon(
      (0..<10).map { corner in
        let turns = Float(corner) / 10 - 0.25
        let reach = corner.isMultiple(of: 2) ? radius : innerRadius
        return center
          + reach
          * Point(ExactArithmetic.cosine(turns: turns), ExactArithmetic.sine(turns: turns))
      }, rounding: rounding)
  }

  /// The middle and half the size of the smallest upright box around the shape.
  var bounds: (center: Point, halfSize: Point) {
    switch self {
    case .circle(let center, let radius): (center, Point(radius, radius))
    case .ellipse(let center, let radii), .dome(let center, let radii): (center, radii)
    case .ring(let center, let radius, let halfWidth):
      (center, Point(radius + halfWidth, radius + halfWidth))
    case .box(let center, let halfSize, _): (center, halfSize)
    case .capsule(let start, let end, let radius):
      Self.bounds(of: [start, end], grownBy: radius)
    case .polygon(let corners, let rounding): Self.bounds(of: corners, grownBy: rounding)
    }
  }

  private static func bounds(
    of points: [Point], grownBy margin: Float
  ) -> (center: Point, halfSize: Point) {
    var low = points[0]
    var high = points[0]
    for point in points {
      low = pointwiseMin(low, point)
      high = pointwiseMax(high, point)
    }
    return ((low + high) / 2, (high - low) / 2 + margin)
  }
}

/// The distances of `Shape`'s cases.
enum SignedDistance {
  @inline(__always) static func length(_ vector: Point) -> Float {
    (vector.x * vector.x + vector.y * vector.y).squareRoot()
  }

  @inline(__always) static func ellipse(_ point: Point, radii: Point) -> Float {
    let scaled = point / radii
    let reach = length(scaled)
    let slope = length(scaled / radii)
    return slope > 1e-6 ? reach * (reach - 1) / slope : -min(radii.x, radii.y)
  }

  @inline(__always) static func box(_ point: Point, halfSize: Point, corner: Float) -> Float {
    let x = abs(point.x) - halfSize.x + corner
    let y = abs(point.y) - halfSize.y + corner
    return length(Point(max(x, 0), max(y, 0))) + min(max(x, y), 0) - corner
  }

  @inline(__always) static func segment(_ point: Point, _ start: Point, _ end: Point) -> Float {
    let along = end - start
    let offset = point - start
    let share = ExactArithmetic.clamped(
      (offset.x * along.x + offset.y * along.y) / (along.x * along.x + along.y * along.y))
    return length(offset - along * share)
  }

  /// Distance to the nearest edge, with the sign by counting the edges that a ray crosses.
  @inline(__always) static func polygon(
    _ point: Point, _ corners: UnsafeBufferPointer<Point>
  ) -> Float {
    var nearest = Float.infinity
    var isInside = false
    var previous = corners[corners.count - 1]
    for corner in corners {
      let edge = previous - corner
      let offset = point - corner
      let share = ExactArithmetic.clamped(
        (offset.x * edge.x + offset.y * edge.y) / (edge.x * edge.x + edge.y * edge.y))
      let gap = offset - edge * share
      nearest = min(nearest, gap.x * gap.x + gap.y * gap.y)
      let isBelow = point.y >= corner.y
      if isBelow != (point.y >= previous.y) {
        let side = edge.x * offset.y - edge.y * offset.x
        if (side < 0) == (edge.y < 0) { isInside.toggle() }
      }
      previous = corner
    }
    return isInside ? -nearest.squareRoot() : nearest.squareRoot()
  }
}
