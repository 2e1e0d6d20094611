// SPDX-License-Identifier: Apache-2.0

/// Where the pixels of a resized image lie in the input, by TensorFlow's conventions.
public enum SamplingMode: Equatable, Sendable {
  /// Output position i lies at i · H / I.
  case corner
  /// The first and the last pixels coincide: i · (H − 1) / (I − 1).
  case alignCorners
  /// Centres are at halves: (i + ½) · H / I − ½.
  case halfPixelCenters
}
