// SPDX-License-Identifier: Apache-2.0

/// How a picture of another size is made.
///
/// When a side shrinks, `box` and `bilinear` widen with the factor, so that each source pixel
/// counts: no aliasing.
public enum ResampleFilter: Sendable {
  /// The nearest pixel: for masks and pixel zoom.
  case nearest
  /// The mean of the pixels that an output pixel covers.
  case box
  /// Weights that fall linearly with the distance: the usual choice for photographs.
  case bilinear

  /// Half the width of the kernel, in output pixels when shrinking and in source pixels when
  /// enlarging.
  var support: Double { self == .box ? 0.5 : 1 }

  func weight(at distance: Double) -> Double {
    if self == .box { return distance > -0.5 && distance <= 0.5 ? 1 : 0 }
    return distance.magnitude < 1 ? 1 - distance.magnitude : 0
  }
}
