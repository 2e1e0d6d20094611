// SPDX-License-Identifier: Apache-2.0
import Kernels
import Testing

struct RandomGeneratorTests {
  /// The first outputs of SplitMix64 with seed 1234567, from its authors' code.
  @Test func `the words are SplitMix64's`() {
    var random = RandomGenerator(seed: 1_234_567)
    #expect(
      (0..<5).map { _ in random.next() } == [
        6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,
        4_593_380_528_125_082_431, 16_408_922_859_458_223_821,
      ])
  }

  @Test func `a saved state goes on where it was`() {
    var random = RandomGenerator(seed: 5, stream: 2)
    _ = random.next()
    var restored = RandomGenerator(seed: 0)
    restored.state = random.state
    #expect((0..<10).map { _ in random.next() } == (0..<10).map { _ in restored.next() })
  }

  @Test func `streams differ`() {
    let first = (0..<1000).map { stream in
      var random = RandomGenerator(seed: 1, stream: UInt64(stream))
      return random.next()
    }
    #expect(Set(first).count == 1000)
  }

  /// Of n = 10⁵ values, moments are within 5 deviations of theirs.
  @Test func `uniform and normal numbers have their moments`() {
    let count = 100_000
    let unit = 5 / Double(count).squareRoot()
    var random = RandomGenerator(seed: 9)
    let uniform = (0..<count).map { _ in Double(random.uniform()) }
    #expect(uniform.allSatisfy { $0 >= 0 && $0 < 1 })
    let mean = uniform.reduce(0, +) / Double(count)
    #expect(abs(mean - 0.5) < unit * 0.289)
    let normal = (0..<count).map { _ in Double(random.normal()) }
    func moment(_ power: Int) -> Double {
      var sum = 0.0
      for value in normal {
        var term = 1.0
        for _ in 0..<power { term *= value }
        sum += term
      }
      return sum / Double(count)
    }
    #expect(abs(moment(1)) < unit)
    #expect(abs(moment(2) - 1) < unit * 1.42)
    #expect(abs(moment(3)) < unit * 3.88)
    #expect(abs(moment(4) - 3) < unit * 9.8)
  }

  @Test func `indices cover their range evenly, and shuffles keep all elements`() {
    var random = RandomGenerator(seed: 4)
    var counts = [Int](repeating: 0, count: 7)
    for _ in 0..<70_000 { counts[random.index(below: 7)] += 1 }
    #expect(counts.allSatisfy { abs($0 - 10_000) < 500 })
    var elements = Array(0..<100)
    random.shuffle(&elements)
    #expect(elements != Array(0..<100))
    #expect(elements.sorted() == Array(0..<100))
  }
}
