// SPDX-License-Identifier: Apache-2.0

/// How a picture of another size is made.
///
/// When a side shrinks, all but `nearest` widen with the factor, so that each source pixel
/// counts: no aliasing.
public enum ResampleFilter: Sendable {
  /// The nearest pixel: for masks and pixel zoom.
  case nearest
  /// The mean of the pixels that an output pixel covers.
  case box
  /// Weights that fall linearly with the distance: the usual choice for photographs.
  case bilinear
  /// Cubic weights with a = −½ (Keys, 1981), which sharpen a little: the usual choice of
  /// super-resolution.
  case bicubic

  /// Half the width of the kernel, in output pixels when shrinking and in source pixels when
  /// enlarging.
  var support: Double {
    switch self {
    case .box: 0.5
    case .nearest, .bilinear: 1
    case .bicubic: 2
    }
  }

  func weight(at distance: Double) -> Double {
    let x = distance.magnitude
    switch self {
    case .box: return distance > -0.5 && distance <= 0.5 ? 1 : 0
    case .nearest, .bilinear: return x < 1 ? 1 - x : 0
    case .bicubic:
      let a = -0.5
      if x < 1 { return ((a + 2) * x - (a + 3)) * x * x + 1 }
      return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0
    }
  }
}
