// SPDX-License-Identifier: Apache-2.0
import Kernels

/// What a scene shows: its class. The raw value is the label; the order is alphabetical, as that of
/// folders is.
public enum SceneObject: Int, CaseIterable, Codable, Sendable {
  case bird, boat, car, cup, fish, house, key, mushroom, star, tree

  /// The class's name, as folders and label lists write it.
  public var name: String { "\(self)" }

  /// Where the class belongs: the background with the same raw value.
  public var ownBackground: SceneBackground { SceneBackground(rawValue: rawValue) ?? .sky }

  /// One specimen, its proportions and colours drawn from `random`.
  func drawing(using random: inout RandomGenerator) -> Drawing {
    switch self {
    case .bird: .bird(using: &random)
    case .boat: .boat(using: &random)
    case .car: .car(using: &random)
    case .cup: .cup(using: &random)
    case .fish: .fish(using: &random)
    case .house: .house(using: &random)
    case .key: .key(using: &random)
    case .mushroom: .mushroom(using: &random)
    case .star: .star(using: &random)
    case .tree: .tree(using: &random)
    }
  }
}

extension Drawing {
  /// Standing, seen from the side: head with beak, a wing, a tail, two legs.
  static func bird(using random: inout RandomGenerator) -> Drawing {
    let plumage = SceneColor.paint(using: &random)
    let belly = plumage.mixed(with: .white, random.uniform(0.3..<0.7))
    let wing = random.uniform() < 0.5 ? plumage.lit(by: 0.6) : SceneColor.paint(using: &random)
    let horn = SceneColor.random(
      hue: 0.06..<0.14, saturation: 0.75..<0.95, value: 0.85..<1, using: &random)
    let tailTip = random.uniform(-0.42 ..< -0.1)
    var bird = Drawing()
    for x: Float in [-0.08, 0.16] {
      bird.add(.capsule(Point(x, 0.4), Point(x, 0.88), radius: 0.05), horn)
      bird.add(.capsule(Point(x, 0.9), Point(x + 0.16, 0.9), radius: 0.045), horn)
    }
    bird.add(
      .polygon(
        [Point(-0.3, 0), Point(-0.95, tailTip), Point(-0.93, tailTip + 0.28), Point(-0.3, 0.34)],
        rounding: 0.03), wing)
    bird.add(.polygon([Point(0.66, -0.62), Point(0.98, -0.46), Point(0.66, -0.34)]), horn)
    bird.add(.ellipse(Point(0, 0.12), radii: Point(0.56, 0.42)), plumage)
    bird.add(
      .polygon([Point(0.1, -0.25), Point(0.3, -0.5), Point(0.6, -0.3), Point(0.45, 0.2)]), plumage)
    bird.add(.circle(Point(0.45, -0.5), radius: 0.3), plumage)
    bird.addDetail(.ellipse(Point(0.2, 0.26), radii: Point(0.3, 0.22)), belly)
    bird.addDetail(
      .polygon([Point(0.2, -0.04), Point(-0.62, 0.1), Point(0, 0.34)], rounding: 0.05), wing)
    bird.addDetail(.circle(Point(0.52, -0.55), radius: 0.11), .white)
    bird.addDetail(.circle(Point(0.54, -0.55), radius: 0.06), .ink)
    return bird
  }

  /// A hull under a mast with a boom and two sails.
  static func boat(using random: inout RandomGenerator) -> Drawing {
    let hull = SceneColor.paint(using: &random).lit(by: 0.85)
    let sail =
      random.uniform() < 0.6 ? SceneColor.pale(using: &random) : SceneColor.paint(using: &random)
    let jib = random.uniform() < 0.5 ? sail.lit(by: 0.85) : SceneColor.paint(using: &random)
    let reach = random.uniform(0.62..<0.82)
    let deck: Float = 0.4
    var boat = Drawing()
    let wood = SceneColor(0.4, 0.28, 0.18)
    boat.add(.capsule(Point(0, -0.93), Point(0, deck), radius: 0.05), wood)
    boat.add(.capsule(Point(-reach * 0.8, 0.31), Point(reach, 0.31), radius: 0.05), wood)
    boat.add(
      .polygon([Point(0.09, -0.88), Point(0.09, 0.24), Point(reach, 0.24)], rounding: 0.02), sail)
    boat.add(
      .polygon(
        [Point(-0.09, -0.6), Point(-0.09, 0.24), Point(-reach * 0.8, 0.24)], rounding: 0.02), jib)
    boat.add(
      .polygon([Point(-0.97, deck), Point(0.97, deck), Point(0.62, 0.86), Point(-0.68, 0.86)]), hull
    )
    boat.addDetail(.box(Point(0, deck + 0.13), halfSize: Point(0.78, 0.055)), .white)
    return boat
  }

  /// Seen from the side: two wheels, a cabin with two windows, a head lamp.
  static func car(using random: inout RandomGenerator) -> Drawing {
    let paint = SceneColor.paint(using: &random)
    let glass = SceneColor(0.78, 0.9, 0.97)
    let tyre = SceneColor(0.13, 0.13, 0.15)
    let roof = random.uniform(-0.62 ..< -0.42)
    let rear = random.uniform(-0.8 ..< -0.5)
    let wheel = random.uniform(0.22..<0.28)
    var car = Drawing()
    car.add(
      .polygon(
        [Point(rear, 0), Point(-0.4, roof), Point(0.25, roof), Point(0.58, 0)], rounding: 0.04),
      paint.lit(by: 0.92))
    car.add(.box(Point(0, 0.2), halfSize: Point(0.97, 0.27), corner: 0.14), paint)
    car.addDetail(
      .polygon([
        Point(rear + 0.2, 0), Point(-0.33, roof + 0.09), Point(-0.1, roof + 0.09), Point(-0.1, 0),
      ]), glass)
    car.addDetail(
      .polygon([Point(0.02, 0), Point(0.02, roof + 0.09), Point(0.2, roof + 0.09), Point(0.42, 0)]),
      glass)
    car.addDetail(.box(Point(0, 0.2), halfSize: Point(0.9, 0.04)), paint.lit(by: 0.7))
    for x: Float in [-0.52, 0.52] {
      car.add(.circle(Point(x, 0.46), radius: wheel), tyre)
      car.addDetail(.circle(Point(x, 0.46), radius: wheel * 0.45), SceneColor(0.75, 0.75, 0.78))
    }
    car.addDetail(.circle(Point(0.87, 0.13), radius: 0.1), SceneColor(1, 0.92, 0.5))
    return car
  }

  /// A mug with a handle, filled to below its rim, with a band of another colour.
  static func cup(using random: inout RandomGenerator) -> Drawing {
    let glaze =
      random.uniform() < 0.3 ? SceneColor.pale(using: &random) : SceneColor.paint(using: &random)
    let band = SceneColor.paint(using: &random).lit(by: 0.85)
    let drink = SceneColor.random(
      hue: 0.03..<0.12, saturation: 0.6..<0.85, value: 0.25..<0.5, using: &random)
    let foot = random.uniform(0.34..<0.52)
    let top: Float = -0.55
    let bottom: Float = 0.78
    let middle: Float = -0.2
    let rim: Float = 0.62
    var cup = Drawing()
    cup.add(.ring(Point(middle + rim, 0.08), radius: 0.34, halfWidth: 0.1), glaze.lit(by: 0.85))
    cup.add(
      .polygon(
        [
          Point(middle - rim, top), Point(middle + rim, top), Point(middle + foot, bottom),
          Point(middle - foot, bottom),
        ], rounding: 0.05), glaze)
    let bandHalfWidth = 0.5 * (rim + foot) - 0.03
    cup.addDetail(.box(Point(middle, 0.2), halfSize: Point(bandHalfWidth, 0.15)), band)
    cup.add(.ellipse(Point(middle, top), radii: Point(rim + 0.05, 0.2)), glaze.lit(by: 0.8))
    cup.addDetail(.ellipse(Point(middle, top + 0.02), radii: Point(rim - 0.06, 0.12)), drink)
    return cup
  }

  /// An oval body with a forked tail, fins, stripes and an eye.
  static func fish(using random: inout RandomGenerator) -> Drawing {
    let body = SceneColor.paint(using: &random)
    let fin = SceneColor.paint(using: &random)
    let height = random.uniform(0.4..<0.54)
    let stripe = random.uniform() < 0.5 ? SceneColor.white : body.lit(by: 0.55)
    var fish = Drawing()
    fish.add(
      .polygon(
        [Point(-0.38, 0), Point(-0.92, -0.48), Point(-0.76, 0), Point(-0.92, 0.48)],
        rounding: 0.04),
      fin)
    fish.add(
      .polygon([Point(-0.2, -height * 0.7), Point(-0.1, -height - 0.26), Point(0.4, -height * 0.7)]
      ), fin)
    fish.add(.polygon([Point(0, height * 0.7), Point(-0.1, height + 0.2), Point(0.3, 0.2)]), fin)
    fish.add(.ellipse(Point(0.18, 0), radii: Point(0.76, height)), body)
    fish.addDetail(.ellipse(Point(-0.12, 0), radii: Point(0.075, height * 0.75)), stripe)
    fish.addDetail(.ellipse(Point(0.18, 0), radii: Point(0.075, height * 0.85)), stripe)
    fish.addDetail(.circle(Point(0.6, -0.1), radius: 0.14), .white)
    fish.addDetail(.circle(Point(0.63, -0.1), radius: 0.07), .ink)
    return fish
  }

  /// Walls under a gable roof, with a chimney, a door and a window.
  static func house(using random: inout RandomGenerator) -> Drawing {
    let wall = SceneColor.random(hue: 0..<1, saturation: 0.1..<0.6, value: 0.7..<1, using: &random)
    let roof = SceneColor.paint(using: &random).lit(by: 0.8)
    let door = SceneColor.paint(using: &random).lit(by: 0.6)
    let glass = SceneColor(0.75, 0.88, 0.98)
    let ridge = random.uniform(-0.98 ..< -0.7)
    let halfWidth = random.uniform(0.62..<0.76)
    var house = Drawing()
    house.add(.box(Point(0.45, -0.58), halfSize: Point(0.11, 0.3)), wall.lit(by: 0.65))
    house.add(.box(Point(0, 0.38), halfSize: Point(halfWidth, 0.54)), wall)
    house.add(
      .polygon([Point(-halfWidth - 0.24, -0.1), Point(0, ridge), Point(halfWidth + 0.24, -0.1)]),
      roof)
    house.addDetail(.box(Point(-0.3, 0.58), halfSize: Point(0.17, 0.34)), door)
    house.addDetail(.box(Point(0.3, 0.32), halfSize: Point(0.23, 0.21)), .ink)
    house.addDetail(.box(Point(0.18, 0.32), halfSize: Point(0.08, 0.15)), glass)
    house.addDetail(.box(Point(0.42, 0.32), halfSize: Point(0.08, 0.15)), glass)
    return house
  }

  /// A ring to hold, a shaft and a bit of two or three teeth: gold, silver, or painted.
  static func key(using random: inout RandomGenerator) -> Drawing {
    let metal =
      switch random.index(below: 3) {
      case 0:
        SceneColor.random(hue: 0.1..<0.15, saturation: 0.6..<0.85, value: 0.75..<1, using: &random)
      case 1:
        SceneColor.random(hue: 0.5..<0.7, saturation: 0..<0.12, value: 0.7..<0.95, using: &random)
      default: SceneColor.paint(using: &random)
      }
    let bow = random.uniform(0.3..<0.38)
    let length = random.uniform(0.36..<0.5)
    var key = Drawing()
    key.add(.box(Point(0.3, 0), halfSize: Point(0.66, 0.1), corner: 0.05), metal)
    key.add(.box(Point(0.82, length / 2), halfSize: Point(0.1, length / 2)), metal)
    key.add(.box(Point(0.52, length * 0.4), halfSize: Point(0.09, length * 0.4)), metal)
    if random.uniform() < 0.5 {
      key.add(.box(Point(0.24, length * 0.3), halfSize: Point(0.08, length * 0.3)), metal)
    }
    key.add(.ring(Point(-0.58, 0), radius: bow, halfWidth: 0.12), metal.lit(by: 0.92))
    key.addDetail(
      .box(Point(0.28, -0.04), halfSize: Point(0.56, 0.03)), metal.mixed(with: .white, 0.5))
    return key
  }

  /// A domed cap with spots on a pale stem.
  static func mushroom(using random: inout RandomGenerator) -> Drawing {
    let cap =
      random.uniform() < 0.4
      ? SceneColor.random(
        hue: 0.96..<1.06, saturation: 0.75..<0.95, value: 0.7..<0.95, using: &random)
      : SceneColor.paint(using: &random)
    let stem = SceneColor.random(
      hue: 0.08..<0.14, saturation: 0.08..<0.3, value: 0.8..<0.98, using: &random)
    let height = random.uniform(0.72..<0.95)
    let foot = random.uniform(0.26..<0.38)
    let brim: Float = 0.06
    var mushroom = Drawing()
    mushroom.add(
      .polygon(
        [Point(-0.2, 0), Point(0.2, 0), Point(foot, 0.88), Point(-foot, 0.88)], rounding: 0.06),
      stem)
    mushroom.add(.dome(Point(0, brim), radii: Point(0.94, height)), cap)
    mushroom.addDetail(.box(Point(0, brim - 0.05), halfSize: Point(0.84, 0.05)), stem.lit(by: 0.75))
    let spots: [(x: Float, y: Float, radius: Float)] = [
      (0.02, 0.72, 0.14), (-0.42, 0.48, 0.15), (0.44, 0.46, 0.16), (-0.05, 0.3, 0.13),
      (-0.7, 0.22, 0.08), (0.73, 0.22, 0.08),
    ]
    for spot in spots {
      let middle = Point(spot.x, brim - spot.y * height)
      mushroom.addDetail(.circle(middle, radius: spot.radius), .white)
    }
    return mushroom
  }

  /// Five points, and a brighter or darker star within.
  static func star(using random: inout RandomGenerator) -> Drawing {
    let color =
      random.uniform() < 0.4
      ? SceneColor.random(hue: 0.11..<0.17, saturation: 0.6..<0.95, value: 0.9..<1, using: &random)
      : SceneColor.paint(using: &random)
    let waist = random.uniform(0.36..<0.5)
    let heart = random.uniform() < 0.6 ? color.mixed(with: .white, 0.6) : color.lit(by: 0.6)
    var star = Drawing()
    star.add(.star(Point(0, 0.05), radius: 0.94, innerRadius: 0.94 * waist, rounding: 0.05), color)
    star.addDetail(
      .star(Point(0, 0.05), radius: 0.5, innerRadius: 0.5 * waist, rounding: 0.02), heart)
    return star
  }

  /// A trunk under a round crown or under three tiers of a conifer, green or in its autumn colours.
  static func tree(using random: inout RandomGenerator) -> Drawing {
    let isAutumn = random.uniform() < 0.25
    let leaf = SceneColor.random(
      hue: isAutumn ? 0.02..<0.14 : 0.2..<0.42, saturation: 0.55..<0.9, value: 0.45..<0.85,
      using: &random)
    let bark = SceneColor.random(
      hue: 0.04..<0.1, saturation: 0.4..<0.7, value: 0.3..<0.5, using: &random)
    let width = random.uniform(0.62..<0.8)
    var tree = Drawing()
    tree.add(.box(Point(0, 0.65), halfSize: Point(0.14, 0.32)), bark)
    if random.uniform() < 0.5 {
      for tier in 0..<3 {
        let top = -0.98 + 0.4 * Float(tier)
        let half = width * (0.6 + 0.2 * Float(tier))
        tree.add(
          .polygon([Point(0, top), Point(half, top + 0.68), Point(-half, top + 0.68)]),
          leaf.lit(by: 1.12 - 0.16 * Float(2 - tier)))
      }
    } else {
      let shade = leaf.lit(by: 0.85)
      tree.add(.circle(Point(-0.4, 0), radius: 0.42), shade)
      tree.add(.circle(Point(0.4, 0), radius: 0.42), shade)
      tree.add(.circle(Point(0, -0.4), radius: width * 0.75), leaf)
      tree.addDetail(.circle(Point(0, 0), radius: 0.36), leaf)
      let fruit = leaf.mixed(with: .white, 0.4)
      tree.addDetail(.circle(Point(-0.2, -0.45), radius: 0.11), fruit)
      tree.addDetail(.circle(Point(0.25, -0.2), radius: 0.11), fruit)
    }
    return tree
  }
}
