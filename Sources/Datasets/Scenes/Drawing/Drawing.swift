// SPDX-License-Identifier: Apache-2.0

/// An object as shapes within the square [−1, 1]², y downwards, from the bottom layer to the top.
struct Drawing: Sendable {
  struct Layer: Sendable {
    let shape: Shape
    let color: SceneColor
    /// Whether the object's outline runs around it; details lie inside other layers.
    let isOutlined: Bool
  }

  private(set) var layers: [Layer] = []

  /// Adds a part of the silhouette.
  mutating func add(_ shape: Shape, _ color: SceneColor) {
    layers.append(Layer(shape: shape, color: color, isOutlined: true))
  }

  /// Adds a detail inside of the parts that are there.
  mutating func addDetail(_ shape: Shape, _ color: SceneColor) {
    layers.append(Layer(shape: shape, color: color, isOutlined: false))
  }

  /// Paints the outline of all parts together, then the layers over it.
  func paint(
    on canvas: inout SceneCanvas, at placement: Placement, outline: SceneColor, outlineWidth: Float
  ) {
    for layer in layers where layer.isOutlined {
      canvas.fill(layer.shape, grownBy: outlineWidth, with: outline, at: placement)
    }
    for layer in layers {
      canvas.fill(layer.shape, with: layer.color, at: placement)
    }
  }
}
