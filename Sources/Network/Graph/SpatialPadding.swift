// SPDX-License-Identifier: Apache-2.0

/// What surrounds the image where a window reaches over its border.
public enum SpatialPadding: Equatable, Sendable {
  /// Windows lie inside of the image.
  case valid
  /// As many pixels as make the output ⌈size / stride⌉, the odd one below and to the right
  /// (TensorFlow's rule).
  case same
  /// So many pixels on each side.
  case explicit(top: Int, bottom: Int, left: Int, right: Int)

  /// The same number of pixels on all four sides.
  public static func all(_ count: Int) -> SpatialPadding {
    .explicit(top: count, bottom: count, left: count, right: count)
  }

  /// The extent of the output and the pixels before the first one along one axis; `nil` when no
  /// window fits.
  func resolve(size: Int, window: Int, stride: Int, isVertical: Bool) -> (output: Int, before: Int)?
  {
    switch self {
    case .valid: return size < window ? nil : ((size - window) / stride + 1, 0)
    case .same:
      let output = (size + stride - 1) / stride
      return (output, max(0, (output - 1) * stride + window - size) / 2)
    case .explicit(let top, let bottom, let left, let right):
      let before = isVertical ? top : left
      let padded = size + before + (isVertical ? bottom : right)
      return padded < window ? nil : ((padded - window) / stride + 1, before)
    }
  }

  /// A count of pixels that is negative or beyond all use.
  var outOfRange: Int? {
    guard case .explicit(let top, let bottom, let left, let right) = self else { return nil }
    return [top, bottom, left, right].first { !(0...maximumExtent).contains($0) }
  }
}

/// The bound on kernels, strides, dilations and paddings: far above all use, far below overflow.
let maximumExtent = 1 << 14

/// A window that slides over an image.
public struct Window: Equatable, Sendable {
  /// Rows.
  public var height: Int
  /// Columns.
  public var width: Int
  /// Rows from one position to the next.
  public var strideHeight: Int
  /// Columns from one position to the next.
  public var strideWidth: Int
  /// What surrounds the image.
  public var padding: SpatialPadding

  /// A window of height × width pixels.
  public init(
    height: Int, width: Int, strideHeight: Int = 1, strideWidth: Int = 1,
    padding: SpatialPadding = .valid
  ) {
    self.height = height
    self.width = width
    self.strideHeight = strideHeight
    self.strideWidth = strideWidth
    self.padding = padding
  }

  /// A square window that moves by the same stride both ways.
  public init(_ side: Int, stride: Int = 1, padding: SpatialPadding = .valid) {
    self.init(
      height: side, width: side, strideHeight: stride, strideWidth: stride, padding: padding)
  }

  /// Where the window comes to stand on an image.
  struct Placement {
    var outputHeight: Int
    var outputWidth: Int
    var paddingTop: Int
    var paddingLeft: Int
  }

  /// How many pixels above and left of an image the first window stands, and the output's height
  /// and width; `nil` where no window fits.
  package func corner(on shape: Shape, dilationHeight: Int, dilationWidth: Int) -> [Int]? {
    let place = try? placement(
      on: shape, dilationHeight: dilationHeight, dilationWidth: dilationWidth)
    return place.map { [$0.paddingTop, $0.paddingLeft, $0.outputHeight, $0.outputWidth] }
  }

  func placement(
    on shape: Shape, dilationHeight: Int = 1, dilationWidth: Int = 1
  ) throws(ShapeError) -> Placement {
    for extent in [height, width] where !(1...maximumExtent).contains(extent) {
      throw .attributeOutOfRange(.kernel, actual: extent)
    }
    for extent in [strideHeight, strideWidth] where !(1...maximumExtent).contains(extent) {
      throw .attributeOutOfRange(.stride, actual: extent)
    }
    for extent in [dilationHeight, dilationWidth] where !(1...maximumExtent).contains(extent) {
      throw .attributeOutOfRange(.dilation, actual: extent)
    }
    if let count = padding.outOfRange { throw .attributeOutOfRange(.padding, actual: count) }
    let vertical = padding.resolve(
      size: shape.height, window: (height - 1) * dilationHeight + 1, stride: strideHeight,
      isVertical: true)
    let horizontal = padding.resolve(
      size: shape.width, window: (width - 1) * dilationWidth + 1, stride: strideWidth,
      isVertical: false)
    guard let vertical, let horizontal else {
      throw .emptyOutput(inputHeight: shape.height, inputWidth: shape.width)
    }
    return Placement(
      outputHeight: vertical.output, outputWidth: horizontal.output, paddingTop: vertical.before,
      paddingLeft: horizontal.before)
  }
}
