// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Foundation
import Kernels
import Text
import Training

struct BenchKernels: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "kernels", abstract: "Time convolutions, layer shape by layer shape.",
    discussion: """
      GFLOP/s are those of the plain sum of products, so that a faster algorithm shows as a rate \
      above the machine's peak.

        ocelli bench kernels --batch 16 --threads 1
      """)

  @Option(help: ArgumentHelp("Images a step.", valueName: "n")) var batch = 16
  @Flag(help: "Print JSON.") var json = false
  @OptionGroup var threads: ThreadOptions

  func validate() throws {
    try checkRange("batch", batch, 1...1024)
  }

  func run() throws {
    let pool = try threads.pool()
    let peak = MachinePeak.measure(pool) / 1e9
    if !json {
      print(
        "peak \(String(format: "%.0f", peak)) GFLOP/s in \(pool.threadCount) threads, "
          + "batch \(batch)"
      )
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
