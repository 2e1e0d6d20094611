// SPDX-License-Identifier: Apache-2.0
import Foundation
import Interchange
import Kernels
import Quantization
import Text
import Training

/// What quantising a model brought and what it cost.
struct QuantizationReport {
  let result: IntegerQuantization.Result
  var bytesBefore = 0
  var bytesAfter = 0
  var accuracyBefore: Double?
  var accuracyAfter: Double?
  /// Of an enhancer's images, in decibels.
  var imageDistance: Double?

  private struct Document: Encodable {
    struct Layer: Encodable {
      var name: String
      var operation: String
      var scale: Float?
      var zeroPoint: Int32?
      var minimum: Float
      var maximum: Float
      var saturation: Double
      /// `nil` where there is no noise.
      var signalToNoise: Double?
    }
    var bytesBefore: Int
    var bytesAfter: Int
    var accuracyBefore: Double?
    var accuracyAfter: Double?
    var imageDistance: Double?
    var warnings: [String]
    var layers: [Layer]
  }

  func json() throws -> String {
    let document = Document(
      bytesBefore: bytesBefore, bytesAfter: bytesAfter, accuracyBefore: accuracyBefore,
      accuracyAfter: accuracyAfter,
      imageDistance: imageDistance.flatMap { $0.isFinite ? $0 : nil },
      warnings: result.warnings.map(\.message),
      layers: result.layers.map {
        Document.Layer(
          name: $0.name, operation: $0.operation, scale: $0.quantization?.scale,
          zeroPoint: $0.quantization?.zeroPoint, minimum: $0.observed.lowerBound,
          maximum: $0.observed.upperBound, saturation: $0.saturation,
          signalToNoise: $0.signalToNoise.isFinite ? $0.signalToNoise : nil)
      })
    return try document.json()
  }

  func text(output: String) -> String {
    var lines: [String] = []
    if !result.layers.isEmpty {
      var table = TextTable([
        "layer", "kind", "least", "greatest", "step", "zero", "cut off", "SQNR",
      ])
      for layer in result.layers {
        table.add([
          String(layer.name.suffix(40)), layer.operation,
          String(format: "%.4g", layer.observed.lowerBound),
          String(format: "%.4g", layer.observed.upperBound),
          layer.quantization.map { String(format: "%.4g", $0.scale) } ?? "float",
          layer.quantization.map { "\($0.zeroPoint)" } ?? "",
          String(format: "%.3f %%", layer.saturation * 100),
          layer.signalToNoise.isFinite ? String(format: "%.1f dB", layer.signalToNoise) : "exact",
        ])
      }
      lines += ["\(table)", ""]
    }
    let change = bytesBefore > 0 ? Double(bytesAfter) / Double(bytesBefore) * 100 : 0
    lines.append(
      "\(output): \(bytesAfter) bytes, \(String(format: "%.0f", change)) % of \(bytesBefore)")
    if let accuracyBefore, let accuracyAfter {
      lines.append(
        String(
          format: "test accuracy %.2f %% before, %.2f %% after", accuracyBefore * 100,
          accuracyAfter * 100))
    }
    if let imageDistance {
      lines.append(String(format: "images are within %.1f dB (PSNR) of the model's", imageDistance))
    }
    return lines.joined(separator: "\n")
  }
}
