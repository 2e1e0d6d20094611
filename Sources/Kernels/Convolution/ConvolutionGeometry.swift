// SPDX-License-Identifier: Apache-2.0

/// The sizes of a two-dimensional convolution, all of them: what a kernel needs to know to choose
/// its algorithm, its packing and its scratch memory.
///
/// Output pixel `(y, x)` reads input pixels `(y · strideHeight − paddingTop + a · dilationHeight,
/// …)` for kernel row `a`. Padding below and to the right is whatever the output size implies.
/// Weights are OHWI: `outputChannels × kernelHeight × kernelWidth × (inputChannels / groups)`.
///
/// A transposed convolution has the geometry of the convolution whose input gradient it is: its own
/// input is that convolution's output.
package struct ConvolutionGeometry: Equatable, Sendable {
  package var batch: Int
  package var inputHeight: Int
  package var inputWidth: Int
  package var inputChannels: Int
  package var outputHeight: Int
  package var outputWidth: Int
  package var outputChannels: Int
  package var kernelHeight: Int
  package var kernelWidth: Int
  package var strideHeight: Int
  package var strideWidth: Int
  package var dilationHeight: Int
  package var dilationWidth: Int
  package var paddingTop: Int
  package var paddingLeft: Int
  package var groups: Int

  package init(
    batch: Int, inputHeight: Int, inputWidth: Int, inputChannels: Int, outputHeight: Int,
    outputWidth: Int, outputChannels: Int, kernelHeight: Int, kernelWidth: Int,
    strideHeight: Int = 1, strideWidth: Int = 1, dilationHeight: Int = 1, dilationWidth: Int = 1,
    paddingTop: Int = 0, paddingLeft: Int = 0, groups: Int = 1
  ) {
    self.batch = batch
    self.inputHeight = inputHeight
    self.inputWidth = inputWidth
    self.inputChannels = inputChannels
    self.outputHeight = outputHeight
    self.outputWidth = outputWidth
    self.outputChannels = outputChannels
    self.kernelHeight = kernelHeight
    self.kernelWidth = kernelWidth
    self.strideHeight = strideHeight
    self.strideWidth = strideWidth
    self.dilationHeight = dilationHeight
    self.dilationWidth = dilationWidth
    self.paddingTop = paddingTop
    self.paddingLeft = paddingLeft
    self.groups = groups
  }

  /// Input channels that one output channel reads.
  package var groupInputChannels: Int { inputChannels / groups }
  /// Output channels of one group.
  package var groupOutputChannels: Int { outputChannels / groups }
  /// Input rows that one output row reads, those that a dilation skips among them.
  package var windowHeight: Int { (kernelHeight - 1) * dilationHeight + 1 }
  /// Elements of the weights.
  package var weightCount: Int { outputChannels * kernelHeight * kernelWidth * groupInputChannels }
  /// Multiply-accumulates of the whole batch, padding counted as if it were there.
  package var multiplyAccumulates: Int64 {
    Int64(batch) * Int64(outputHeight) * Int64(outputWidth) * Int64(weightCount)
  }
}

/// The ways to compute a convolution; the geometry alone chooses.
enum ConvolutionAlgorithm {
  /// One filter for each channel, directly.
  case depthwise
  /// Fewer multiplications for 3×3 kernels.
  case winograd
  /// One matrix product of all taps, then col2im: for the gradient of an input with few channels.
  case columnsToImage
  /// A matrix product over gathered blocks of pixels.
  case implicitGEMM

  init(_ geometry: ConvolutionGeometry, _ direction: Convolution.Direction) {
    let isDepthwise =
      geometry.groups > 1 && geometry.groups == geometry.inputChannels
      && geometry.groups == geometry.outputChannels
    if isDepthwise {
      self = .depthwise
    } else if direction == .inputGradient && ColumnsToImage.wins(geometry) {
      self = .columnsToImage
    } else if Winograd.wins(geometry, direction) {
      self = .winograd
    } else {
      self = .implicitGEMM
    }
  }
}
