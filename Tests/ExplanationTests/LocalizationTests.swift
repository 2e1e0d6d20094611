// SPDX-License-Identifier: Apache-2.0
import Explanation
import Imaging
import TestSupport
import Testing

struct LocalizationTests {
  private func disc(width: Int, height: Int) -> Mask {
    Mask(
      width: width, height: height,
      pixels: (0..<width * height).map { pixel in
        let (y, x) = (pixel / width - 4, pixel % width - 6)
        return y * y + x * x <= 9 ? 255 : 0
      })
  }

  @Test func `measures are NumPy's`() throws {
    let map = HeatMap(
      width: 11, height: 9,
      values: NetworkRun.drawn("localization/map", count: 99, -0.5..<1))
    let golden = try AssessmentGolden.read().localization
    let found = try #require(Localization(map, disc(width: 11, height: 9), seed: 1))
    #expect(abs(found.energy - golden.energy) < 1e-6)
    #expect(found.rankAccuracy == golden.rank)
    #expect(found.isHit == golden.hit)
  }

  @Test func `a map of the mask is perfect, one of its complement is not`() throws {
    let mask = disc(width: 40, height: 40)
    func found(_ inside: Float, _ outside: Float) throws -> Localization {
      try #require(
        Localization(
          HeatMap(width: 40, height: 40, values: mask.pixels.map { $0 > 0 ? inside : outside }),
          mask, seed: 1))
    }
    let (right, wrong) = (try found(1, 0), try found(0, 1))
    #expect(right.isHit && right.energy == 1 && right.rankAccuracy == 1)
    #expect(wrong.energy == 0 && wrong.rankAccuracy == 0)
    // What is negative speaks against the class.
    #expect(try found(1, -5).energy == 1)
  }

  @Test func `a hit may be a little beside the object`() throws {
    let mask = disc(width: 40, height: 40)
    func isHit(x: Int) throws -> Bool {
      var map = HeatMap(width: 40, height: 40, values: [Float](repeating: 0, count: 1600))
      map.values[4 * 40 + x] = 1
      return try #require(Localization(map, mask, seed: 1)).isHit
    }
    // The object ends at 9, the tolerance is 2.8 pixels.
    #expect(try isHit(x: 11))
    #expect(try !isHit(x: 12))
  }

  @Test func `there is nothing to say of empty maps and masks`() {
    let map = HeatMap(width: 4, height: 4, values: [Float](repeating: 1, count: 16))
    let none = HeatMap(width: 4, height: 4, values: [Float](repeating: 0, count: 16))
    let half = Mask(width: 4, height: 4, pixels: (0..<16).map { $0 < 8 ? 255 : 0 })
    #expect(Localization(none, half, seed: 1) == nil)
    #expect(Localization(map, Mask(width: 4, height: 4), seed: 1) == nil)
    #expect(Localization(map, Mask(width: 4, height: 4, filledWith: 255), seed: 1) == nil)
    #expect(Localization(map, half, seed: 1)?.energy == Localization.area(of: half))
  }

  @Test func `a blob in the middle is there`() {
    let map = Localization.centred(width: 9, height: 5)
    #expect(map.values[2 * 9 + 4] == map.values.max())
    #expect(map.values[0] == map.values[44] && map.values[0] < 0.3)
  }
}
