// SPDX-License-Identifier: Apache-2.0
package import Imaging
import Kernels

/// A blue that pales towards the horizon, with soft clouds.
struct SkyTexture: SceneTexture {
  private let noise: ValueNoise
  private let zenith: SceneColor
  private let horizon: SceneColor
  private let cover: Float

  init(using random: inout RandomGenerator) {
    noise = ValueNoise(using: &random)
    zenith = .random(hue: 0.54..<0.62, saturation: 0.5..<0.8, value: 0.7..<0.95, using: &random)
    horizon = zenith.mixed(with: .white, 0.6)
    cover = random.uniform(0.42..<0.6)
  }

  @inline(__always) func color(at point: Point, pixel: Float) -> SceneColor {
    let sky = zenith.mixed(with: horizon, point.y)
    let puff = noise.twoOctaves(3 * point.x, 6 * point.y)
    return sky.mixed(with: .white, 0.9 * ExactArithmetic.smoothStep(cover, cover + 0.22, puff))
  }
}

/// Rows of waves whose crests bend and catch the light.
struct WaterTexture: SceneTexture {
  private let noise: ValueNoise
  private let deep: SceneColor
  private let crest: SceneColor
  private let rows: Float

  init(using random: inout RandomGenerator) {
    noise = ValueNoise(using: &random)
    deep = .random(hue: 0.48..<0.6, saturation: 0.65..<0.95, value: 0.35..<0.65, using: &random)
    crest = deep.mixed(with: .white, 0.55)
    rows = random.uniform(4.5..<7.5)
  }

  @inline(__always) func color(at point: Point, pixel: Float) -> SceneColor {
    let bend = 1.3 * noise.smooth(4 * point.x, 3 * point.y)
    let wave = ExactArithmetic.sine(turns: rows * point.y + bend)
    return deep.mixed(with: crest, ExactArithmetic.smoothStep(-0.2, 1.1, wave))
  }
}

/// Pebbles of differing greys, one somewhere in each cell of a grid, darker where they meet.
struct GravelTexture: SceneTexture {
  private let noise: ValueNoise
  private let stone: SceneColor
  private let cells: Float

  init(using random: inout RandomGenerator) {
    noise = ValueNoise(using: &random)
    stone = .random(hue: 0..<1, saturation: 0.02..<0.12, value: 0.6..<0.8, using: &random)
    cells = random.uniform(5.5..<8)
  }

  @inline(__always) func color(at point: Point, pixel: Float) -> SceneColor {
    let position = point * cells
    let (column, row) = (Int(position.x), Int(position.y))
    var nearest: Float = 9
    var second: Float = 9
    var tone: Float = 0
    for y in row - 1...row + 1 {
      for x in column - 1...column + 1 {
        let middle = Point(
          Float(x) + 0.15 + 0.7 * noise.value(x, y),
          Float(y) + 0.15 + 0.7 * noise.value(y, x, salt: 1))
        let gap = position - middle
        let distance = gap.x * gap.x + gap.y * gap.y
        if distance < nearest {
          second = nearest
          nearest = distance
          tone = noise.value(x, y, salt: 2)
        } else if distance < second {
          second = distance
        }
      }
    }
    let rim = ExactArithmetic.smoothStep(0, 0.35, second.squareRoot() - nearest.squareRoot())
    return stone.lit(by: (0.6 + 0.65 * tone) * (0.5 + 0.5 * rim))
  }
}

/// A floor or a tablecloth of squares in two colours, laid at any angle.
struct CheckerTexture: SceneTexture {
  private let light: SceneColor
  private let dark: SceneColor
  private let axis: Point
  private let offset: Point
  private let squares: Float

  init(using random: inout RandomGenerator) {
    light = .pale(using: &random)
    dark = .random(hue: 0..<1, saturation: 0.3..<0.8, value: 0.35..<0.8, using: &random)
    squares = random.uniform(4..<6.5)
    let turns = random.uniform(-0.125..<0.125)
    axis = Point(ExactArithmetic.cosine(turns: turns), ExactArithmetic.sine(turns: turns))
    offset = Point(random.uniform(), random.uniform())
  }

  @inline(__always) func color(at point: Point, pixel: Float) -> SceneColor {
    let u = squares * (axis.x * point.x + axis.y * point.y) + offset.x
    let v = squares * (axis.x * point.y - axis.y * point.x) + offset.y
    let edge = squares * pixel
    return light.mixed(with: dark, 0.5 + 0.5 * stripe(u, edge: edge) * stripe(v, edge: edge))
  }

  /// 1 and −1 in turn over each unit of `position`, with a ramp of width `edge` in between.
  @inline(__always) private func stripe(_ position: Float, edge: Float) -> Float {
    let half = position * 0.5
    let phase = 2 * (half - half.rounded(.down))  // [0, 2)
    let toEdge = min(phase, abs(phase - 1), 2 - phase)
    let height = min(1, 2 * toEdge / edge)
    return phase < 1 ? height : -height
  }
}

/// Soft ripples of the wind with grains over them.
struct SandTexture: SceneTexture {
  private let noise: ValueNoise
  private let sand: SceneColor
  private let lean: Float
  private let ripples: Float

  init(using random: inout RandomGenerator) {
    noise = ValueNoise(using: &random)
    sand = .random(hue: 0.09..<0.13, saturation: 0.3..<0.5, value: 0.8..<0.95, using: &random)
    lean = random.uniform(-0.5..<0.5)
    ripples = random.uniform(2..<3.5)
  }

  @inline(__always) func color(at point: Point, pixel: Float) -> SceneColor {
    let bend = noise.smooth(2 * point.x, 2 * point.y)
    let ripple = ExactArithmetic.sine(turns: ripples * (point.y + lean * point.x) + bend)
    let grain = noise.value(Int(48 * point.x), Int(48 * point.y), salt: 1)
    return sand.lit(by: 0.9 + 0.07 * ripple + 0.16 * (grain - 0.5))
  }
}

/// Courses of bricks, each a little different, with light mortar in between.
struct BrickTexture: SceneTexture {
  private let noise: ValueNoise
  private let clay: SceneColor
  private let mortar: SceneColor
  private let courses: Float
  private let offset: Point

  init(using random: inout RandomGenerator) {
    noise = ValueNoise(using: &random)
    clay = .random(hue: 0..<0.06, saturation: 0.5..<0.75, value: 0.5..<0.75, using: &random)
    mortar = .random(hue: 0.05..<0.15, saturation: 0..<0.15, value: 0.7..<0.85, using: &random)
    courses = random.uniform(4.5..<7)
    offset = Point(random.uniform(), random.uniform())
  }

  @inline(__always) func color(at point: Point, pixel: Float) -> SceneColor {
    let y = courses * point.y + offset.y
    let course = y.rounded(.down)
    let row = Int(course)
    let x = courses * 0.45 * point.x + offset.x + (row.isMultiple(of: 2) ? 0.5 : 0)
    let column = x.rounded(.down)
    let (u, v) = (x - column, y - course)
    // Distance to the brick's edge in heights of a course; bricks are 1 / 0.45 as long as high.
    let toEdge = min(min(u, 1 - u) / 0.45, min(v, 1 - v))
    let edge = courses * pixel
    let isBrick = ExactArithmetic.smoothStep(0.09 - 0.5 * edge, 0.09 + 0.5 * edge, toEdge)
    let tone = 0.8 + 0.4 * noise.value(Int(column), row)
    return mortar.mixed(with: clay.lit(by: tone), isBrick)
  }
}

/// Planks from side to side with a long grain and dark joints.
struct WoodTexture: SceneTexture {
  private let noise: ValueNoise
  private let wood: SceneColor
  private let planks: Float
  private let offset: Float

  init(using random: inout RandomGenerator) {
    noise = ValueNoise(using: &random)
    wood = .random(hue: 0.06..<0.1, saturation: 0.45..<0.7, value: 0.5..<0.8, using: &random)
    planks = random.uniform(3..<5)
    offset = random.uniform()
  }

  @inline(__always) func color(at point: Point, pixel: Float) -> SceneColor {
    let y = planks * point.y + offset
    let plank = y.rounded(.down)
    let tone = noise.value(Int(plank), 7, salt: 1)
    let grain = noise.twoOctaves(2.5 * point.x + 9 * plank, 5 * y)
    let rings = ExactArithmetic.sine(turns: 3 * grain + 0.6 * point.x)
    let toJoint = min(y - plank, plank + 1 - y) / planks
    let joint = ExactArithmetic.smoothStep(0, max(0.02, pixel), toJoint)
    return wood.lit(by: (0.85 + 0.25 * tone + 0.1 * rings) * (0.5 + 0.5 * joint))
  }
}

/// Dark trunks before the green light between them.
struct ForestTexture: SceneTexture {
  private let noise: ValueNoise
  private let light: SceneColor
  private let bark: SceneColor
  private let trunks: Float

  init(using random: inout RandomGenerator) {
    noise = ValueNoise(using: &random)
    light = .random(hue: 0.24..<0.36, saturation: 0.45..<0.75, value: 0.5..<0.75, using: &random)
    bark = .random(hue: 0.05..<0.12, saturation: 0.3..<0.55, value: 0.16..<0.28, using: &random)
    trunks = random.uniform(4..<7)
  }

  @inline(__always) func color(at point: Point, pixel: Float) -> SceneColor {
    let leaves = noise.twoOctaves(7 * point.x, 7 * point.y)
    let x = trunks * point.x + 0.25 * noise.smooth(2 * point.x, 3 * point.y)
    let cell = x.rounded(.down)
    let column = Int(cell)
    let middle = 0.3 + 0.4 * noise.value(column, 1, salt: 1)
    let halfWidth = 0.12 + 0.16 * noise.value(column, 2, salt: 1)
    let edge = max(trunks * pixel, 0.08)
    let isTrunk = ExactArithmetic.smoothStep(
      halfWidth + edge, halfWidth - edge, abs(x - cell - middle))
    let between = light.lit(by: (0.45 + 0.7 * leaves) * (1.1 - 0.5 * point.y))
    return between.mixed(with: bark.lit(by: 0.7 + 0.6 * leaves), isTrunk)
  }
}

/// A dark sky that glows a little at the horizon, with points of light.
struct NightTexture: SceneTexture {
  private let noise: ValueNoise
  private let zenith: SceneColor
  private let horizon: SceneColor
  private let cells: Float

  init(using random: inout RandomGenerator) {
    noise = ValueNoise(using: &random)
    zenith = .random(hue: 0.6..<0.74, saturation: 0.6..<0.9, value: 0.1..<0.22, using: &random)
    horizon = .random(hue: 0.6..<0.85, saturation: 0.4..<0.7, value: 0.25..<0.45, using: &random)
    cells = random.uniform(6..<9)
  }

  @inline(__always) func color(at point: Point, pixel: Float) -> SceneColor {
    let sky = zenith.mixed(with: horizon, point.y * point.y)
    let position = point * cells
    let (column, row) = (Int(position.x), Int(position.y))
    let brightness = noise.value(column, row, salt: 2)
    guard brightness > 0.55 else { return sky }
    let middle = Point(
      Float(column) + 0.3 + 0.4 * noise.value(column, row),
      Float(row) + 0.3 + 0.4 * noise.value(column, row, salt: 1))
    let radius = max(0.1, 0.6 * cells * pixel)
    let distance = SignedDistance.length(position - middle)
    let glow = ExactArithmetic.smoothStep(radius * 1.6, 0, distance)
    return sky.mixed(with: SceneColor(1, 0.97, 0.85), glow * brightness)
  }
}

/// Upright blades in light and dark over patches of differing green.
struct GrassTexture: SceneTexture {
  private let noise: ValueNoise
  private let green: SceneColor
  private let straw: SceneColor

  init(using random: inout RandomGenerator) {
    noise = ValueNoise(using: &random)
    green = .random(hue: 0.22..<0.34, saturation: 0.55..<0.85, value: 0.45..<0.7, using: &random)
    straw = .random(hue: 0.14..<0.2, saturation: 0.5..<0.7, value: 0.7..<0.9, using: &random)
  }

  @inline(__always) func color(at point: Point, pixel: Float) -> SceneColor {
    let lean = 0.4 * point.y
    let blade = noise.smooth(26 * (point.x + 0.15 * lean), 6 * point.y)
    let patch = noise.smooth(3 * point.x, 3 * point.y)
    return green.mixed(with: straw, 0.35 * patch * patch).lit(by: 0.6 + 0.75 * blade)
  }
}

/// Veins of one colour in another: behind no class, in tests only.
struct MarbleTexture: SceneTexture {
  private let noise: ValueNoise
  private let ground: SceneColor
  private let vein: SceneColor
  private let axis: Point
  private let veins: Float

  init(using random: inout RandomGenerator) {
    noise = ValueNoise(using: &random)
    ground = .random(hue: 0..<1, saturation: 0..<0.9, value: 0.3..<1, using: &random)
    vein = .random(hue: 0..<1, saturation: 0..<0.9, value: 0..<1, using: &random)
    let turns = random.uniform()
    axis = Point(ExactArithmetic.cosine(turns: turns), ExactArithmetic.sine(turns: turns))
    veins = random.uniform(1..<4)
  }

  @inline(__always) func color(at point: Point, pixel: Float) -> SceneColor {
    let along = axis.x * point.x + axis.y * point.y
    let bend = 1.5 * noise.twoOctaves(4 * point.x, 4 * point.y)
    return ground.mixed(with: vein, 0.5 + 0.5 * ExactArithmetic.sine(turns: veins * along + bend))
  }
}

extension Image {
  /// A square of marble, drawn from `seed`.
  package static func marble(size: Int, seed: UInt64) -> Image {
    var random = RandomGenerator(seed: seed)
    let texture = MarbleTexture(using: &random)
    return Image(
      width: size, height: size,
      pixels: SceneBackground.paint(texture, size: size).flatMap { color in
        (0..<3).map { UInt8(min(max(color.channels[$0], 0), 1) * 255 + 0.5) }
      })
  }
}
