// SPDX-License-Identifier: Apache-2.0

extension Assessment {
  /// What is best seen, as SVG.
  package var charts: [(section: AssessmentSection, name: String, svg: String)] {
    var charts: [(section: AssessmentSection, name: String, svg: String)] = []
    if let calibration {
      let panels =
        [("plain", calibration.plain)] + (calibration.enhanced.map { [("enhanced", $0)] } ?? [])
      charts.append((.calibration, "reliability.svg", ReliabilityDiagram(panels).svg))
    }
    if let perturbation {
      charts.append((.perturbation, "spectrum.svg", perturbation.spectrumChart.svg))
      charts.append((.perturbation, "budget.svg", perturbation.budgetChart.svg))
    }
    return charts
  }
}

extension PerturbationAssessment {
  fileprivate var spectrumChart: LineChart {
    func points(_ powers: [Double]) -> [(x: Double, y: Double)] {
      powers.enumerated().map { (Double($0), $1) }
    }
    return LineChart(
      "What the enhancer changed, by frequency", xLabel: "periods along the longer side",
      yLabel: "mean power", isLogarithmic: true,
      [
        .init("pictures", points(spectrum.radialOfImages)),
        .init("change", points(spectrum.radial)),
      ])
  }

  fileprivate var budgetChart: LineChart {
    LineChart(
      "Accuracy where pictures may change by ±ε", xLabel: "ε, levels of 255", yLabel: "accuracy, %",
      [
        .init(
          "enhanced", zip(Self.budgets, budget).map { (Double($0), 100 * $1.accuracy.value) },
          band: budget.map { (100 * $0.accuracy.lower, 100 * $0.accuracy.upper) })
      ])
  }
}
