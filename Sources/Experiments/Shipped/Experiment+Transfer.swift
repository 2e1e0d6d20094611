// SPDX-License-Identifier: Apache-2.0
import Datasets
import Training

extension Experiment {
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
      ],
      seeds: 3, data: ["cifar10": images, "degraded": degraded],
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
          classifier: "mlperf-resnet8", transfer: ["own-resnet8", "small-cnn"]),
        second,
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
      ],
      enhancers: ["unet": unet],
      rows: names.map { name in
        var row = Row(name, data: "degraded", classifier: name, enhancer: "unet")
        row.classifierData = "cifar10"
        row.title = "trained for \(name)"
        row.transfer = names.filter { $0 != name }
        return row
      })
  }
}
