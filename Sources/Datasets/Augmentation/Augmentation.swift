// SPDX-License-Identifier: Apache-2.0

/// How training images are varied: every setting is off in `Augmentation()`.
///
/// Each random choice is drawn from a generator keyed by the seed, the epoch and the image's index,
/// so it depends neither on threads nor on the order of images. The order of the steps: crop, shift
/// and flip (one resampling of the 8-bit image), then colour, then cutout, then mixup.
public struct Augmentation: Codable, Equatable, Sendable {
  /// Whether images are mirrored from left to right.
  public enum Flip: String, Codable, Sendable, CaseIterable {
    case none
    /// Each image in each epoch with probability ½.
    case random
    /// At random in epoch 0, then swapped in every epoch, so that any two consecutive epochs show
    /// both sides (Jordan, "94% on CIFAR-10 in 3.29 seconds", 2024, arXiv:2404.00498, section 3.6).
    case alternating
  }

  /// A random rectangle of the image, resized bilinearly to the whole (Szegedy et al., 2014,
  /// arXiv:1409.4842).
  public struct ResizedCrop: Codable, Equatable, Sendable {
    /// The smallest share of the image's area; shares are uniform from here to 1.
    public var smallestArea: Float
    /// The largest change of the aspect ratio; its logarithm is uniform between -log and +log of
    /// this.
    public var largestAspect: Float

    /// The usual crop: at least 35 % of the area, sides at most 4 : 3.
    public init(smallestArea: Float = 0.35, largestAspect: Float = 4 / 3) {
      (self.smallestArea, self.largestAspect) = (smallestArea, largestAspect)
    }
  }

  /// Factors drawn uniformly from 1 - value to 1 + value, as in torchvision's `ColorJitter`: first
  /// brightness, then contrast, then saturation, clamped to [0, 1] at the end.
  public struct ColorJitter: Codable, Equatable, Sendable {
    /// The largest change of brightness, from 0 to 1.
    public var brightness: Float
    /// The largest change of contrast, from 0 to 1.
    public var contrast: Float
    /// The largest change of saturation, from 0 to 1.
    public var saturation: Float

    /// Changes nothing unless told.
    public init(brightness: Float = 0, contrast: Float = 0, saturation: Float = 0) {
      (self.brightness, self.contrast, self.saturation) = (brightness, contrast, saturation)
    }
  }

  /// Whether images are mirrored.
  public var flip: Flip
  /// Shift by up to this many pixels in both directions, with the border reflected: the same as a
  /// random crop after reflection padding.
  public var shift: Int
  /// A random part of the image instead of all of it.
  public var resizedCrop: ResizedCrop?
  /// Random changes of colour.
  public var colorJitter: ColorJitter?
  /// Side of a square of middle grey at a random place inside the image; 0 is off (DeVries &
  /// Taylor, 2017, arXiv:1708.04552).
  public var cutout: Int
  /// Mix images and targets with weights λ and 1 - λ, λ ~ Beta(α, α); 0 is off (Zhang et al., 2017,
  /// arXiv:1710.09412).
  public var mixup: Float

  /// All settings, each off unless given.
  public init(
    flip: Flip = .none, shift: Int = 0, resizedCrop: ResizedCrop? = nil,
    colorJitter: ColorJitter? = nil, cutout: Int = 0, mixup: Float = 0
  ) {
    (self.flip, self.shift, self.resizedCrop) = (flip, shift, resizedCrop)
    (self.colorJitter, self.cutout, self.mixup) = (colorJitter, cutout, mixup)
  }

  /// Throws for settings that images of `width × height` do not allow.
  public func validate(width: Int, height: Int) throws(DatasetError) {
    func require(_ holds: Bool, _ reason: @autoclosure () -> String) throws(DatasetError) {
      if !holds { throw .invalidAugmentation(reason: reason()) }
    }
    let side = min(width, height)
    try require(
      shift >= 0 && shift < side,
      "shift \(shift): expected 0 to \(side - 1), less than the image's side")
    try require(
      cutout >= 0 && cutout <= side, "cutout \(cutout): expected 0 to \(side), the image's side")
    try require(mixup >= 0 && mixup <= 2, "mixup \(mixup): expected 0 to 2")
    if let crop = resizedCrop {
      try require(
        crop.smallestArea > 0 && crop.smallestArea <= 1,
        "smallest area \(crop.smallestArea): expected more than 0, at most 1")
      try require(
        crop.largestAspect >= 1 && crop.largestAspect <= 10,
        "largest aspect \(crop.largestAspect): expected 1 to 10")
    }
    if let jitter = colorJitter {
      for value in [jitter.brightness, jitter.contrast, jitter.saturation] {
        try require(value >= 0 && value <= 1, "colour jitter \(value): expected 0 to 1")
      }
    }
  }
}
