// SPDX-License-Identifier: Apache-2.0
public import Datasets
import Network

/// What differs from a recipe: `nil` leaves the recipe's own value.
public struct TrainingOverrides: Codable, Equatable, Sendable {
  public var epochs: Int?
  public var batchSize: Int?
  public var learningRate: Float?
  public var optimizer: TrainingOptions.Optimizer?
  public var momentum: Float?
  public var weightDecay: Float?
  public var schedule: TrainingOptions.Schedule?
  public var warmUp: Float?
  public var gradientClip: Float?
  public var labelSmoothing: Float?
  public var averaging: TrainingOptions.Averaging?
  public var patience: Int?
  public var flip: Augmentation.Flip?
  public var shift: Int?
  public var cutout: Int?
  public var mixup: Float?
  /// Brightness, contrast and saturation vary by this share.
  public var jitter: Float?
  /// Images are cropped to a part of at least this share, which is then resized.
  public var crop: Float?

  public init() {}

  /// `recipe` with everything that is given here.
  public func applied(to recipe: TrainingOptions) -> TrainingOptions {
    var options = recipe
    func set<Value>(_ path: WritableKeyPath<TrainingOptions, Value>, _ value: Value?) {
      if let value { options[keyPath: path] = value }
    }
    set(\.epochs, epochs)
    set(\.batchSize, batchSize)
    set(\.learningRate, learningRate)
    set(\.optimizer, optimizer)
    set(\.momentum, momentum)
    set(\.weightDecay, weightDecay)
    set(\.schedule, schedule)
    set(\.warmUp, warmUp)
    set(\.labelSmoothing, labelSmoothing)
    set(\.averaging, averaging)
    set(\.augmentation.flip, flip)
    set(\.augmentation.shift, shift)
    set(\.augmentation.cutout, cutout)
    set(\.augmentation.mixup, mixup)
    if let gradientClip { options.gradientClip = gradientClip }
    if let patience { options.patience = patience }
    if let crop { options.augmentation.resizedCrop = .init(smallestArea: crop) }
    if let jitter {
      options.augmentation.colorJitter = Augmentation.ColorJitter(
        brightness: jitter, contrast: jitter, saturation: jitter)
    }
    return options
  }

  /// The first value that is out of its range, for people: `epochs 0: expected 1 to 1000000`.
  public var problem: String? {
    func check<Value: Comparable>(
      _ name: String, _ value: Value?, _ range: ClosedRange<Value>
    ) -> String? {
      guard let value, !range.contains(value) else { return nil }
      return "\(name) \(value): expected \(range.lowerBound) to \(range.upperBound)"
    }
    let checks: [String?] = [
      check("epochs", epochs, 1...1_000_000), check("batchSize", batchSize, 1...65536),
      check("learningRate", learningRate, 0...1000), check("momentum", momentum, 0...1),
      check("weightDecay", weightDecay, 0...10), check("warmUp", warmUp, 0...1),
      check("gradientClip", gradientClip, 1e-9...1e9),
      check("labelSmoothing", labelSmoothing, 0...0.99),
      check("patience", patience, 1...1_000_000), check("shift", shift, 0...16_383),
      check("cutout", cutout, 0...16_384), check("mixup", mixup, 0...2),
      check("jitter", jitter, 0...1), check("crop", crop, 0.01...1),
    ]
    return checks.lazy.compactMap(\.self).first
  }
}
