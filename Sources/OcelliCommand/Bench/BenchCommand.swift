// SPDX-License-Identifier: Apache-2.0
import Architectures
import ArgumentParser
import CPlatform
import Explanation
import Foundation
import Imaging
import Interchange
import Kernels
import Network
import Ocelli
import Platform
import SharedCommands
import Text
import Training

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

struct BenchModel: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "model", abstract: HelpText.Bench.abstract,
    usage: "ocelli bench model <file> [<options>]",
    discussion: """
      \(HelpText.Bench.discussion)

        ocelli bench model model.tflite --threads 2 --profile
      """)

  @Argument(help: "A .tflite or .safetensors model.") var file: String
  @Option(help: .value("n", HelpText.Bench.runs)) var runs = 200
  @Option(help: .value("n", HelpText.Bench.inputs)) var inputs = 1
  @Flag(help: ArgumentHelp(HelpText.Bench.profile)) var profile = false
  @Flag(help: "Print JSON.") var json = false
  @OptionGroup var threads: ThreadOptions

  func validate() throws {
    try checkRange("runs", runs, 1...1_000_000)
    try checkRange("inputs", inputs, 1...1_000_000)
  }

  func run() throws {
    let most = threads.count
    let timings = try (1...most).map { threads in
      try ModelTiming.measure(threads: threads, runs: runs, inputs: inputs, profiles: profile) {
        () throws(CommandError) in
        do throws(ModelFileError) { return try Model(contentsOf: file) } catch {
          throw CommandError(error.message)
        }
      }
    }
    print(json ? ModelTiming.json(timings) : ModelTiming.text(timings))
  }
}

struct BenchKernels: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "kernels", abstract: "Time convolutions, layer shape by layer shape.",
    discussion: """
      GFLOP/s are those of the plain sum of products, so that a faster algorithm shows as a rate \
      above the machine's peak.

        ocelli bench kernels --batch 16 --threads 1
      """)

  @Option(help: .value("n", "Images per step.")) var batch = 16
  @Flag(help: "Print JSON.") var json = false
  @OptionGroup var threads: ThreadOptions

  func validate() throws { try checkRange("batch", batch, 1...1024) }

  func run() throws {
    let pool = try threads.pool()
    let peak = MachinePeak.measure(pool) / 1e9
    if !json {
      print(
        "peak \(String(format: "%.0f", peak)) GFLOP/s in \(pool.threadCount) threads, "
          + "batch \(batch)")
    }
    var table = TextTable(["layer", "GMAC", "forward", "input gradient", "weight gradient"])
    let status = StatusLine()
    for (index, layer) in KernelBench.layers.enumerated() {
      status.show("timing \(layer.name), \(index + 1) of \(KernelBench.layers.count) layers")
      let rates = try KernelBench.rates(of: layer, batch: batch, pool)
      let macs = Double(layer.geometry(batch: batch).multiplyAccumulates) / 1e9
      if json {
        status.clear()
        let values = zip(["forward", "inputGradient", "weightGradient"], rates).map {
          "\"\($0)\":\(String(format: "%.1f", $1))"
        }
        print(
          "{\"layer\":\"\(layer.name)\",\"threads\":\(pool.threadCount),"
            + "\"peak\":\(String(format: "%.1f", peak)),\(values.joined(separator: ","))}")
      }
      table.add(
        [layer.name, String(format: "%.2f", macs)] + rates.map { String(format: "%.0f", $0) })
    }
    status.clear()
    if !json { print(table) }
  }
}

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
  @Option(help: .value("n", "Images per step.")) var batch = 16
  @Option(help: .value("n", "Width and height in pixels.")) var size = 96
  @Option(help: .value("n", "Steps to time.")) var steps = 5
  @Flag(help: "Print JSON.") var json = false
  @OptionGroup var threads: ThreadOptions

  func validate() throws {
    for (name, value, range) in [
      ("batch", batch, 1...4096), ("size", size, 32...1024), ("steps", steps, 1...1000),
    ] { try checkRange(name, value, range) }
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
          + "\(String(format: "%.0f", megabytes)) MB, threads: \(pool.threadCount)")
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

struct BenchExplanation: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explanation",
    abstract: "Time Grad-CAM and LIME beside the runs they are made of.",
    usage: "ocelli bench explanation [<options>]",
    discussion: """
      grad-cam explains --count random pictures of 32×32 pixels with ResNet-8; lime explains one \
      of 96×96 pixels with VGG-16 by --count pictures with parts hidden. Each is timed beside the \
      forward runs of as many pictures in the same batches: the medians over --steps after one \
      step of warm-up.

        ocelli bench explanation --workload grad-cam --threads 2
      """)

  enum Workload: String, CaseIterable, ExpressibleByArgument {
    case gradCAM = "grad-cam"
    case lime
  }

  @Option(help: "What to time.") var workload = Workload.gradCAM
  @Option(help: .value("n", "Pictures.")) var count = 1000
  @Option(help: .value("n", "Pictures per run.")) var batch = 16
  @Option(help: .value("n", "Steps to time.")) var steps = 3
  @Flag(help: "Print JSON.") var json = false
  @OptionGroup var threads: ThreadOptions

  func validate() throws {
    for (name, value, range) in [
      ("count", count, 10...100_000), ("batch", batch, 1...1024), ("steps", steps, 1...1000),
    ] { try checkRange(name, value, range) }
  }

  private struct Row: Encodable {
    var name: String
    var threads: Int
    var ms: Double
    var forwardMS: Double
    var mb: Double

    enum CodingKeys: String, CodingKey {
      case name, threads, ms, mb
      case forwardMS = "forward_ms"
    }
  }

  func run() throws {
    let pool = try threads.pool()
    let model = try model()
    let explain = try explanation(of: model, pool)
    guard
      let session = try? Session(
        model, PlanRequest(batch: batch, threadCount: pool.threadCount), pool)
    else { throw CommandError("no memory to run the model") }
    for index in 0..<session.input.elementCount { session.input.base[index] = 0.5 }
    var times: [Double] = []
    var forwardTimes: [Double] = []
    for step in 0...steps {
      let start = MonotonicClock.seconds
      try explain()
      let middle = MonotonicClock.seconds
      for _ in 0..<(count + batch - 1) / batch { session.run() }
      guard step > 0 else { continue }
      times.append(middle - start)
      forwardTimes.append(MonotonicClock.seconds - middle)
    }
    let row = Row(
      name: workload.rawValue, threads: pool.threadCount, ms: Self.median(times),
      forwardMS: Self.median(forwardTimes), mb: Double(ocelli_peak_memory_bytes()) / 1e6)
    if json { return print(try row.jsonLine()) }
    print(
      String(
        format: "%@: %.1f ms, as long as %.2f forward runs of all pictures (%.1f ms), threads: %d",
        row.name, row.ms, row.ms / row.forwardMS, row.forwardMS, row.threads))
  }

  private func model() throws -> Model {
    let graph =
      switch workload {
      case .gradCAM: try ResNet8(imageHeight: 32, imageWidth: 32, classCount: 10).graph()
      case .lime: try VGG16(imageHeight: 96, imageWidth: 96, classCount: 10).graph()
      }
    return try Model.untrained(.classifier, graph, labels: [], seed: 1)
  }

  /// What is timed, on pictures by chance.
  private func explanation(of model: Model, _ pool: ThreadPool) throws -> () throws -> Void {
    var random = RandomGenerator(seed: 1)
    let shape = model.graph.inputShape
    func picture() -> [Float] { (0..<shape.elementCount).map { _ in random.uniform() } }
    switch workload {
    case .gradCAM:
      let maps = try ClassActivationMap(model, batch: batch, pool)
      let pictures = (0..<count).map { _ in picture() }
      let classes = [Int?](repeating: nil, count: count)
      return { _ = try maps.maps(for: pictures, classes: classes, by: .gradCAM) }
    case .lime:
      let lime = try Lime(model, batch: batch, pool)
      lime.samples = count
      let parts = Superpixels.grid(width: shape.width, height: shape.height, count: 50)
      let image = picture()
      return { _ = try lime.explain(image, parts, class: 3) }
    }
  }

  private static func median(_ seconds: [Double]) -> Double {
    let milliseconds = seconds.sorted()[seconds.count / 2] * 1e3
    return (milliseconds * 1e3).rounded() / 1e3
  }
}
