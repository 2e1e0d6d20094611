// SPDX-License-Identifier: Apache-2.0
import Network

/// How enhancers that halve and double their images take sides of any length.
extension Graph {
  /// The image with its mirror image around it, so that both sides are multiples of `multiple`;
  /// the image itself where they are already.
  mutating func padded(_ image: Int, toMultipleOf multiple: Int) throws(GraphError) -> Int {
    let shape = shapes[image]
    let vertical = (multiple - shape.height % multiple) % multiple
    let horizontal = (multiple - shape.width % multiple) % multiple
    if vertical == 0 && horizontal == 0 { return image }
    let layer = PaddingLayer(
      top: vertical / 2, bottom: vertical - vertical / 2, left: horizontal / 2,
      right: horizontal - horizontal / 2, mode: .reflect)
    return try add("padding", .padding(layer), [image])
  }

  /// The middle of a padded image, of the height and width of `shape`.
  mutating func cropped(_ node: Int, to shape: Shape) throws(GraphError) -> Int {
    let padded = shapes[node]
    let (vertical, horizontal) = (padded.height - shape.height, padded.width - shape.width)
    if vertical == 0 && horizontal == 0 { return node }
    let layer = CroppingLayer(
      top: vertical / 2, left: horizontal / 2, height: shape.height, width: shape.width)
    return try add("cropping", .cropping(layer), [node])
  }
}
