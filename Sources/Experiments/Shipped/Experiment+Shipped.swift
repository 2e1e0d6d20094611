// SPDX-License-Identifier: Apache-2.0
import Datasets
import Training

extension Experiment {
  /// The experiments that come with the package.
  public static let shipped: [Experiment] = [
    .scenes, .table41, .own11, .controls, .transfer, .quantized, .background, .corruption,
  ]

  /// The one of this name.
  public static func shipped(_ name: String) -> Experiment? { shipped.first { $0.name == name } }

  /// Overrides by name, to be read like a sentence.
  static func overrides(_ change: (inout TrainingOverrides) -> Void) -> TrainingOverrides {
    var overrides = TrainingOverrides()
    change(&overrides)
    return overrides
  }

  /// CIFAR-10, STL-10 and Intel's scenes, under the paths that users give or have.
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

  /// Everything in a few minutes, on scenes that are drawn: to try the command.
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
