// SPDX-License-Identifier: Apache-2.0
import Imaging
import Kernels
import TestSupport
import Testing

struct FixedFilterTests {
  private let image: Image = {
    var random = RandomGenerator(seed: 3)
    let pixels = (0..<6 * 5 * 3).map { _ in UInt8(40 + random.index(below: 160)) }
    return Image(width: 6, height: 5, pixels: pixels)
  }()

  @Test func `neutral settings change nothing`() {
    for filter in [
      FixedFilter.unsharpMask(sigma: 1, amount: 0), .gamma(1), .saturation(1),
      .sharpenAndSaturate(amount: 0, factor: 1),
    ] { #expect(filter.apply(to: image) == image, "\(filter)") }
  }

  @Test func `stretching reaches both ends`() {
    let stretched = FixedFilter.stretch(low: 0, high: 1).apply(to: image).pixels
    #expect(stretched.min() == 0 && stretched.max() == 255)
    let flat = Image(width: 2, height: 2, pixels: [UInt8](repeating: 77, count: 12))
    #expect(FixedFilter.stretch(low: 0, high: 1).apply(to: flat) == flat)
  }

  @Test func `saturation 0 leaves luma, γ darkens above 1`() {
    let grey = FixedFilter.saturation(0).apply(to: image).pixels
    for index in stride(from: 0, to: grey.count, by: 3) {
      let luma =
        0.299 * Double(image.pixels[index]) + 0.587 * Double(image.pixels[index + 1])
        + 0.114 * Double(image.pixels[index + 2])
      #expect(abs(Double(grey[index]) - luma) <= 0.5001 && grey[index] == grey[index + 2])
    }
    let dark = FixedFilter.gamma(2).apply(to: image).pixels
    for (value, original) in zip(dark, image.pixels) {
      let expected = Double(original) * Double(original) / 255
      #expect(abs(Double(value) - expected) <= 0.501)
    }
  }

  @Test(arguments: [(1, 2), (2, 4), (3, 0)])
  func `equalising grey pictures is what OpenCV does`(place: Int, limit: Float) throws {
    let (width, height) = (37, 29)
    let levels = try TestSupport.Fixture.bytes("equalization.bin")
    func picture(_ place: Int) -> Image {
      Mask(
        width: width, height: height,
        pixels: Array(levels[place * width * height..<(place + 1) * width * height])
      ).image
    }
    #expect(FixedFilter.equalization(limit: limit).apply(to: picture(0)) == picture(place))
  }

  @Test func `sharpening keeps the mean and raises the contrast`() {
    let sharp = FixedFilter.unsharpMask(sigma: 1, amount: 0.2).apply(to: image).pixels
    func spread(_ values: [UInt8]) -> Int { values.reduce(0) { $0 + abs(Int($1) - 120) } }
    #expect(spread(sharp) > spread(image.pixels))
  }
}
