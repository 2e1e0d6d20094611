// SPDX-License-Identifier: Apache-2.0
import Interchange
import Kernels
import Statistics
import TestSupport
import Testing
import Text

/// Against SciPy and statsmodels: `tools/oracles/statistics.py` made the golden values.
struct StatisticsTests {
  private let golden: JSONValue

  init() throws {
    golden = try JSONReader.read(
      String(decoding: try Fixture.bytes("statistics.json"), as: UTF8.self))
  }

  @Test func `McNemar's exact test is exact at every size`() throws {
    let rows = try elements(golden["mcnemar"])
    #expect(rows.count == 11)
    for row in rows {
      let comparison = PairedComparison(
        fixed: Int(try number(row["fixed"])), broken: Int(try number(row["broken"])),
        bothRight: 5, bothWrong: 3)
      let expected = try number(row["p"])
      #expect(abs(comparison.pValue - expected) <= 1e-12 * expected, "\(row)")
    }
  }

  @Test func `Wilson's interval`() throws {
    for row in try elements(golden["wilson"]) {
      let interval = Interval.wilson(
        Int(try number(row["successes"])), of: Int(try number(row["count"])))
      #expect(abs(interval.lower - (try number(row["lower"]))) < 1e-14)
      #expect(abs(interval.upper - (try number(row["upper"]))) < 1e-14)
    }
    #expect(Interval.wilson(0, of: 0) == Interval(lower: 0, upper: 1))
  }

  @Test func `the bootstrap draws as its description says`() throws {
    let data = try #require(golden["bootstrap"])
    func integers(_ key: String) throws -> [Int] {
      try elements(data[key]).map { Int(try number($0)) }
    }
    for row in try elements(data["intervals"]) {
      let bootstrap = PairedBootstrap(
        drawCount: Int(try number(data["draws"])), isStratified: row["stratified"] == .boolean(true)
      )
      var random = RandomGenerator(seed: UInt64(try number(data["seed"])))
      let interval = bootstrap.interval(
        before: try integers("before"), after: try integers("after"),
        labels: try integers("labels"), random: &random)
      #expect(abs(interval.lower - (try number(row["lower"]))) < 1e-12)
      #expect(abs(interval.upper - (try number(row["upper"]))) < 1e-12)
    }
  }

  @Test func `the bootstrap of a mean is that of the gains it is the mean of`() throws {
    let data = try #require(golden["bootstrap"])
    let lists = try ["before", "after", "labels"].map { key in
      try elements(data[key]).map { Int(try number($0)) }
    }
    let gains = lists[2].indices.map { index in
      (lists[1][index] == lists[2][index] ? 1.0 : 0) - (lists[0][index] == lists[2][index] ? 1 : 0)
    }
    let row = try #require(try elements(data["intervals"]).first)
    var random = RandomGenerator(seed: UInt64(try number(data["seed"])))
    let interval = PairedBootstrap(drawCount: Int(try number(data["draws"]))).interval(
      ofMean: gains, random: &random)
    #expect(abs(interval.lower - (try number(row["lower"]))) < 1e-12)
    #expect(abs(interval.upper - (try number(row["upper"]))) < 1e-12)
  }

  @Test func `the bootstrap interval holds Δ and narrows with more images`() {
    func interval(_ count: Int) -> Interval {
      let labels = (0..<count).map { $0 % 10 }
      let before = labels.indices.map { $0 % 5 == 0 ? -1 : labels[$0] }
      let after = labels.indices.map { $0 % 9 == 0 ? -1 : labels[$0] }
      var random = RandomGenerator(seed: 1)
      return PairedBootstrap(drawCount: 2000).interval(
        before: before, after: after, labels: labels, random: &random)
    }
    let (few, many) = (interval(90), interval(1800))
    #expect(few.contains(0.2 - 1.0 / 9) && many.contains(0.2 - 1.0 / 9))
    #expect(many.upper - many.lower < (few.upper - few.lower) / 3)
  }

  @Test func `Holm's adjustment keeps the order of the tests`() throws {
    let p = try elements(golden["holm"]?["p"]).map { try number($0) }
    let expected = try elements(golden["holm"]?["adjusted"]).map { try number($0) }
    for (found, expected) in zip(HolmAdjustment.adjusted(p), expected) {
      #expect(abs(found - expected) < 1e-15)
    }
    #expect(HolmAdjustment.adjusted([]) == [])
  }

  @Test func `mean and standard deviation of a sample`() throws {
    let data = try #require(golden["summary"])
    let summary = Summary(try elements(data["values"]).map { try number($0) })
    #expect(abs(summary.mean - (try number(data["mean"]))) < 1e-15)
    let deviation = try #require(summary.standardDeviation)
    #expect(abs(deviation - (try number(data["deviation"]))) < 1e-15)
    #expect(Summary([3]).standardDeviation == nil)
  }
}
