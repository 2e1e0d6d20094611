// SPDX-License-Identifier: Apache-2.0
import Kernels

/// What a scene shows: its class. The raw value is the label; the order is alphabetical, as that of
/// folders is.
public enum SceneObject: Int, CaseIterable, Codable, Sendable {
  case bird, boat, car, cup, fish, house, key, mushroom, star, tree

  /// The class's name, as folders and label lists write it.
  public var name: String {
    switch self {
    case .bird: "bird"
    case .boat: "boat"
    case .car: "car"
    case .cup: "cup"
    case .fish: "fish"
    case .house: "house"
    case .key: "key"
    case .mushroom: "mushroom"
    case .star: "star"
    case .tree: "tree"
    }
  }

  /// Where the class belongs: the background with the same raw value.
  public var ownBackground: SceneBackground {
    SceneBackground(rawValue: rawValue) ?? .sky
  }

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
