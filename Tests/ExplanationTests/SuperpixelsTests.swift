// SPDX-License-Identifier: Apache-2.0
import Explanation
import Foundation
import Imaging
import TestSupport
import Testing

struct SuperpixelsTests {
  /// The picture of tools/oracles/superpixels.py: noise on four fields of colour and a disc.
  private static let picture: Image = {
    let (height, width) = (36, 52)
    let noise = NetworkRun.drawn("superpixels", count: height * width * 3, 0..<40)
    var image = Image(width: width, height: height)
    for pixel in 0..<height * width {
      let (y, x) = pixel.quotientAndRemainder(dividingBy: width)
      var levels = [0, 0, 0]
      if y < height / 2 { levels = [120, 20, 40] }
      if x < width / 2 { levels = zip(levels, [30, 110, 60]).map(+) }
      if (y - 15) * (y - 15) + (x - 28) * (x - 28) < 81 { levels = [60, 70, 200] }
      for c in 0..<3 { image.pixels[3 * pixel + c] = UInt8(levels[c] + Int(noise[3 * pixel + c])) }
    }
    return image
  }()

  private static let golden: [String: String] = {
    let url = Bundle.module.url(
      forResource: "superpixels", withExtension: "json", subdirectory: "Fixtures")
    return url.flatMap { try? Data(contentsOf: $0) }.flatMap {
      try? JSONDecoder().decode([String: String].self, from: $0)
    } ?? [:]
  }()

  /// Whether pixels are in one part here where they are in the golden picture, and only there.
  private func expect(_ parts: Superpixels, _ name: String) throws {
    let text = try #require(Self.golden[name])
    let golden = Superpixels(width: 52, height: 36, labels: text.utf8.map { Int($0) })
    let differing = zip(parts.labels, golden.labels).filter { $0 != $1 }.count
    #expect(parts == golden, "\(name): \(differing) pixels differ, \(parts.count) parts")
  }

  @Test func `SLIC's parts are scikit-image's`() throws {
    try expect(.slic(Self.picture, count: 50), "slic-50")
    try expect(.slic(Self.picture, count: 12, compactness: 20, sigma: 0), "slic-12")
  }

  @Test func `quickshift's parts are scikit-image's where no ties are broken`() throws {
    try expect(.quickshift(Self.picture, kernelSize: 1.5, seed: nil), "quickshift-1.5")
    try expect(.quickshift(Self.picture, kernelSize: 3, seed: nil), "quickshift-3")
  }

  @Test func `Felzenszwalb and Huttenlocher's parts are scikit-image's`() throws {
    try expect(.felzenszwalb(Self.picture, scale: 50, smallest: 9), "felzenszwalb-50")
    try expect(.felzenszwalb(Self.picture, scale: 5, smallest: 40), "felzenszwalb-5")
  }

  @Test(arguments: Superpixels.Method.allCases)
  func `parts cover any picture and are numbered from 0 on`(method: Superpixels.Method) {
    let sizes = [(1, 1), (1, 40), (40, 1), (7, 3), (52, 36)]
    for (width, height) in sizes {
      let image =
        (width, height) == (52, 36) ? Self.picture : Image(width: width, height: height)
      let parts = Superpixels(of: image, by: method, count: 20)
      #expect(parts.labels.count == width * height)
      #expect(Set(parts.labels) == Set(0..<parts.count))
      #expect(parts == Superpixels(of: image, by: method, count: 20))
    }
    let parts = Superpixels(of: Self.picture, by: method, count: 20)
    #expect((4...40).contains(parts.count))
    let enlarged = parts.enlarged(by: 3)
    #expect(enlarged.width == 156 && enlarged.count == parts.count)
    #expect(enlarged.labels[3 * 156 + 3 * 51] == parts.labels[52 + 51])
  }
}
