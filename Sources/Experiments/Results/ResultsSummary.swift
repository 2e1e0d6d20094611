// SPDX-License-Identifier: Apache-2.0
import Kernels
import Statistics
import Training

/// Summarises the runs of a row.
struct ResultsSummary {
  let runs: [ExperimentResults.Run]
  /// Of the test images, by the variants' files.
  let predictions: [String: Predictions]

  func variants() -> [ExperimentResults.VariantSummary] {
    (runs.first?.variants ?? []).map { first in
      let all = runs.compactMap { run in run.variants.first { $0.id == first.id } }
      let comparisons = all.compactMap(\.comparison)
      var summary = ExperimentResults.VariantSummary(
        id: first.id, title: first.title, against: first.comparison?.against,
        accuracy: .init(all.map(\.test.accuracy)))
      let training = all.compactMap { $0.training?.accuracy }
      if !training.isEmpty { summary.training = .init(training) }
      guard let against = summary.against, !comparisons.isEmpty else { return summary }
      summary.gain = .init(comparisons.map(\.gain))
      summary.fixed = Summary(comparisons.map { Double($0.fixed) }).mean
      summary.broken = Summary(comparisons.map { Double($0.broken) }).mean
      summary.p = CombinedPValue.ofDependent(comparisons.map(\.p))
      let interval = gainInterval(of: first.id, against: against)
      (summary.lower, summary.upper) = (interval.lower, interval.upper)
      return summary
    }
  }

  /// By a bootstrap over the images, each with its gain averaged over the seeds.
  private func gainInterval(of id: VariantID, against: VariantID) -> Interval {
    var gains: [Double] = []
    for run in runs {
      guard let after = run.variants.first(where: { $0.id == id }),
        let before = run.variants.first(where: { $0.id == against }),
        let own = predictions[after.predictions], let other = predictions[before.predictions]
      else { continue }
      if gains.isEmpty { gains = [Double](repeating: 0, count: own.labels.count) }
      let ofRun = PairedComparison.gains(
        before: other.classes, after: own.classes, labels: own.labels)
      for (index, gain) in ofRun.enumerated() { gains[index] += Double(gain) / Double(runs.count) }
    }
    var random = RandomGenerator(seed: 1)
    return PairedBootstrap().interval(ofMean: gains, random: &random)
  }

  /// Adjusts the p-values of each variant over all rows that are not contaminated.
  static func adjust(_ rows: inout [ExperimentResults.Row]) {
    let ids = Set(rows.flatMap { $0.summary.map(\.id) })
    for id in ids {
      let places = rows.indices.compactMap { row -> (row: Int, variant: Int, p: Double)? in
        guard !rows[row].isContaminated,
          let variant = rows[row].summary.firstIndex(where: { $0.id == id }),
          let p = rows[row].summary[variant].p
        else { return nil }
        return (row, variant, p)
      }
      for (place, adjusted) in zip(places, HolmAdjustment.adjusted(places.map(\.p))) {
        rows[place.row].summary[place.variant].adjustedP = adjusted
      }
    }
  }
}

extension ExperimentResults.Spread {
  init(_ values: [Double]) {
    let summary = Summary(values)
    self.init(mean: summary.mean, deviation: summary.standardDeviation)
  }
}
