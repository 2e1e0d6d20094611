// SPDX-License-Identifier: Apache-2.0
import Foundation

/// How a phase of training went, from its file of metrics.
public struct TrainingCurves {
  let name: String
  let quantity: String
  let training: [Double]
  let validation: [Double]

  private struct Line: Decodable {
    var epoch: Int?
    var trainingLoss: Double?
    var trainingAccuracy: Double?
    var validationLoss: Double?
    var validationAccuracy: Double?
  }

  /// - Parameter path: JSON Lines, one of them an epoch; `nil` when there are none.
  public init?(name: String, path: String) {
    guard let data = FileManager.default.contents(atPath: path) else { return nil }
    let lines = data.split(separator: UInt8(ascii: "\n"))
      .compactMap { try? JSONDecoder().decode(Line.self, from: Data($0)) }
      .filter { $0.epoch != nil }
    guard !lines.isEmpty else { return nil }
    self.name = name
    let hasAccuracy = lines.contains { $0.validationAccuracy != nil }
    quantity = hasAccuracy ? "accuracy" : "loss"
    training = lines.compactMap { hasAccuracy ? $0.trainingAccuracy : $0.trainingLoss }
    validation = lines.compactMap { hasAccuracy ? $0.validationAccuracy : $0.validationLoss }
  }
}
