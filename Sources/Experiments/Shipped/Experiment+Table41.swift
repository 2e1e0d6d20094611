// SPDX-License-Identifier: Apache-2.0
import Datasets
import Training

extension Experiment {
  /// VGG-16 with two dense layers, trained here with batch normalisation instead of from ImageNet's
  /// weights.
  static var vgg: ClassifierRecipe {
    ClassifierRecipe(
      model: ClassifierSpecification(.vgg16, normalized: true),
      training: overrides {
        $0.epochs = 20
        $0.learningRate = 2e-3
        $0.labelSmoothing = 0.1
        $0.shift = 4
      })
  }

  static func enhancer(_ architecture: String, width: Int, depth: Int? = nil) -> EnhancerRecipe {
    EnhancerRecipe(
      EnhancerSpecification(architecture, width: width, depth: depth),
      reconstruct: overrides {
        $0.epochs = 6
        $0.batchSize = 32
      },
      enhance: overrides {
        $0.epochs = 8
        $0.batchSize = 32
        $0.learningRate = 1e-3
      })
  }

  /// Table 4.1 of the thesis that this package implements: ten rows, of which those called "full"
  /// trained the enhancer on the test images, too.
  static var table41: Experiment {
    func row(
      _ number: Int, _ title: String, _ data: String, _ enhancer: String, _ published: Published,
      classifier: String = "vgg16", isFull: Bool = false
    ) -> Row {
      var row = Row(
        "\(number)", title: title, data: data, classifier: classifier, enhancer: enhancer)
      row.published = published
      if isFull {
        row.isContaminated = true
      } else {
        row.controls = [.reconstruction, .identity, .filter, .fineTuned]
      }
      return row
    }
    var (half, long) = (vgg, enhancer("unet", width: 64, depth: 4))
    half.training?.epochs = 10
    long.enhance?.epochs = 16
    return Experiment(
      name: "table-4.1", title: "An enhancer in front of VGG-16: table 4.1",
      notes: [
        "The published rows give no seeds, options or intervals; their VGG-16 started from "
          + "ImageNet's weights, this one starts from random ones.",
        "Rows 1, 5 and 6 had a classifier that had learnt less (it is trained for half as long "
          + "here), row 7 an enhancer that had learnt more (twice as long).",
        "Contaminated rows train the enhancer on the test images, as the rows called \"full\" did: "
          + "their figures say nothing about new images.",
      ],
      seeds: 3, data: photographs,
      classifiers: ["vgg16": vgg, "vgg16, half": half],
      enhancers: [
        "own(4-4)": enhancer("own(4-4)", width: 32), "unet": enhancer("unet", width: 64, depth: 4),
        "unet, long": long,
      ],
      rows: [
        row(
          1, "STL-10, own(4-4)", "stl10", "own(4-4)", .init(percent: 94.2, 81.9, 99.1, 66.7),
          classifier: "vgg16, half"),
        row(2, "STL-10, own(4-4)", "stl10", "own(4-4)", .init(percent: 100, 81.9, 100, 66)),
        row(
          3, "STL-10 (full), U-Net", "stl10", "unet", .init(percent: 99.6, 82.8, 99.7, 96),
          isFull: true),
        row(4, "STL-10, U-Net", "stl10", "unet", .init(percent: 99.6, 82.8, 99.2, 85)),
        row(
          5, "STL-10 (full), U-Net", "stl10", "unet", .init(percent: 89.4, 82.6, 99.7, 98.7),
          classifier: "vgg16, half", isFull: true),
        row(
          6, "STL-10, U-Net", "stl10", "unet", .init(percent: 89.4, 78.5, 99, 82.3),
          classifier: "vgg16, half"),
        row(7, "STL-10, U-Net", "stl10", "unet, long", .init(percent: 99.6, 82.6, 100, 84.3)),
        row(8, "CIFAR-10, U-Net", "cifar10", "unet", .init(percent: 99.6, 75.7, 99.8, 79.6)),
        row(9, "Intel scenes, U-Net", "intel", "unet", .init(percent: 99.9, 90.6, 99.5, 93.2)),
        row(
          10, "Intel scenes (full), U-Net", "intel", "unet", .init(percent: 99.9, 90.6, 99.5, 99),
          isFull: true),
      ])
  }

  /// The thesis's first, discarded experiment: an autoencoder of one layer each way in front of a
  /// small network on CIFAR-10.
  static var own11: Experiment {
    var row = Row("own-1-1", data: "cifar10", classifier: "small", enhancer: "own(1-1)")
    row.title = "CIFAR-10, own(1-1) in front of a small network"
    row.controls = [.reconstruction, .identity]
    return Experiment(
      name: "own-1-1", title: "The discarded first experiment: own(1-1) and a small network",
      seeds: 3, data: photographs.filter { $0.key == "cifar10" },
      classifiers: [
        "small": ClassifierRecipe(
          model: ClassifierSpecification(.smallCNN), training: overrides { $0.epochs = 10 })
      ],
      enhancers: ["own(1-1)": enhancer("own(1-1)", width: 32)], rows: [row])
  }

  /// All controls of one row.
  static var controls: Experiment {
    var row = Row("8", data: "cifar10", classifier: "vgg16", enhancer: "unet")
    row.title = "CIFAR-10, U-Net"
    row.controls = Control.allCases
    return Experiment(
      name: "controls", title: "What else could explain an enhancer's gain",
      seeds: 3, data: photographs.filter { $0.key == "cifar10" },
      classifiers: ["vgg16": vgg], enhancers: ["unet": enhancer("unet", width: 64, depth: 4)],
      rows: [row])
  }
}
