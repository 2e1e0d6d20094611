// SPDX-License-Identifier: Apache-2.0
import Imaging
import Testing

@Suite struct HeatMapTests {
  @Test func `a difference is the mean over channels of magnitudes`() {
    let a = Image(width: 2, height: 1, pixels: [0, 0, 0, 255, 10, 0])
    let b = Image(width: 2, height: 1, pixels: [255, 255, 255, 0, 10, 51])
    #expect(HeatMap.difference(a, b).values == [1, 306.0 / 765])
  }

  @Test func `the stretch leaves outliers out and is symmetric about 0 when signs differ`() {
    var values = (0..<100).map { Float($0) / 1000 }
    values[50] = 1
    let map = HeatMap(width: 10, height: 10, values: values)
    #expect(map.stretchedRange(percentile: 90) == 0...0.09)
    #expect(map.stretchedRange(percentile: 100) == 0...1)
    let signed = HeatMap(width: 2, height: 1, values: [-0.5, 0.25])
    #expect(signed.stretchedRange() == -0.5...0.5)
  }

  @Test func `a map of nothing, of NaN, or mostly of 0 has a range`() {
    #expect(HeatMap(width: 1, height: 1, values: [0]).stretchedRange() == 0...1)
    #expect(HeatMap(width: 1, height: 1, values: [.nan]).stretchedRange() == 0...1)
    let sparse = HeatMap(width: 1000, height: 1, values: [0.5] + Array(repeating: 0, count: 999))
    #expect(sparse.stretchedRange() == 0...0.5)
  }

  @Test func `colours are those of the map over the range`() {
    let map = HeatMap(width: 5, height: 1, values: [-1, 0, 0.5, 2, .nan])
    let image = map.image(.grey, range: 0...1)
    #expect(image.pixels == [0, 0, 0, 0, 0, 0, 128, 128, 128, 255, 255, 255, 0, 0, 0])
    #expect(map.image(.grey, range: 0...0).pixels.allSatisfy { $0 == 0 })
  }

  @Test func `resizing keeps constants, and is linear between centres`() {
    let constant = HeatMap(width: 3, height: 2, values: Array(repeating: 0.25, count: 6))
    #expect(constant.resized(width: 7, height: 5).values.allSatisfy { $0 == 0.25 })
    let step = HeatMap(width: 2, height: 1, values: [0, 1])
    #expect(step.resized(width: 4, height: 1).values == [0, 0.25, 0.75, 1])
    #expect(step.resized(width: 2, height: 1) == step)
  }
}
