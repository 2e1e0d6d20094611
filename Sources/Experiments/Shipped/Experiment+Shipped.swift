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
          model: ClassifierSpecification(.smallCNN), training: phase(epochs: 10))
      ],
      enhancers: [
        "unet": EnhancerRecipe(
          EnhancerSpecification(width: 8, depth: 2), reconstruct: phase(epochs: 6),
          enhance: phase(epochs: 6)),
        "residual": EnhancerRecipe(
          EnhancerSpecification(width: 8, depth: 3, head: "residual"), enhance: phase(epochs: 12)),
      ], rows: [plain, dull])
  }

  private static var small: ClassifierRecipe {
    ClassifierRecipe(model: ClassifierSpecification(.smallCNN), training: phase(epochs: 8))
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
      "0.95-0.1", "classifier of scenes with ρ = 0.95, enhancer of scenes with ρ = 0.1", data: "0.1"
    )
    other.classifierData = "0.95"
    return Experiment(
      name: "background", title: "Does an enhancer free a classifier of the background?",
      notes: [
        "ρ is the probability that an object stands before its class's own background. All test "
          + "scenes have ρ = 0.1: there the background says nothing."
      ], seeds: 2, data: ["0.95": scenes(0.95), "0.5": scenes(0.5), "0.1": scenes(0.1)],
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
      ], seeds: 2, data: data, classifiers: ["small": small],
      enhancers: [
        "residual": EnhancerRecipe(
          EnhancerSpecification(width: 8, depth: 2, head: "residual"), enhance: phase(epochs: 6))
      ], rows: rows)
  }

  /// Enhancers in front of frozen int8 classifiers, MLPerf Tiny's and our own.
  static var quantized: Experiment {
    let images = DataSpecification(path: "cifar10")
    var degraded = images
    degraded.degrade = "dull=0.5,blur=0.8,noise=0.05"
    func row(
      _ name: String, _ title: String, data: String, classifier: String, transfer: [String]
    ) -> Row {
      var row = Row(name, title: title, data: data, classifier: classifier, enhancer: "unet")
      row.controls = [.identity, .filter]
      row.transfer = transfer
      return row
    }
    var second = row(
      "degraded", "dull, blurred and noisy images, trained for our own int8 ResNet-8",
      data: "degraded", classifier: "own-resnet8", transfer: ["mlperf-resnet8", "small-cnn"])
    second.classifierData = "cifar10"
    return Experiment(
      name: "quantized", title: "Enhancers in front of int8 classifiers, and of two others",
      notes: [
        "mlperf-resnet8 is MLPerf Tiny's pretrainedResnet_quant.tflite, trained on CIFAR-10's "
          + "lossless images; own-resnet8 is that of weights/.",
        "No enhancer was trained through the classifiers of its rows called transfer.",
      ], seeds: 3, data: ["cifar10": images, "degraded": degraded],
      classifiers: [
        "mlperf-resnet8": ClassifierRecipe(file: "pretrainedResnet_quant.tflite"),
        "own-resnet8": ClassifierRecipe(file: "weights/classifier-cifar10-int8-v1.tflite"),
        "small-cnn": ClassifierRecipe(
          model: ClassifierSpecification(.smallCNN), training: overrides { $0.epochs = 3 }),
      ],
      enhancers: [
        "unet": EnhancerRecipe(
          EnhancerSpecification(width: 16, depth: 3, head: "residual"),
          enhance: overrides {
            $0.epochs = 5
            $0.batchSize = 128
            $0.learningRate = 2e-3
          })
      ],
      rows: [
        row(
          "jpeg", "JPEG copies, trained for MLPerf Tiny's int8 ResNet-8", data: "cifar10",
          classifier: "mlperf-resnet8", transfer: ["own-resnet8", "small-cnn"]), second,
      ])
  }

  /// Degraded images: each enhancer in front of its own classifier, and of the others.
  static var transfer: Experiment {
    let clean = DataSpecification(path: "cifar10")
    var degraded = clean
    degraded.degrade = "dull=0.5,blur=0.8,noise=0.05"
    let names = ["vgg16", "resnet8", "mobilenet-v1"]
    func classifier(_ architecture: ClassifierSpecification.Architecture) -> ClassifierRecipe {
      ClassifierRecipe(
        model: ClassifierSpecification(
          architecture, normalized: architecture == .vgg16 ? true : nil),
        training: overrides {
          $0.epochs = 10
          $0.shift = 2
        })
    }
    var unet = enhancer("unet", width: 16, depth: 3)
    unet.model.head = "residual"
    unet.reconstruct = nil
    return Experiment(
      name: "transfer", title: "Enhancers in front of classifiers that they were not trained for",
      seeds: 3, data: ["cifar10": clean, "degraded": degraded],
      classifiers: [
        "vgg16": classifier(.vgg16), "resnet8": classifier(.resnet8),
        "mobilenet-v1": classifier(.mobileNetV1),
      ], enhancers: ["unet": unet],
      rows: names.map { name in
        var row = Row(name, data: "degraded", classifier: name, enhancer: "unet")
        row.classifierData = "cifar10"
        row.title = "trained for \(name)"
        row.transfer = names.filter { $0 != name }
        return row
      })
  }

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
      ], seeds: 3, data: photographs, classifiers: ["vgg16": vgg, "vgg16, half": half],
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
      ], enhancers: ["own(1-1)": enhancer("own(1-1)", width: 32)], rows: [row])
  }

  /// All controls of one row.
  static var controls: Experiment {
    var row = Row("8", data: "cifar10", classifier: "vgg16", enhancer: "unet")
    row.title = "CIFAR-10, U-Net"
    row.controls = Control.allCases
    return Experiment(
      name: "controls", title: "What else could explain an enhancer's gain", seeds: 3,
      data: photographs.filter { $0.key == "cifar10" }, classifiers: ["vgg16": vgg],
      enhancers: ["unet": enhancer("unet", width: 64, depth: 4)], rows: [row])
  }
}
