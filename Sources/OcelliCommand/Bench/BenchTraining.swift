// SPDX-License-Identifier: Apache-2.0
import Architectures
import ArgumentParser
import CPlatform
import Foundation
import Kernels
import Network
import Platform
import SharedCommands
import Training

struct BenchTraining: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "training", abstract: "Time training steps and inference of VGG-16 and U-Net.",
    usage: "ocelli bench training [<options>]",
    discussion: """
      The median over --steps after two steps of warm-up, on random images:

        ocelli bench training --workload vgg16-training --threads 2
      """)

  enum Workload: String, CaseIterable, ExpressibleByArgument {
    case vgg16Training = "vgg16-training"
    case unetReconstruct = "unet-reconstruct"
    case enhance
    case vgg16Inference = "vgg16-inference"
  }

  @Option(help: "What to time.") var workload = Workload.vgg16Training
  @Option(help: ArgumentHelp("Images per step.", valueName: "n")) var batch = 16
  @Option(help: ArgumentHelp("Width and height in pixels.", valueName: "n")) var size = 96
  @Option(help: ArgumentHelp("Steps to time.", valueName: "n")) var steps = 5
  @Flag(help: "Print JSON.") var json = false
  @OptionGroup var threads: ThreadOptions

  func validate() throws {
    for (name, value, range) in [
      ("batch", batch, 1...4096), ("size", size, 32...1024), ("steps", steps, 1...1000),
    ] {
      try checkRange(name, value, range)
    }
  }

  func run() throws {
    let pool = try threads.pool()
    let bench = try makeBench(pool)
    bench.fillInput()
    var times: [Double] = []
    let status = StatusLine()
    for step in 0..<steps + 2 {
      status.show("step \(step + 1) of \(steps + 2)")
      let start = MonotonicClock.seconds
      bench.step()
      if step >= 2 { times.append(MonotonicClock.seconds - start) }
    }
    status.clear()
    times.sort()
    let milliseconds = times[times.count / 2] * 1000
    let megabytes = Double(ocelli_peak_memory_bytes()) / 1e6
    if json {
      print(
        "{\"name\":\"\(workload.rawValue)\",\"threads\":\(pool.threadCount),"
          + "\"ms\":\(String(format: "%.3f", milliseconds)),"
          + "\"mb\":\(String(format: "%.1f", megabytes))}")
    } else {
      print(
        "\(workload.rawValue): \(String(format: "%.1f", milliseconds)) ms a step, "
          + "\(String(format: "%.0f", megabytes)) MB, threads: \(pool.threadCount)"
      )
    }
  }

  private func makeBench(_ pool: ThreadPool) throws -> TrainingBench {
    var vgg = VGG16(imageHeight: size, imageWidth: size, classCount: 10)
    vgg.dropoutRate = 0.5
    let classifier = try Model.untrained(
      .classifier, try vgg.graph(), labels: (0..<10).map { "\($0)" }, seed: 1)
    let enhancer: () throws -> Model = {
      try Model.untrained(
        .enhancer, try UNet(imageHeight: size, imageWidth: size).graph(), labels: [], seed: 1)
    }
    switch workload {
    case .vgg16Training:
      return try TrainingBench(
        classifier, frozen: [], lossNode: classifier.graph.output,
        .softmaxCrossEntropy(labelSmoothing: 0),
        OptimizerOptions(.sgd(momentum: 0.9, nesterov: true)), batch: batch, pool)
    case .unetReconstruct:
      let unet = try enhancer()
      return try TrainingBench(
        unet, frozen: [], lossNode: unet.graph.output - 1, .binaryCrossEntropyWithLogits,
        OptimizerOptions(.adam(beta1: 0.9, beta2: 0.999, epsilon: 1e-8)), batch: batch, pool)
    case .enhance:
      guard let both = try Model.composed(enhancer: try enhancer(), classifier: classifier) else {
        throw CommandError("no memory for the parameters")
      }
      return try TrainingBench(
        both, frozen: both.graph.nodes(withPrefix: Model.classifierPrefix),
        lossNode: both.graph.output, .softmaxCrossEntropy(labelSmoothing: 0),
        OptimizerOptions(.adam(beta1: 0.9, beta2: 0.999, epsilon: 1e-8)), batch: batch, pool)
    case .vgg16Inference:
      return try TrainingBench(
        classifier, frozen: [], lossNode: nil, .meanSquaredError,
        OptimizerOptions(.sgd(momentum: 0, nesterov: false)), batch: batch, pool)
    }
  }
}
