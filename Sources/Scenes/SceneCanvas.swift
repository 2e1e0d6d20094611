// SPDX-License-Identifier: Apache-2.0
import Kernels

/// Where a drawing's unit square lies in the picture.
struct Placement: Sendable {
  /// In pixels from the picture's upper left corner.
  var center: Point
  var pixelsPerUnit: Float
  var cosine: Float
  var sine: Float
  var isMirrored: Bool
}

/// A transparent canvas on which shapes are painted over one another with smooth edges.
struct SceneCanvas {
  let size: Int
  /// Red, green and blue, premultiplied, and the opacity.
  private(set) var pixels: [SIMD4<Float>]

  init(size: Int) {
    self.size = size
    pixels = [SIMD4<Float>](repeating: .zero, count: size * size)
  }

  /// Multiplies each pixel's colour by `factor(x, y)` of its middle, in pixels.
  @inline(__always) mutating func mapColors(_ factor: (Float, Float) -> Float) {
    for index in pixels.indices where pixels[index].w > 0 {
      let (row, column) = index.quotientAndRemainder(dividingBy: size)
      let strength = factor(Float(column) + 0.5, Float(row) + 0.5)
      pixels[index] *= SIMD4(strength, strength, strength, 1)
    }
  }

  /// Paints `shape`, grown outwards by `margin`, over what is there.
  mutating func fill(
    _ shape: Shape, grownBy margin: Float = 0, with color: SceneColor, at placement: Placement
  ) {
    let brush = Brush(
      placement: placement, bounds: shape.bounds, margin: margin, canvasSize: size, color: color)
    pixels.withUnsafeMutableBufferPointer { pixels in
      switch shape {
      case .circle(let center, let radius):
        brush.paint(pixels) { SignedDistance.length($0 - center) - radius }
      case .ellipse(let center, let radii):
        brush.paint(pixels) { SignedDistance.ellipse($0 - center, radii: radii) }
      case .dome(let center, let radii):
        brush.paint(pixels) {
          max(SignedDistance.ellipse($0 - center, radii: radii), $0.y - center.y)
        }
      case .ring(let center, let radius, let halfWidth):
        brush.paint(pixels) { abs(SignedDistance.length($0 - center) - radius) - halfWidth }
      case .box(let center, let halfSize, let corner):
        brush.paint(pixels) { SignedDistance.box($0 - center, halfSize: halfSize, corner: corner) }
      case .capsule(let start, let end, let radius):
        brush.paint(pixels) { SignedDistance.segment($0, start, end) - radius }
      case .polygon(let corners, let rounding):
        corners.withUnsafeBufferPointer { corners in
          brush.paint(pixels) { SignedDistance.polygon($0, corners) - rounding }
        }
      }
    }
  }
}

/// One shape's pixels, and how they are mapped into the drawing.
private struct Brush {
  let placement: Placement
  let margin: Float
  let canvasSize: Int
  let ink: SIMD4<Float>
  let columns: Range<Int>
  let rows: Range<Int>

  init(
    placement: Placement, bounds: (center: Point, halfSize: Point), margin: Float, canvasSize: Int,
    color: SceneColor
  ) {
    (self.placement, self.margin, self.canvasSize) = (placement, margin, canvasSize)
    ink = SIMD4(color.channels, 1)
    let scale = placement.pixelsPerUnit
    let x = placement.isMirrored ? -bounds.center.x : bounds.center.x
    let y = bounds.center.y
    let half = bounds.halfSize + margin
    let (cosine, sine) = (placement.cosine, placement.sine)
    columns = Self.span(
      middle: placement.center.x + scale * (cosine * x - sine * y),
      reach: scale * (abs(cosine) * half.x + abs(sine) * half.y), limit: canvasSize)
    rows = Self.span(
      middle: placement.center.y + scale * (sine * x + cosine * y),
      reach: scale * (abs(sine) * half.x + abs(cosine) * half.y), limit: canvasSize)
  }

  private static func span(middle: Float, reach: Float, limit: Int) -> Range<Int> {
    let end = Float(limit)
    let low = min(max(middle - reach - 1, 0), end)
    let high = min(max(middle + reach + 2, low), end)
    return Int(low)..<Int(high)
  }

  /// Blends the ink over each pixel by its coverage, ½ − distance in pixels.
  @inline(__always) func paint(
    _ pixels: UnsafeMutableBufferPointer<SIMD4<Float>>, _ distance: (Point) -> Float
  ) {
    let scale = placement.pixelsPerUnit
    let (cosine, sine) = (placement.cosine / scale, placement.sine / scale)
    let mirror: Float = placement.isMirrored ? -1 : 1
    for row in rows {
      let y = Float(row) + 0.5 - placement.center.y
      for column in columns {
        let x = Float(column) + 0.5 - placement.center.x
        let point = Point(mirror * (cosine * x + sine * y), cosine * y - sine * x)
        let coverage = ExactArithmetic.clamped(0.5 - (distance(point) - margin) * scale)
        let index = row * canvasSize + column
        pixels[index] = ink * coverage + pixels[index] * (1 - coverage)
      }
    }
  }
}

extension SceneCanvas {
  /// Makes the object brighter towards the light, and darker beyond a shadow's edge.
  mutating func shade(by light: SceneLight, at placement: Placement) {
    let toLight = Point(
      ExactArithmetic.cosine(turns: light.direction), ExactArithmetic.sine(turns: light.direction))
    let pixelsPerUnit = placement.pixelsPerUnit
    mapColors { x, y in
      let along =
        ((x - placement.center.x) * toLight.x + (y - placement.center.y) * toLight.y)
        / pixelsPerUnit
      var factor = 1 + light.modelling * along
      if let edge = light.shadowEdge {
        factor *= 0.5 + 0.5 * ExactArithmetic.smoothStep(edge - 0.1, edge + 0.1, along)
      }
      return factor
    }
  }

  /// Adds a small distractor, an oval or a box of any colour anywhere.
  mutating func addBlob(using random: inout RandomGenerator) {
    let color = SceneColor.random(hue: 0..<1, saturation: 0..<0.9, value: 0.2..<1, using: &random)
    let side = Float(size)
    let turns = random.uniform()
    let placement = Placement(
      center: Point(random.uniform(), random.uniform()) * side,
      pixelsPerUnit: random.uniform(0.03..<0.09) * side,
      cosine: ExactArithmetic.cosine(turns: turns), sine: ExactArithmetic.sine(turns: turns),
      isMirrored: false)
    let height = random.uniform(0.4..<1)
    let shape: Shape =
      random.uniform() < 0.5
      ? .ellipse(.zero, radii: Point(1, height)) : .box(.zero, halfSize: Point(1, height))
    fill(shape, with: color, at: placement)
  }
}

/// An object made of shapes in the square [−1, 1]², y downwards, from the bottom layer to the top.
struct Drawing: Sendable {
  struct Layer: Sendable {
    let shape: Shape
    let color: SceneColor
    /// Whether the object's outline runs around it; details lie inside other layers.
    let isOutlined: Bool
  }

  private(set) var layers: [Layer] = []

  /// Adds a part of the silhouette.
  mutating func add(_ shape: Shape, _ color: SceneColor) {
    layers.append(Layer(shape: shape, color: color, isOutlined: true))
  }

  /// Adds a detail inside of the parts that are there.
  mutating func addDetail(_ shape: Shape, _ color: SceneColor) {
    layers.append(Layer(shape: shape, color: color, isOutlined: false))
  }

  /// Paints the outline of all parts together, then the layers over it.
  func paint(
    on canvas: inout SceneCanvas, at placement: Placement, outline: SceneColor, outlineWidth: Float
  ) {
    for layer in layers where layer.isOutlined {
      canvas.fill(layer.shape, grownBy: outlineWidth, with: outline, at: placement)
    }
    for layer in layers { canvas.fill(layer.shape, with: layer.color, at: placement) }
  }
}

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

  /// A star of five points around `center`, one of them upwards.
  static func star(_ center: Point, radius: Float, innerRadius: Float, rounding: Float) -> Shape {
    .polygon(
      (0..<10).map { corner in
        let turns = Float(corner) / 10 - 0.25
        let reach = corner.isMultiple(of: 2) ? radius : innerRadius
        return center + reach
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
    case .capsule(let start, let end, let radius): Self.bounds(of: [start, end], grownBy: radius)
    case .polygon(let corners, let rounding): Self.bounds(of: corners, grownBy: rounding)
    }
  }

  private static func bounds(of points: [Point], grownBy margin: Float) -> (
    center: Point, halfSize: Point
  ) {
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
