// SPDX-License-Identifier: Apache-2.0
import Explanation
import Foundation
import Kernels
package import Reporting
public import Statistics
import Text
import Training

/// Whether the enhancer improves pictures or just tricks one classifier: other changes of the same
/// size, and attacks.
public struct AdversarialAssessment: Codable, Equatable, Sendable {
  /// The accuracy under an attack with the gradient of the classifier.
  public struct Attack: Codable, Equatable, Sendable {
    /// How a picture is attacked.
    public enum Method: String, CaseIterable, Codable, Sendable {
      /// One step along the gradient's signs.
      case fastGradientSign = "FGSM"
      /// Ten steps from a random start.
      case projectedGradient = "PGD"
    }

    /// The method.
    public let name: Method
    /// In levels of 255.
    public let epsilon: Int
    /// Of the classifier alone.
    public let plain: IntervalEstimate
    /// Of both, attacked as one.
    public let enhanced: IntervalEstimate?
    /// Of both, on pictures that were made against the classifier alone.
    public let transferred: IntervalEstimate?
  }

  /// The number of images.
  public let images: Int
  /// Changes of the same size as the enhancer's, image by image.
  public let controls: [ChangedPictures]
  /// Every attack in every strength.
  public let attacks: [Attack]

  package static let epsilons = [2, 4, 8]
  private static let steps = 10

  /// Attacks all of `images`, which `model` has classified.
  public init(
    _ model: AssessedModel, _ images: AssessedImages, progress: AssessmentProgress
  ) throws {
    self.images = images.count
    controls = Self.controls(model, images)
    let attack = try GradientAttack(model.classifier.inFloats, batch: model.batch, model.pool)
    let combined = try model.combinedInFloats().map {
      try GradientAttack($0, batch: model.batch, model.pool)
    }
    var attacks: [Attack] = []
    let total = 2 * Self.epsilons.count
    for epsilon in Self.epsilons {
      for method in Attack.Method.allCases {
        func attacked(_ attack: GradientAttack) -> [[Float]] {
          let size = Float(epsilon) / 255
          return switch method {
          case .fastGradientSign:
            attack.fastGradientSign(images.plain, labels: images.labels, epsilon: size)
          case .projectedGradient:
            attack.projectedGradient(
              images.plain, labels: images.labels, epsilon: size, steps: Self.steps,
              seed: model.seed)
          }
        }
        func accuracy(_ pictures: [[Float]]) -> IntervalEstimate {
          IntervalEstimate(
            accuracyOf: model.predictions(pictures, images.labels).classes, labels: images.labels)
        }
        let pictures = attacked(attack)
        attacks.append(
          Attack(
            name: method, epsilon: epsilon, plain: accuracy(pictures),
            enhanced: combined.flatMap { model.enhanced(attacked($0)) }.map(accuracy),
            transferred: model.enhanced(pictures).map(accuracy)))
        progress(attacks.count, total)
      }
    }
    self.attacks = attacks
  }

  private static func controls(_ model: AssessedModel, _ images: AssessedImages)
    -> [ChangedPictures]
  {
    guard let enhanced = images.enhanced else { return [] }
    return SameSizeChange.allCases.map { change in
      let pictures = change.pictures(images.plain, enhanced, channels: 3, seed: model.seed)
      return ChangedPictures(change.rawValue, pictures, of: images, model)
    }
  }
}

/// A change as large as the enhancer's that ignores the picture.
enum SameSizeChange: String, CaseIterable {
  /// In a random direction, of the same Euclidean norm.
  case noise = "noise of the same norm"
  /// The same differences at other pixels, of the same largest difference besides.
  case shuffled = "its pixels shuffled"
  /// The differences of another image, of the same spectrum besides.
  case swapped = "another image's"

  func pictures(
    _ plain: [[Float]], _ enhanced: [[Float]], channels: Int, seed: UInt64
  ) -> [[Float]] {
    plain.indices.map { index in
      var random = RandomGenerator(seed: seed, stream: UInt64(index))
      let other = self == .swapped ? (index + 1 + plain.count / 2) % plain.count : index
      let differences = zip(plain[other], enhanced[other]).map { $1 - $0 }
      let change: [Float]
      switch self {
      case .noise:
        let noise = differences.map { _ in random.normal() }
        let scale = Self.norm(differences) / max(Self.norm(noise), .leastNormalMagnitude)
        change = noise.map { $0 * scale }
      case .shuffled:
        var pixels = Array(0..<differences.count / channels)
        random.shuffle(&pixels)
        change = differences.indices.map {
          differences[pixels[$0 / channels] * channels + $0 % channels]
        }
      case .swapped: change = differences
      }
      return zip(plain[index], change).map { min(max($0 + $1, 0), 1) }
    }
  }

  private static func norm(_ values: [Float]) -> Float {
    values.reduce(0) { $0 + $1 * $1 }.squareRoot()
  }
}

extension AdversarialAssessment {
  package var blocks: [FigureBlock] {
    var blocks: [FigureBlock] = []
    if !controls.isEmpty {
      var table = TextTable(["instead of its change", "accuracy, %"] + PairedGain.headings)
      for control in controls {
        table.add([control.name] + control.cells)
      }
      blocks.append(.table(table))
    }
    let isPaired = attacks.first?.enhanced != nil
    var table = TextTable(
      ["accuracy under attack, %, of \(images) images", "classifier"]
        + (isPaired ? ["both, attacked as one", "attack on the classifier, enhanced"] : []))
    for attack in attacks {
      table.add(
        ["\(attack.name.rawValue), \(attack.epsilon)/255", attack.plain.percentages()]
          + [attack.enhanced, attack.transferred].compactMap { $0?.percentages() })
    }
    return blocks + [.table(table)]
  }
}
