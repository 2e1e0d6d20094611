// SPDX-License-Identifier: Apache-2.0
import Datasets
import Training

extension Experiment {
  /// The experiments that come with the package.
  package static let shipped: [Experiment] = [
    .scenes, .table41, .own11, .controls, .transfer, .quantized, .background, .corruption,
  ]

  /// The one of this name.
  package static func shipped(_ name: String) -> Experiment? { shipped.first { $0.name == name } }

  /// Training options that differ from the recipe's.
  static func overrides(_ change: (inout TrainingOverrides) -> Void) -> TrainingOverrides {
    var overrides = TrainingOverrides()
    change(&overrides)
    return overrides
  }

  /// CIFAR-10, STL-10 and Intel's scenes, under their usual paths.
  static var photographs: [String: DataSpecification] {
    var stl = DataSpecification(path: "stl10")
    stl.split = [4010, 990]
    var intel = DataSpecification(path: "intel")
    intel.size = 96
    intel.split = nil
    return ["cifar10": DataSpecification(path: "cifar10"), "stl10": stl, "intel": intel]
  }

  static func phase(epochs: Int) -> TrainingOverrides {
    overrides {
      $0.epochs = epochs
      $0.batchSize = 32
    }
  }

  /// A few minutes' run on synthetic scenes, to try the command.
  static var scenes: Experiment {
    var clean = DataSpecification()
    clean.scenes = DataSpecification.Scenes(training: 3000, test: 1000)
    var degraded = clean
    degraded.degrade = "dull=0.3,blur=0.4,noise=0.02,jpeg=70"
    var plain = Row("clean", data: "clean", classifier: "small", enhancer: "unet")
    plain.title = "clean scenes"
    plain.controls = [.reconstruction, .identity, .filter, .fineTuned]
    var dull = Row("degraded", data: "degraded", classifier: "small", enhancer: "residual")
    dull.title = "degraded scenes, to a classifier that knows clean ones"
    dull.classifierData = "clean"
    dull.controls = [.identity, .filter, .fineTuned]
    return Experiment(
      name: "scenes", title: "Enhancers in front of a small classifier of synthetic scenes",
      seeds: 2, data: ["clean": clean, "degraded": degraded],
      classifiers: [
        "small": ClassifierRecipe(
          model: ClassifierSpecification(.smallCNN),
          training: phase(epochs: 10))
      ],
      enhancers: [
        "unet": EnhancerRecipe(
          EnhancerSpecification(width: 8, depth: 2), reconstruct: phase(epochs: 6),
          enhance: phase(epochs: 6)),
        "residual": EnhancerRecipe(
          EnhancerSpecification(width: 8, depth: 3, head: "residual"), enhance: phase(epochs: 12)),
      ],
      rows: [plain, dull])
  }
}

extension Experiment {
  private static var small: ClassifierRecipe {
    ClassifierRecipe(
      model: ClassifierSpecification(.smallCNN),
      training: phase(epochs: 8))
  }

  /// Classifiers of scenes whose backgrounds tell more or less about the class, all tested where
  /// they tell nothing.
  static var background: Experiment {
    func scenes(_ correlation: Float) -> DataSpecification {
      var data = DataSpecification()
      data.scenes = DataSpecification.Scenes(training: 4000, test: 1000)
      data.scenes?.correlation = correlation
      data.scenes?.testCorrelation = 0.1
      return data
    }
    func row(_ name: String, _ title: String, data: String) -> Row {
      var row = Row(name, title: title, data: data, classifier: "small", enhancer: "unet")
      row.suites = Suites(background: true)
      return row
    }
    var other = row(
      "0.95-0.1", "classifier of scenes with ρ = 0.95, enhancer of scenes with ρ = 0.1",
      data: "0.1")
    other.classifierData = "0.95"
    return Experiment(
      name: "background", title: "Does an enhancer free a classifier of the background?",
      notes: [
        "ρ is the probability that an object stands before its class's own background. All test "
          + "scenes have ρ = 0.1: there the background says nothing."
      ],
      seeds: 2, data: ["0.95": scenes(0.95), "0.5": scenes(0.5), "0.1": scenes(0.1)],
      classifiers: ["small": small],
      enhancers: [
        "unet": EnhancerRecipe(
          EnhancerSpecification(width: 8, depth: 3), reconstruct: phase(epochs: 4),
          enhance: phase(epochs: 10))
      ],
      rows: [
        row("0.95", "scenes with ρ = 0.95", data: "0.95"), other,
        row("0.5", "scenes with ρ = 0.5", data: "0.5"),
        row("0.1", "scenes with ρ = 0.1", data: "0.1"),
      ])
  }

  /// Enhancers of degraded scenes in front of a classifier of clean ones, tested on corruptions
  /// that they have mostly not seen.
  static var corruption: Experiment {
    let degradations = [
      ("clean", nil), ("noise", "noise=0.1"), ("blur", "blur=1"),
      ("mixed", "dull=0.5,blur=0.8,noise=0.05,jpeg=30"),
    ]
    var data: [String: DataSpecification] = [:]
    var rows: [Row] = []
    for (name, degradation) in degradations {
      data[name] = DataSpecification()
      data[name]?.scenes = DataSpecification.Scenes(training: 3000, test: 1000)
      data[name]?.degrade = degradation
      var row = Row(name, data: name, classifier: "small", enhancer: "residual")
      row.title = "enhancer of \(degradation.map { "scenes with " + $0 } ?? "clean scenes")"
      row.classifierData = "clean"
      row.suites = Suites(corruption: [1, 3, 5], images: 500)
      rows.append(row)
    }
    return Experiment(
      name: "corruption", title: "Enhancers of degraded images under fifteen corruptions",
      notes: [
        "The classifier knows clean scenes alone. The corruptions are C-style (see "
          + "docs/assessment.md), of the clean test images, in severities 1, 3 and 5."
      ],
      seeds: 2, data: data, classifiers: ["small": small],
      enhancers: [
        "residual": EnhancerRecipe(
          EnhancerSpecification(width: 8, depth: 2, head: "residual"), enhance: phase(epochs: 6))
      ], rows: rows)
  }
}
