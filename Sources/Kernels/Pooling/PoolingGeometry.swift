// SPDX-License-Identifier: Apache-2.0

/// The window of a pooling operation: output pixel (i, j) covers the input pixels (i · stride −
/// padding + a, …) for 0 ≤ a < kernel. Padding below and to the right is whatever the output size
/// implies.
package struct PoolingGeometry: Equatable, Sendable {
  package var kernelHeight: Int
  package var kernelWidth: Int
  package var strideHeight: Int
  package var strideWidth: Int
  package var paddingTop: Int
  package var paddingLeft: Int

  package init(
    kernelHeight: Int, kernelWidth: Int, strideHeight: Int, strideWidth: Int, paddingTop: Int = 0,
    paddingLeft: Int = 0
  ) {
    self.kernelHeight = kernelHeight
    self.kernelWidth = kernelWidth
    self.strideHeight = strideHeight
    self.strideWidth = strideWidth
    self.paddingTop = paddingTop
    self.paddingLeft = paddingLeft
  }

  /// The kernel rows of output row `i` that lie inside of an input of `height` rows; empty when
  /// none does.
  @inline(__always) func kernelRows(ofOutputRow i: Int, inputHeight height: Int) -> Range<Int> {
    Self.inside(start: i * strideHeight - paddingTop, kernel: kernelHeight, size: height)
  }

  /// The kernel columns of output column `j` that lie inside of an input of `width` columns.
  @inline(__always) func kernelColumns(ofOutputColumn j: Int, inputWidth width: Int) -> Range<Int> {
    Self.inside(start: j * strideWidth - paddingLeft, kernel: kernelWidth, size: width)
  }

  /// The output rows, of `height`, whose windows cover input row `y`.
  @inline(__always) func outputRows(coveringInputRow y: Int, outputHeight height: Int) -> Range<Int>
  { Self.covering(y + paddingTop, kernel: kernelHeight, stride: strideHeight, size: height) }

  /// The output columns, of `width`, whose windows cover input column `x`.
  @inline(__always) func outputColumns(coveringInputColumn x: Int, outputWidth width: Int) -> Range<
    Int
  > { Self.covering(x + paddingLeft, kernel: kernelWidth, stride: strideWidth, size: width) }

  /// Whether windows are 2×2, side by side, and none is cut off.
  func isHalving(inputHeight: Int, inputWidth: Int, outputHeight: Int, outputWidth: Int) -> Bool {
    let halving = PoolingGeometry(kernelHeight: 2, kernelWidth: 2, strideHeight: 2, strideWidth: 2)
    return self == halving && 2 * outputHeight <= inputHeight && 2 * outputWidth <= inputWidth
  }

  /// y[n,i,j,c] = f(elements of x in the window): the loop of reference implementations.
  func reduceWindows<Element>(
    _ x: TensorView<Element>, into y: TensorView<Element>, _ f: ([Element]) -> Element
  ) {
    y.forEachIndex { n, i, j, c in
      var window: [Element] = []
      for a in 0..<kernelHeight {
        for b in 0..<kernelWidth {
          let row = i * strideHeight - paddingTop + a
          let column = j * strideWidth - paddingLeft + b
          guard 0..<x.height ~= row && 0..<x.width ~= column else { continue }
          window.append(x[n, row, column, c])
        }
      }
      y[n, i, j, c] = f(window)
    }
  }

  /// Traps when strides or windows are empty, or a window has more positions than a byte can count.
  func check() {
    precondition(kernelHeight > 0 && kernelWidth > 0, "a pooling window is not empty")
    precondition(strideHeight > 0 && strideWidth > 0, "a pooling stride is positive")
    precondition(kernelHeight * kernelWidth <= 256, "a pooling window has at most 256 positions")
  }

  @inline(__always) private static func inside(start: Int, kernel: Int, size: Int) -> Range<Int> {
    let first = max(0, -start)
    return first..<max(first, min(kernel, size - start))
  }

  @inline(__always) private static func covering(
    _ padded: Int, kernel: Int, stride: Int, size: Int
  ) -> Range<Int> {
    let first = max(0, padded - kernel + stride) / stride
    return first..<max(first, min(size, padded / stride + 1))
  }
}
