// SPDX-License-Identifier: Apache-2.0
import Imaging
import Testing

@Suite struct ColorMapTests {
  /// Published values at 0, 1/2 and 1; turbo's polynomial is known to miss its table by up to
  /// 32 levels at its dark ends.
  @Test(arguments: [
    (ColorMap.jet, [(0, 0, 128), (128, 255, 128), (128, 0, 0)], 0),
    (.viridis, [(68, 1, 84), (33, 145, 140), (253, 231, 37)], 4),
    (.turbo, [(48, 18, 59), (164, 252, 60), (122, 4, 3)], 32),
    (.diverging, [(5, 48, 97), (247, 247, 247), (103, 0, 31)], 0),
    (.grey, [(0, 0, 0), (128, 128, 128), (255, 255, 255)], 0),
  ])
  func `has the published colours`(_ map: ColorMap, _ colors: [(Int, Int, Int)], _ slack: Int) {
    for (value, expected) in zip([Float(0), 0.5, 1], colors) {
      let color = map.color(at: value)
      #expect(abs(Int(color.red) - expected.0) <= slack, "\(value)")
      #expect(abs(Int(color.green) - expected.1) <= slack, "\(value)")
      #expect(abs(Int(color.blue) - expected.2) <= slack, "\(value)")
    }
  }

  @Test(arguments: ColorMap.allCases)
  func `clamps and takes NaN for 0`(_ map: ColorMap) {
    #expect(map.color(at: -3) == map.color(at: 0))
    #expect(map.color(at: .infinity) == map.color(at: 1))
    #expect(map.color(at: .nan) == map.color(at: 0))
  }
}
