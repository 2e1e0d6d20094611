// SPDX-License-Identifier: Apache-2.0

/// The ways to compute a convolution; the geometry alone chooses.
enum ConvolutionAlgorithm {
  /// One filter for each channel, directly.
  case depthwise
  /// Fewer multiplications for 3×3 kernels.
  case winograd
  /// One product of all taps for the gradient of an input with few channels.
  case tapProduct
  /// A matrix product over gathered blocks of pixels.
  case implicitProduct

  init(_ geometry: ConvolutionGeometry, _ direction: Convolution.Direction) {
    let isDepthwise =
      geometry.groups > 1 && geometry.groups == geometry.inputChannels
      && geometry.groups == geometry.outputChannels
    if isDepthwise {
      self = .depthwise
    } else if direction == .inputGradient && TapProduct.wins(geometry) {
      self = .tapProduct
    } else if Winograd.wins(geometry, direction) {
      self = .winograd
    } else {
      self = .implicitProduct
    }
  }
}
