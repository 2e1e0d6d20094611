// SPDX-License-Identifier: Apache-2.0
import Explanation
import Foundation
import Imaging
import TestSupport
import Testing

struct ComparisonTests {
  @Test func `structural similarity is scikit-image's`() throws {
    let (height, width) = (17, 23)
    let a = NetworkRun.drawn("similarity/a", count: height * width * 3, 0..<1)
    let noise = NetworkRun.drawn("similarity/b", count: height * width * 3, 0..<1)
    let b = zip(a, noise).map { Float(0.7 * Double($0) + 0.3 * Double($1)) }
    let comparison = ImageComparison(a, b, height: height, width: width)
    let golden = try ExplainedNetwork.golden().similarity
    #expect(abs(comparison.structuralSimilarity - golden) < 1e-6)
  }

  @Test func `equal images are equal, and one changed number is seen`() {
    let a = [Float](repeating: 0.5, count: 300)
    var b = a
    #expect(ImageComparison(a, b, height: 10, width: 10).peakSignalToNoise == .infinity)
    #expect(ImageComparison(a, b, height: 10, width: 10).structuralSimilarity == 1)
    b[7] = 1
    let comparison = ImageComparison(a, b, height: 10, width: 10)
    #expect(comparison.largest == 0.5 && comparison.norm == 0.5)
    #expect(abs(comparison.mean - 0.5 / 300) < 1e-12)
  }

  @Test func `the spectrum is NumPy's`() throws {
    let golden = try ExplainedNetwork.golden().spectrum
    let image = NetworkRun.drawn("spectrum", count: 6 * 9 * 2, 0..<1)
    let spectrum = PowerSpectrum(image, height: 6, width: 9)
    expectClose(spectrum.power, golden.power, tolerance: 1e-8)
    expectClose(spectrum.radialMeans, golden.radial, tolerance: 1e-8)
    #expect(abs(spectrum.share() - golden.share) < 1e-8)
    let square = image.reduce(0.0) { $0 + Double($1) * Double($1) } / Double(image.count)
    #expect(abs(spectrum.power.reduce(0, +) - square) < 1e-9)
  }

  @Test(arguments: [1, 2, 7, 12, 30])
  func `a wave's power lies at its frequency`(side: Int) {
    let wave = (0..<side * side).map { pixel in
      Float(cos(2 * Double.pi * Double(side / 3) * Double(pixel % side) / Double(side)))
    }
    let spectrum = PowerSpectrum(wave, height: side, width: side)
    let place = side / 2 * side + side / 2 + side / 3
    let expected = side / 3 == 0 ? 1.0 : 0.25
    #expect(abs(spectrum.power[place] - expected) < 1e-6)
    #expect(abs(spectrum.radialMeans.count - Int(0.7072 * Double(side))) <= 1)
    #expect(PowerSpectrum(wave.map { _ in 0 }, height: side, width: side).share() == 0)
  }

  @Test func `differences are means over the channels, and less than a level is seen`() {
    let before: [Float] = [0.5, 0.5, 0.5, 0.25, 0.25, 0.25]
    let after: [Float] = [0.75, 0.25, 0.5, 0.2501, 0.25, 0.25]
    let maps = DifferenceMaps(from: before, to: after, height: 1, width: 2)
    #expect(abs(maps.absolute.values[0] - 0.5 / 3) < 1e-6 && abs(maps.signed.values[0]) < 1e-6)
    #expect(maps.absolute.values[1] > 0 && maps.signed.values[1] > 0)
    #expect(Array(maps.picture(limit: 0.25).pixels.prefix(3)) == [255, 255, 0])
  }
}
