// SPDX-License-Identifier: Apache-2.0
import Kernels

extension ParameterStore {
  /// Gives every parameter its initial value. Each tensor draws from a stream of its own, keyed by
  /// its position.
  public func initialize(seed: UInt64) {
    for (index, entry) in entries.enumerated() {
      var random = RandomGenerator(seed: seed, stream: UInt64(index))
      initialize(entry, &random)
    }
  }

  private func initialize(_ entry: Entry, _ random: inout RandomGenerator) {
    let values = values(of: entry)
    let dimensions = entry.declaration.dimensions
    // Weights are outputs × … × inputs: all but the first extent feed one output.
    let fanIn = Float(dimensions.dropFirst().reduce(1, *))
    let receptiveField = dimensions.dropFirst().dropLast().reduce(1, *)
    let fanOut = Float(dimensions[0] * receptiveField)
    switch entry.declaration.initialization {
    case .constant(let value):
      values.update(repeating: value)
    case .he:
      let deviation = (2 / fanIn).squareRoot()
      for index in values.indices { values[index] = deviation * random.normal() }
    case .glorot:
      let bound = (6 / (fanIn + fanOut)).squareRoot()
      for index in values.indices { values[index] = random.uniform(-bound..<bound) }
    case .uniformFanIn:
      let bound = 1 / fanIn.squareRoot()
      for index in values.indices { values[index] = random.uniform(-bound..<bound) }
    case .dirac:
      let bound = 1 / fanIn.squareRoot()
      for index in values.indices { values[index] = random.uniform(-bound..<bound) }
      copyInputs(values, dimensions)
    }
  }

  /// Makes output channel i of an OHWI tensor the centre tap of input channel i.
  private func copyInputs(_ values: UnsafeMutableBufferPointer<Float>, _ dimensions: [Int]) {
    guard dimensions.count == 4 else { return }
    let inputs = dimensions[3]
    let taps = dimensions[1] * dimensions[2]
    let centre = (dimensions[1] / 2) * dimensions[2] + dimensions[2] / 2
    for channel in 0..<min(dimensions[0], inputs) {
      let start = channel * taps * inputs
      for index in 0..<taps * inputs { values[start + index] = 0 }
      values[start + centre * inputs + channel] = 1
    }
  }
}
