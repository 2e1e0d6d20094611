// SPDX-License-Identifier: Apache-2.0

/// Which part of a data set to read.
public enum DatasetPart: String, Sendable, CaseIterable {
  /// What models are trained on.
  case train
  /// What they are tested on.
  case test
  /// All that there is; where a set has both parts, training images come first.
  case all
}
