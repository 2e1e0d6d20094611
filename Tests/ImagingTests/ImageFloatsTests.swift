// SPDX-License-Identifier: Apache-2.0
import Imaging
import Testing

@Suite struct ImageFloatsTests {
  @Test(arguments: [3, 5])
  func `every level survives the way to floats and back`(_ pixelStride: Int) {
    let image = Image(width: 32, height: 8, pixels: (0..<768).map { UInt8($0 % 256) })
    var floats = [Float](repeating: -1, count: 256 * pixelStride)
    image.store(into: &floats, pixelStride: pixelStride)
    #expect(floats[pixelStride + 1] == Float(4) / 255)
    if pixelStride > 3 { #expect(floats[3] == -1 && floats[4] == -1) }
    let back = Image(width: 32, height: 8, floats: floats, pixelStride: pixelStride)
    #expect(back == image)
  }

  @Test func `clamps, rounds and takes NaN for black`() {
    let floats: [Float] = [-1, 2, .nan, .infinity, 0.5, 1, -.infinity, 0.499 / 255, 0.501 / 255]
    let image = Image(width: 3, height: 1, floats: floats)
    #expect(image.pixels == [0, 255, 0, 255, 128, 255, 0, 0, 1])
  }
}
