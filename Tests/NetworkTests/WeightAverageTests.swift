// SPDX-License-Identifier: Apache-2.0
import Kernels
import Network
import TestSupport
import Testing

struct WeightAverageTests {
  @Test func `the average follows the parameters and can replace them`() throws {
    var graph = Graph()
    let input = try graph.input(height: 2, width: 2, channels: 3)
    _ = try graph.normalizedConvolution("layer", input, channels: 5, kernel: 3)
    let run = try #require(NetworkRun(graph, batch: 1) { $0.lossNodes = [graph.output] })
    let start = run.parameters.allValues
    let average = try #require(WeightAverage(run.session))
    #expect(average.average.allValues == start)
    for entry in run.parameters.entries {
      let values = run.parameters.values(of: entry)
      for index in values.indices { values[index] += 1 }
    }
    average.update(decay: 0.75)
    expectClose(average.average.allValues, start.map { $0 + 0.25 })
    average.update(decay: 0.75)
    expectClose(average.average.allValues, start.map { $0 + 0.4375 })
    average.apply()
    #expect(run.parameters.allValues == average.average.allValues)
  }
}
