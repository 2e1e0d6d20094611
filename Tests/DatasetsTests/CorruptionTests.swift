// SPDX-License-Identifier: Apache-2.0
import Datasets
import Imaging
import Kernels
import TestSupport
import Testing

/// Against SciPy, OpenCV, scikit-image and Pillow: tools/oracles/corruptions.py.
struct CorruptionTests {
  private let levels: [UInt8]
  private let byteCount = 32 * 32 * 3

  init() throws { levels = try Fixture.bytes("corruptions.bin") }

  private var picture: Image {
    Image(width: 32, height: 32, pixels: Array(levels[..<byteCount]))
  }

  /// In the order of the file.
  private static let golden: [Corruption] = [
    .gaussianNoise, .impulseNoise, .defocusBlur, .glassBlur, .motionBlur, .zoomBlur, .snow, .fog,
    .brightness, .contrast, .elastic, .pixelate, .jpeg,
  ]

  private func corrupted(_ corruption: Corruption, _ severity: Int, seed: UInt64) throws -> Image {
    var random = RandomGenerator(seed: seed)
    return try corruption.apply(to: picture, severity: severity, random: &random)
  }

  @Test(arguments: golden, Array(Corruption.severities))
  func `corruptions are those of the published formulas`(
    corruption: Corruption, severity: Int
  ) throws {
    let found = try corrupted(corruption, severity, seed: UInt64(severity)).pixels
    let place = try #require(Self.golden.firstIndex(of: corruption)) * 5 + severity
    let expected = levels[place * byteCount..<(place + 1) * byteCount]
    #expect(found != picture.pixels)
    let differences = zip(found, expected).map { abs(Int($0) - Int($1)) }
    // Rounding differs where floats differ in their last places, which matters most where a
    // constant is half a level off a whole number of them.
    #expect(differences.max() ?? 0 <= 1, "\(differences.max() ?? 0)")
    #expect(corruption == .brightness || differences.reduce(0, +) <= byteCount / 50)
  }

  @Test(arguments: Corruption.allCases)
  func `corruptions are drawn from the seed and grow with the severity`(
    corruption: Corruption
  ) throws {
    func error(_ severity: Int, _ seed: UInt64) throws -> Int {
      zip(try corrupted(corruption, severity, seed: seed).pixels, picture.pixels)
        .reduce(0) { $0 + abs(Int($1.0) - Int($1.1)) }
    }
    #expect(try corrupted(corruption, 3, seed: 1) == corrupted(corruption, 3, seed: 1))
    // Elastic bends less and ripples more; all others only grow.
    if corruption != .elastic {
      let (mild, strong) = (
        try (1...3).map { try error(1, $0) }, try (1...3).map { try error(5, $0) }
      )
      #expect(mild.reduce(0, +) < strong.reduce(0, +))
    }
  }

  @Test func `shot noise has the mean and the variance of its photons`() throws {
    let grey = Image(width: 32, height: 32, filledWith: (128, 128, 128))
    for (severity, photons) in zip(1..., [500.0, 250, 100, 75, 50]) {
      var random = RandomGenerator(seed: 7)
      let noisy = try Corruption.shotNoise.apply(to: grey, severity: severity, random: &random)
      let values = noisy.pixels.map { Double($0) / 255 }
      let mean = values.reduce(0, +) / Double(values.count)
      let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)
      let expected = 128.0 / 255 / photons
      #expect(abs(mean - 128.0 / 255) < 4 * (expected / 3072).squareRoot() + 0.001)
      #expect(abs(variance / expected - 1) < 0.12)
    }
  }

  @Test func `few photons come by chance, too`() throws {
    let dark = Image(width: 32, height: 32, filledWith: (5, 5, 5))
    var random = RandomGenerator(seed: 3)
    let noisy = try Corruption.shotNoise.apply(to: dark, severity: 5, random: &random)
    // Means of 50 · 5/255: e^-0.98 of the numbers see none.
    let none = noisy.pixels.count { $0 == 0 }
    #expect(abs(Double(none) / 3072 - 0.375) < 0.04)
  }

  @Test func `lengths grow with the picture`() throws {
    let large = picture.resized(width: 96, height: 64)
    for corruption in Corruption.allCases {
      var random = RandomGenerator(seed: 1)
      let result = try corruption.apply(to: large, severity: 5, random: &random)
      #expect(result.width == 96 && result.height == 64 && result != large)
    }
    // A picture of one pixel has nothing to blur.
    for corruption in Corruption.allCases {
      var random = RandomGenerator(seed: 1)
      let dot = Image(width: 1, height: 1, filledWith: (9, 99, 199))
      let result = try corruption.apply(to: dot, severity: 5, random: &random)
      #expect(result.width == 1 && result.height == 1)
    }
  }

  @Test func `a set is corrupted image by image`() throws {
    let set = Dataset(
      name: "two", classNames: ["a"], labels: [0, 0], images: [picture, picture])
    let noisy = try set.corrupted(by: .gaussianNoise, severity: 2, seed: 1)
    #expect(noisy.image(at: 0) != noisy.image(at: 1))
    #expect(
      try set.corrupted(by: .gaussianNoise, severity: 2, seed: 1).hashes == noisy.hashes)
    #expect(
      try set.corrupted(by: .gaussianNoise, severity: 2, seed: 2).hashes != noisy.hashes)
  }
}
