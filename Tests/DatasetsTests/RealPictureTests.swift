// SPDX-License-Identifier: Apache-2.0
import Datasets
import Foundation
import Testing

/// CIFAR-10 as JPEG files in `train/CLASS/` and `test/CLASS/`, next to the repository.
private let archive = URL(fileURLWithPath: #filePath)
  .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
  .deletingLastPathComponent().appendingPathComponent("shared/data/cifar10.tar").path

@Suite(
  .enabled(
    if: jpegIsBuiltIn && FileManager.default.fileExists(atPath: archive),
    "\(archive) is not there, or JPEG is not built in"))
struct RealPictureTests {
  private let folder = TemporaryFolder()

  /// Unpacks the first ten pictures of each class and part.
  private func unpack() throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["tar", "-xf", archive, "-C", folder.path, "--wildcards", "*/000?.jpg"]
    try process.run()
    process.waitUntilExit()
    try #require(process.terminationStatus == 0, "tar failed")
  }

  @Test func `reads, checks, degrades and serves real pictures`() throws {
    try unpack()
    let parts = try Dataset.loadParts(folder.path)
    let test = try #require(parts.test)
    #expect(parts.train.countsPerClass == [Int](repeating: 10, count: 10))
    #expect(parts.train.classNames.first == "airplane" && test.classNames.last == "truck")
    #expect(parts.train.width == 32 && parts.train.height == 32)
    try parts.train.requireDisjoint(from: test)
    // The published mean of CIFAR-10 is 0.4914 0.4822 0.4465; a hundred images come near it.
    let mean = parts.train.channelStatistics().mean
    #expect(zip(mean, [0.4914, 0.4822, 0.4465]).allSatisfy { abs($0 - $1) < 0.06 })
    let degraded = try parts.train.degraded(
      by: Degradation(parsing: "dull=0.4,blur=1,noise=0.05,jpeg=20"), seed: 1)
    let loader = try BatchLoader(
      degraded, .init(batchSize: 50, augmentation: Augmentation(flip: .alternating, shift: 2)),
      pairedWith: parts.train)
    let loaded = try #require(loader.loadNext(paired: true))
    let error = zip(loaded.images, loaded.pairedImages).map { abs($0 - $1) }.reduce(0, +)
    #expect((0.02...0.3).contains(error / Float(loaded.images.count)))
  }
}
