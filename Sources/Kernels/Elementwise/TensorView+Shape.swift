// SPDX-License-Identifier: Apache-2.0

extension TensorView {
  /// Whether batch, height, width and channels are those of `other`; pixel strides may differ.
  @inline(__always) func hasShape<Other>(of other: TensorView<Other>) -> Bool {
    batch == other.batch && height == other.height && width == other.width
      && channels == other.channels
  }

  /// Whether both have the same batch and channels.
  @inline(__always) func hasBatchAndChannels(of other: TensorView) -> Bool {
    batch == other.batch && channels == other.channels
  }
}

extension TensorView<Float> {
  /// The elements of one image of the batch in NHWC order, without the gaps between pixels.
  package func elements(ofImage image: Int) -> [Float] {
    let pixels = height * width
    return (image * pixels..<(image + 1) * pixels).flatMap { index in
      (0..<channels).map { pixel(index)[$0] }
    }
  }
}
