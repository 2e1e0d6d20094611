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
import Platform
import SharedCommands
import Training

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
  @Option(help: ArgumentHelp("Pictures.", valueName: "n")) var count = 1000
  @Option(help: ArgumentHelp("Pictures per run.", valueName: "n")) var batch = 16
  @Option(help: ArgumentHelp("Steps to time.", valueName: "n")) var steps = 3
  @Flag(help: "Print JSON.") var json = false
  @OptionGroup var threads: ThreadOptions

  func validate() throws {
    for (name, value, range) in [
      ("count", count, 10...100_000), ("batch", batch, 1...1024), ("steps", steps, 1...1000),
    ] {
      try checkRange(name, value, range)
    }
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
