// SPDX-License-Identifier: Apache-2.0
import Datasets
import Foundation
import Imaging
import Kernels
import Testing

@Suite struct DegradationTests {
  private func degrade(_ image: Image, _ text: String, seed: UInt64 = 1) throws -> Image {
    var random = RandomGenerator(seed: seed)
    return try Degradation(parsing: text).apply(to: image, random: &random)
  }

  private var ramp: Image {
    var image = Image(width: 16, height: 16)
    for index in 0..<256 {
      image.pixels[3 * index] = UInt8(index)
      image.pixels[3 * index + 1] = UInt8(255 - index)
      image.pixels[3 * index + 2] = UInt8(index % 16 * 16)
    }
    return image
  }

  @Test(arguments: [
    "none", "dull=0.4", "blur=1.0", "noise=0.05", "jpeg=20", "shrink=4",
    "dull=0.4,blur=1.0,shrink=2,noise=0.05,jpeg=20",
  ])
  func `prints what it parses`(text: String) throws {
    #expect(try Degradation(parsing: text).description == text)
  }

  @Test func `parses parts in any order`() throws {
    #expect(
      try Degradation(parsing: "jpeg=20,dull=.4")
        == Degradation(dullness: 0.4, jpegQuality: 20))
  }

  @Test(arguments: [
    "", "dull", "dull=", "dull=x", "fog=1", "dull=0.1,dull=0.2", "dull=1.5", "dull=-1", "dull=nan",
    "blur=inf", "blur=51", "noise=2", "jpeg=0", "jpeg=101", "jpeg=2.5", "shrink=1", "shrink=9",
    "shrink=x", "dull=1,", "=1", "dull=1=1",
  ])
  func `refuses a text that is no degradation, and quotes it`(text: String) {
    let error = #expect(throws: DatasetError.self) { try Degradation(parsing: text) }
    #expect(error?.message.hasPrefix("degradation '\(text)': ") == true)
  }

  @Test func `dullness shrinks contrast about the mean grey and darkens`() throws {
    let dull = try degrade(ramp, "dull=0.5")
    let greys = stride(from: 0, to: 768, by: 3).map {
      0.299 * Double(ramp.pixels[$0]) + 0.587 * Double(ramp.pixels[$0 + 1])
        + 0.114 * Double(ramp.pixels[$0 + 2])
    }
    let mean = greys.reduce(0, +) / 256
    for (value, source) in zip(dull.pixels, ramp.pixels) {
      #expect(abs(Double(value) - 0.75 * (mean + 0.5 * (Double(source) - mean))) <= 0.51)
    }
  }

  @Test func `blur spreads a point to a Gaussian and keeps its sum`() throws {
    var point = Image(width: 21, height: 21)
    let centre = 3 * (10 * 21 + 10)
    point.pixels[centre] = 255
    let blurred = try degrade(point, "blur=1.5")
    func at(_ x: Int, _ y: Int) -> Double { Double(blurred.pixels[3 * (y * 21 + x)]) }
    let peak = 255 / (2 * Double.pi * 1.5 * 1.5)
    for (x, y) in [(10, 10), (11, 10), (10, 12), (13, 13)] {
      let squared = Double((x - 10) * (x - 10) + (y - 10) * (y - 10))
      #expect(abs(at(x, y) - peak * exp(-squared / 4.5)) < 1)
    }
    #expect(blurred.pixels[centre + 1] == 0)
  }

  @Test func `blur leaves a plain picture alone, even a smaller one than itself`() throws {
    for side in [1, 2, 5] {
      let plain = Image(width: side, height: side + 1, filledWith: (200, 100, 0))
      #expect(try degrade(plain, "blur=7") == plain)
    }
  }

  @Test func `shrinking leaves plain pictures and what is coarse, and takes fine detail`() throws {
    let plain = Image(width: 9, height: 7, filledWith: (200, 100, 0))
    #expect(try degrade(plain, "shrink=4") == plain)
    var stripes = Image(width: 16, height: 16)
    for index in stripes.pixels.indices { stripes.pixels[index] = index / 3 % 2 == 0 ? 0 : 255 }
    let shrunk = try degrade(stripes, "shrink=2")
    #expect(shrunk.width == 16 && shrunk.pixels.allSatisfy { (96...160).contains($0) })
    let small = ramp.resized(width: 8, height: 8, filter: .bicubic)
    #expect(try degrade(ramp, "shrink=2") == small.resized(width: 16, height: 16, filter: .bicubic))
  }

  @Test func `noise has its standard deviation and follows the seed`() throws {
    let grey = Image(width: 100, height: 101, filledWith: (128, 128, 128))
    let noisy = try degrade(grey, "noise=0.05")
    let errors = noisy.pixels.map { Double($0) - 128 }
    let deviation = (errors.map { $0 * $0 }.reduce(0, +) / Double(errors.count)).squareRoot()
    #expect(abs(deviation - 0.05 * 255) < 0.3)
    #expect(abs(errors.reduce(0, +) / Double(errors.count)) < 0.3)
    #expect(try degrade(grey, "noise=0.05") == noisy)
    #expect(try degrade(grey, "noise=0.05", seed: 2) != noisy)
  }

  @Test func `a degraded set keeps all but the pixels, and each image has noise of its own`() throws
  {
    let dataset = randomDataset(counts: [20, 15], width: 9, height: 8)
    let degradation = Degradation(dullness: 0.2, blur: 0.5, noise: 0.1)
    let degraded = try dataset.degraded(by: degradation, seed: 3)
    #expect(degraded.labels == dataset.labels && degraded.sourceNames == dataset.sourceNames)
    #expect(degraded.overlap(with: dataset).isEmpty)
    #expect(try dataset.degraded(by: degradation, seed: 3).hashes == degraded.hashes)
    #expect(try dataset.degraded(by: Degradation(), seed: 3).hashes == dataset.hashes)
    #expect(throws: DatasetError.self) { try dataset.degraded(by: .init(noise: 2), seed: 3) }
  }

  @Test(arguments: [1, 2, 5])
  func `no byte depends on the number of threads`(threads: Int) throws {
    let dataset = randomDataset(counts: [9, 8], width: 9, height: 8)
    let degradation = Degradation(blur: 0.5, noise: 0.1)
    #expect(
      try dataset.degraded(by: degradation, seed: 3, threads: threads).hashes
        == dataset.degraded(by: degradation, seed: 3).hashes)
    #expect(
      try dataset.corrupted(by: .snow, severity: 3, seed: 1, threads: threads).hashes
        == dataset.corrupted(by: .snow, severity: 3, seed: 1).hashes)
    var specification = DataSpecification()
    specification.scenes = .init(training: 11, test: 5)
    #expect(
      try specification.load(threads: threads).training.hashes
        == specification.load().training.hashes)
  }

  @Test(.enabled(if: jpegIsBuiltIn, "libjpeg-turbo's headers were not there"))
  func `jpeg is the stronger the lower its quality`() throws {
    func distance(_ text: String) throws -> Int {
      zip(try degrade(ramp, text).pixels, ramp.pixels).reduce(0) { $0 + abs(Int($1.0) - Int($1.1)) }
    }
    #expect(try distance("jpeg=5") > distance("jpeg=50"))
    #expect(try distance("jpeg=50") > 0)
  }
}
