// SPDX-License-Identifier: Apache-2.0
import ArgumentParser

struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench", abstract: "Measure models, kernels, training steps and explanations.",
    discussion: """
        ocelli bench model model.tflite --profile
        ocelli bench training --workload vgg16-training
        ocelli bench explanation --workload grad-cam
        ocelli bench kernels --threads 1
      """,
    subcommands: [BenchModel.self, BenchTraining.self, BenchExplanation.self, BenchKernels.self])
}
