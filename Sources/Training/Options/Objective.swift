// SPDX-License-Identifier: Apache-2.0

/// What an enhancer in front of frozen classifiers is to make small: by default their cross-entropy
/// alone.
///
/// Recognition-aware image processing (Liu et al., arXiv:1910.09185) adds the error of the image;
/// there the labels may be missing, too.
public struct Objective: Codable, Hashable, Sendable {
  /// Instead of the cross-entropy with the labels, the divergence from what each classifier says of
  /// the clean image.
  public var isUnsupervised: Bool?
  /// λ of the squared error between the enhanced image and the clean one, or the input where there
  /// is no clean one.
  public var reconstruction: Float?
  /// λ of the enhanced image's total variation.
  public var totalVariation: Float?

  public init() {}

  /// The first value that is out of its range, for people.
  public var problem: String? {
    for (name, value) in [("reconstruction", reconstruction), ("totalVariation", totalVariation)] {
      if let value, !(value >= 0 && value <= 1e6) {
        return "\(name) \(value): expected 0 to 1000000"
      }
    }
    return nil
  }
}
