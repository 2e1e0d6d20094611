// SPDX-License-Identifier: Apache-2.0
import Foundation
import TestSupport

/// The numbers of tools/oracles/assessment.py that are about explanations.
struct AssessmentGolden: Decodable {
  struct Faithfulness: Decodable {
    var deletion: Double
    var insertion: Double
    var drop: Double
    var increase: Bool
    var road: Double
  }
  struct Localization: Decodable {
    var energy: Double
    var rank: Double
    var hit: Bool
  }
  struct Attacks: Decodable {
    var fgsm: [Float]
    var pgd: [Float]
  }

  var faithfulness: [Faithfulness]
  var localization: Localization
  var attacks: Attacks

  static func read() throws -> AssessmentGolden {
    try JSONDecoder().decode(
      AssessmentGolden.self, from: Data(try Fixture.bytes("assessment.json")))
  }
}
