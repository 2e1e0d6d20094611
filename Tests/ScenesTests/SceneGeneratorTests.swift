// SPDX-License-Identifier: Apache-2.0
import Imaging
import Kernels
import Scenes
import Testing

struct SceneGeneratorTests {
  /// FNV-1a over the pictures' bytes: whoever changes them changes everybody's data set.
  @Test func `scenes are the same bytes on every machine, forever`() throws {
    let generator = try SceneGenerator(SceneParameters(seed: 7))
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for index in 0..<100 {
      let sample = generator.sample(at: index)
      for byte in sample.image.pixels + sample.mask.pixels {
        hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3
      }
    }
    #expect(hash == 2_322_087_974_729_306_663)
  }

  @Test(arguments: [1, 2, 5])
  func `samples do not depend on threads, count or order`(threadCount: Int) throws {
    let generator = try SceneGenerator(SceneParameters(seed: 3, split: .test))
    let pool = try #require(ThreadPool(threadCount: threadCount))
    let expected = (0..<37).reversed().map { generator.sample(at: $0) }.reversed()
    #expect(generator.samples(0..<37, on: pool) == Array(expected))
    #expect(generator.samples(20..<25, on: pool) == Array(Array(expected)[20..<25]))
    #expect(generator.samples(4..<4, on: pool).isEmpty)
  }

  /// Four standard deviations of a binomial count on either side.
  @Test(arguments: [0, 0.1, 0.5, 0.9, 1] as [Float])
  func `the own background comes with probability rho, the others alike`(rho: Float) throws {
    let generator = try SceneGenerator(SceneParameters(correlation: rho))
    let count = 20_000
    var own = 0
    var steps = [Int](repeating: 0, count: 10)
    for index in 0..<count {
      let scene = generator.scene(at: index)
      if scene.background == scene.object.ownBackground { own += 1 }
      steps[(scene.background.rawValue - scene.label + 10) % 10] += 1
    }
    #expect(steps[0] == own)
    expectBinomial(own, of: count, probability: Double(rho))
    for other in steps.dropFirst() {
      expectBinomial(other, of: count, probability: (1 - Double(rho)) / 9)
    }
  }

  private func expectBinomial(_ hits: Int, of count: Int, probability: Double) {
    let mean = Double(count) * probability
    let deviation = (mean * (1 - probability)).squareRoot()
    #expect(abs(Double(hits) - mean) <= 4 * deviation)
  }

  @Test func `each class has a background of its own`() {
    #expect(Set(SceneObject.allCases.map(\.ownBackground)).count == 10)
    #expect(SceneGenerator.labels == SceneGenerator.labels.sorted())
  }

  @Test func `labels go round and objects do not depend on rho`() throws {
    let some = try SceneGenerator(SceneParameters(correlation: 0.2))
    let other = try SceneGenerator(SceneParameters(correlation: 0.8))
    for index in 0..<200 {
      let scene = some.scene(at: index)
      #expect(scene.label == index % 10)
      #expect(scene == other.scene(at: index).on(scene.background))
    }
  }

  @Test func `seeds and splits share no scene`() throws {
    var seen = Set<UInt64>()
    for seed in 0..<3 as Range<UInt64> {
      for split in SceneParameters.Split.allCases {
        let generator = try SceneGenerator(SceneParameters(seed: seed, split: split))
        for index in 0..<500 { seen.insert(generator.scene(at: index).objectSeed) }
      }
    }
    #expect(seen.count == 3 * 3 * 500)
  }

  @Test func `parameters out of range are refused`() {
    func error(_ parameters: SceneParameters) -> SceneError? {
      do throws(SceneError) {
        _ = try SceneGenerator(parameters)
        return nil
      } catch { return error }
    }
    #expect(error(SceneParameters(size: 7)) == .sizeOutOfRange(7))
    #expect(error(SceneParameters(size: 1025)) == .sizeOutOfRange(1025))
    #expect(error(SceneParameters(correlation: 1.5)) == .correlationOutOfRange(1.5))
    #expect(error(SceneParameters(correlation: .nan)) != nil)
    #expect(
      error(SceneParameters(smallestObject: 0.7, largestObject: 0.5))
        == .objectScaleOutOfRange(0.7, 0.5))
    #expect(error(SceneParameters(tilt: 0.6)) == .tiltOutOfRange(0.6))
    #expect(error(SceneParameters(clutter: -1)) == .clutterOutOfRange(-1))
    #expect(error(SceneParameters(shadow: 2)) == .shadowOutOfRange(2))
    #expect(error(SceneParameters(size: 8)) == nil)
  }
}
