// SPDX-License-Identifier: Apache-2.0

/// What a cheap camera does to a picture, in the order in which it happens: dull light, a soft
/// lens, few pixels, a noisy sensor, and compression. Strength 0, or no JPEG quality, leaves a step
/// out.
public struct Degradation: Codable, Equatable, Sendable {
  /// From 0 to 1: p ← (1 - d/2) · (g₀ + (1 - d) · (p - g₀)), g₀ the mean grey of the image:
  /// contrast falls to 1 - d and brightness to 1 - d/2.
  public var dullness: Float
  /// Standard deviation of a Gaussian blur, in pixels, from 0 to 50.
  public var blur: Float
  /// By how much the sides shrink, 2 to 8, before the picture is enlarged to its size again, both
  /// by Pillow's bicubic filter: the input of super-resolution.
  public var shrink: Int?
  /// Standard deviation of Gaussian noise that is added to each channel of each pixel, in units of
  /// the full range, from 0 to 1.
  public var noise: Float
  /// The quality, from 1 to 100, of a JPEG that the picture is squeezed through.
  public var jpegQuality: Int?

  public init(
    dullness: Float = 0, blur: Float = 0, shrink: Int? = nil, noise: Float = 0,
    jpegQuality: Int? = nil
  ) {
    self.dullness = dullness
    self.blur = blur
    self.shrink = shrink
    self.noise = noise
    self.jpegQuality = jpegQuality
  }

  /// Whether pictures stay as they are.
  public var isIdentity: Bool { self == Degradation() }

  /// Refuses strengths out of their range.
  public func validate() throws(DatasetError) {
    func require(_ holds: Bool, _ reason: String) throws(DatasetError) {
      if !holds { throw .invalidDegradation(text: description, reason: reason) }
    }
    try require(dullness >= 0 && dullness <= 1, "dull is from 0 to 1")
    try require(blur >= 0 && blur <= 50, "blur is from 0 to 50 pixels")
    try require(noise >= 0 && noise <= 1, "noise is from 0 to 1")
    if let shrink { try require((2...8).contains(shrink), "shrink is from 2 to 8") }
    if let jpegQuality { try require((1...100).contains(jpegQuality), "jpeg is from 1 to 100") }
  }
}
