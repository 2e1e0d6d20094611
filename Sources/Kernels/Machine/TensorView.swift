// SPDX-License-Identifier: Apache-2.0

/// A batch of NHWC activations somewhere in an arena: the element `[n, y, x, c]` is at
/// `base[((n · height + y) · width + x) · pixelStride + c]`.
///
/// `pixelStride > channels` when the view is a slice of the channels of a wider tensor: that is how
/// a concatenation costs nothing. Rows and images are always `width` and `height · width` pixels
/// apart.
///
/// The memory behind a view is readable for 64 bytes past its last element, so that kernels may
/// load whole vectors; they never write outside of `[n, y, x, 0..<channels]`.
package struct TensorView<Element: BitwiseCopyable> {
  package let base: UnsafeMutablePointer<Element>
  package let batch: Int
  package let height: Int
  package let width: Int
  package let channels: Int
  package let pixelStride: Int

  package init(
    _ base: UnsafeMutablePointer<Element>, batch: Int, height: Int, width: Int, channels: Int,
    pixelStride: Int? = nil
  ) {
    self.base = base
    self.batch = batch
    self.height = height
    self.width = width
    self.channels = channels
    self.pixelStride = pixelStride ?? channels
  }

  /// The same memory and extents, with elements of another type.
  package func reinterpreted<Other>() -> TensorView<Other> {
    TensorView<Other>(
      UnsafeMutableRawPointer(base).assumingMemoryBound(to: Other.self), batch: batch,
      height: height, width: width, channels: channels, pixelStride: pixelStride)
  }

  /// Pixels in the whole batch.
  @inline(__always) package var pixelCount: Int { batch * height * width }

  /// Elements in the whole batch, without the gaps between pixels.
  @inline(__always) package var elementCount: Int { pixelCount * channels }

  /// Whether all elements lie next to each other.
  @inline(__always) package var isContiguous: Bool { pixelStride == channels }

  /// The channels of the pixel `[n, y, x]`.
  @inline(__always) package func pixel(_ n: Int, _ y: Int, _ x: Int) -> UnsafeMutablePointer<
    Element
  > { base + ((n * height + y) * width + x) * pixelStride }

  /// The channels of pixel number `index`, counted over the whole batch.
  @inline(__always) package func pixel(_ index: Int) -> UnsafeMutablePointer<Element> {
    base + index * pixelStride
  }
}

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

/// What reference implementations are written with.
extension TensorView {
  /// The element `[n, i, j, c]`.
  subscript(n: Int, i: Int, j: Int, c: Int) -> Element {
    get { pixel(n, i, j)[c] }
    nonmutating set { pixel(n, i, j)[c] = newValue }
  }

  /// Runs `body` for the indices of each element, in order.
  func forEachIndex(_ body: (_ n: Int, _ i: Int, _ j: Int, _ c: Int) -> Void) {
    for n in 0..<batch {
      for i in 0..<height { for j in 0..<width { for c in 0..<channels { body(n, i, j, c) } } }
    }
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

extension TensorView {
  /// Copies `count` pixels from column `x` of row `y` on, one behind the other: `padding` where
  /// they are outside of the image.
  package func copyRow(
    _ n: Int, _ y: Int, from x: Int, count: Int, padding: Element,
    into target: UnsafeMutablePointer<Element>
  ) {
    let left = 0..<height ~= y ? min(max(-x, 0), count) : count
    let inside = max(0, min(width - (x + left), count - left))
    target.update(repeating: padding, count: left * channels)
    let first = target + left * channels
    if isContiguous {
      first.update(from: pixel(n, y, x + left), count: inside * channels)
    } else {
      for j in 0..<inside {
        (first + j * channels).update(from: pixel(n, y, x + left + j), count: channels)
      }
    }
    (first + inside * channels).update(
      repeating: padding, count: (count - left - inside) * channels)
  }
}
