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
        brush.paint(pixels) {
          SignedDistance.box($0 - center, halfSize: halfSize, corner: corner)
        }
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
    let color = SceneColor.random(
      hue: 0..<1, saturation: 0..<0.9, value: 0.2..<1, using: &random)
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
    for layer in layers {
      canvas.fill(layer.shape, with: layer.color, at: placement)
    }
  }
}
