// SPDX-License-Identifier: Apache-2.0
import Imaging
import Scenes
import Testing

struct SceneRendererTests {
  @Test(arguments: [8, 9, 17, 32, 33, 96, 224])
  func `any size shows an object in front of a background`(size: Int) throws {
    let generator = try SceneGenerator(SceneParameters(size: size))
    for index in 0..<20 {
      let sample = generator.sample(at: index)
      #expect(sample.image.width == size && sample.image.height == size)
      #expect(sample.mask.width == size && sample.mask.height == size)
      let area = Double(sample.mask.pixels.count { $0 == 255 }) / Double(size * size)
      #expect(area > 0.02 && area < 0.6)
      #expect(Set(sample.image.pixels).count > 20)
    }
  }

  @Test func `masks are never empty and hold 0 and 255 alone`() throws {
    let generator = try SceneGenerator(SceneParameters(size: 8, smallestObject: 0.3))
    for index in 0..<1000 {
      let values = Set(generator.mask(of: generator.scene(at: index)).pixels)
      #expect(values == [0, 255])
    }
  }

  /// Between black and a grey of 100, a pixel differs by 100 · (1 − coverage).
  @Test func `the mask marks what the object covers by half or more`() throws {
    let generator = try SceneGenerator(SceneParameters(size: 40))
    for index in 0..<100 {
      let scene = generator.scene(at: index)
      let dark = generator.renderOnlyForeground(scene, over: (0, 0, 0)).pixels
      let grey = generator.renderOnlyForeground(scene, over: (100, 100, 100)).pixels
      let mask = generator.mask(of: scene).pixels
      for pixel in mask.indices {
        let difference = Int(grey[3 * pixel + 1]) - Int(dark[3 * pixel + 1])
        if abs(difference - 50) > 1 { #expect((mask[pixel] == 255) == (difference < 50)) }
      }
    }
  }

  /// Pixels whose neighbours are all of their own kind lie clear of the object's smooth edge. Only
  /// where two parts almost touch does a little of the background shine through.
  @Test func `another background changes what is outside of the mask alone`() throws {
    let size = 48
    let generator = try SceneGenerator(SceneParameters(size: size))
    for index in 0..<40 {
      let scene = generator.scene(at: index)
      let mask = generator.mask(of: scene).pixels
      let inside = clearPixels(of: mask, size: size, value: 255)
      let outside = clearPixels(of: mask, size: size, value: 0)
      let first = generator.render(scene)
      for background in SceneBackground.allCases {
        let other = generator.render(scene, background: background)
        let empty = generator.renderOnlyBackground(scene.on(background))
        let shining = inside.count { color(first, $0) != color(other, $0) }
        #expect(shining * 25 <= inside.count)
        #expect(outside.allSatisfy { color(empty, $0) == color(other, $0) })
        #expect((first == other) == (background == scene.background))
      }
    }
  }

  private func clearPixels(of mask: [UInt8], size: Int, value: UInt8) -> [Int] {
    mask.indices.filter { pixel in
      let (row, column) = pixel.quotientAndRemainder(dividingBy: size)
      guard (1..<size - 1).contains(row), (1..<size - 1).contains(column) else { return false }
      return (-1...1).allSatisfy { y in
        (-1...1).allSatisfy { x in mask[(row + y) * size + column + x] == value }
      }
    }
  }

  private func color(_ image: Image, _ pixel: Int) -> [UInt8] {
    Array(image.pixels[3 * pixel..<3 * pixel + 3])
  }

  @Test func `objects lie within the picture`() throws {
    let size = 64
    let generator = try SceneGenerator(SceneParameters(size: size))
    for index in 0..<300 {
      let mask = generator.mask(of: generator.scene(at: index)).pixels
      let rim = mask.indices.count { pixel in
        let (row, column) = pixel.quotientAndRemainder(dividingBy: size)
        return mask[pixel] == 255 && [0, size - 1].contains { $0 == row || $0 == column }
      }
      #expect(rim <= 3)
    }
  }
}
