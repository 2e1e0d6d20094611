// SPDX-License-Identifier: Apache-2.0
import ArgumentParser

struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench", abstract: "Measure kernels and training steps on this machine.",
    discussion: """
        ocelli bench training --workload vgg16-training
        ocelli bench kernels --threads 1
      """,
    subcommands: [BenchTraining.self, BenchKernels.self])
}
