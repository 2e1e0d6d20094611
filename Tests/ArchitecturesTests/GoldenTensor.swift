// SPDX-License-Identifier: Apache-2.0
import Interchange
import Kernels
import Network
import TestSupport
import Testing

/// The golden vectors of one network, as `tools/oracles/network.py` wrote them.
struct GoldenFile {
  private let file: SafetensorsFile

  init(_ name: String) throws {
    file = try SafetensorsFile(Fixture.path("network/\(name).safetensors"))
  }

  /// The names of the tensors that stand under a heading such as `gradient/`.
  func names(under heading: String) -> [String] {
    file.tensors.map(\.name)
      .filter { $0.hasPrefix(heading) && !$0.hasSuffix("/summary") }
      .map { String($0.dropFirst(heading.count)) }
  }

  func value(_ name: String) throws -> Float {
    try #require(file.tensor(named: name)?.floats().first)
  }

  /// The name that the images are drawn from.
  func inputName() throws -> String { "input\(Int(try value("variant")))" }

  /// Compares a tensor with its stored sample and with the sums that depend on all of it.
  ///
  /// The reference was computed in double precision, so all the difference is this side's rounding:
  /// the file's tolerance times the tensor's largest magnitude for an element, and times its norm
  /// for a sum with random signs.
  func expect(
    _ name: String, _ actual: [Float],
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let tolerance = try value("tolerance")
    let stored = try #require(file.tensor(named: name), "\(name) is not in the file")
    let summary = try #require(file.tensor(named: name + "/summary")).floats()
    let expected = stored.floats()
    let (norm, largest) = (summary[2], summary[3])
    var worst: Float = 0
    for (index, value) in expected.enumerated() {
      let position =
        actual.count <= expected.count ? index : index * actual.count / expected.count
      worst = max(worst, abs(actual[position] - value))
      if actual[position].isNaN { worst = .infinity }
    }
    guard worst <= tolerance * largest else {
      Issue.record("\(name): \(worst) of \(largest)", sourceLocation: sourceLocation)
      return
    }
    for (suffix, sum) in [("/a", summary[0]), ("/b", summary[1])] {
      let difference = abs(Self.signedSum(actual, name + suffix) - Double(sum))
      #expect(
        difference <= Double(tolerance * norm), "\(name)\(suffix) of \(norm)",
        sourceLocation: sourceLocation)
    }
  }

  private static func signedSum(_ values: [Float], _ name: String) -> Double {
    var random = RandomGenerator(seed: 1, stream: NetworkRun.stream(of: name))
    return values.reduce(0) { $0 + (random.next() >> 63 == 1 ? Double($1) : -Double($1)) }
  }
}
