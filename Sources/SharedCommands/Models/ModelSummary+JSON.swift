// SPDX-License-Identifier: Apache-2.0
import Kernels
import ModelFormats
import Text

extension ModelSummary {
  /// The summary as a JSON object in one line.
  package var json: String {
    var members = [JSONValue.Member]()
    func add(_ key: String, _ value: JSONValue?) {
      if let value { members.append(JSONValue.Member(key: key, value: value)) }
    }
    add("role", role.map { .string($0) })
    add("labels", role == nil ? nil : .array(labels.map { .string($0) }))
    add("metadata", description.flatMap { $0.json })
    add("preprocessing", preprocessing.map { $0.json })
    add("fileBytes", fileBytes.map { .integer($0) })
    add("packedFor", packedFor.isEmpty ? nil : .array(packedFor.map { .string($0) }))
    add("layers", .array(layers.map { $0.json }))
    add("parameters", .integer(parameters))
    add("trainedParameters", .integer(trainedParameters))
    add("weightBytes", .integer(weightBytes))
    add("multiplyAccumulates", .number(exactly: multiplyAccumulates))
    add("inferenceArenaBytes", .integer(inferenceArena.bytes))
    add("inferenceArenaLowerBound", .integer(inferenceArena.lowerBound))
    add("trainingArenaBytes", trainingArena.map { .integer($0.bytes) })
    add("trainingArenaLowerBound", trainingArena.map { .integer($0.lowerBound) })
    return JSONValue.object(members).text
  }
}

extension JSONValue {
  /// A count that may be larger than an `Int` of 32 bits.
  static func number(exactly count: Int64) -> JSONValue {
    Int(exactly: count).map { .integer($0) } ?? .number(Double(count))
  }
}

extension ModelSummary.Layer {
  fileprivate var json: JSONValue {
    var members: [JSONValue.Member] = [
      .init(key: "name", value: .string(name)),
      .init(key: "operation", value: .string(operation)),
      .init(key: "output", value: .string(output)),
      .init(key: "format", value: .string(format)),
    ]
    if let quantization {
      members += [
        .init(key: "scale", value: .single(quantization.scale)),
        .init(key: "zeroPoint", value: .integer(Int(quantization.zeroPoint))),
      ]
    }
    return .object(
      members + [
        .init(key: "parameters", value: .integer(parameters)),
        .init(key: "multiplyAccumulates", value: .number(exactly: multiplyAccumulates)),
      ])
  }
}

extension ModelSummary.Preparation {
  fileprivate var json: JSONValue {
    .object([
      .init(key: "height", value: .integer(height)),
      .init(key: "width", value: .integer(width)),
      .init(key: "colors", value: .string(colors)),
      .init(key: "mean", value: .array(mean.map { .single($0) })),
      .init(key: "deviation", value: .array(deviation.map { .single($0) })),
      .init(key: "crop", value: .string(isCentered ? "center" : "stretch")),
    ])
  }
}

extension ModelDescription {
  /// What is said to people; `nil` where nothing is.
  fileprivate var json: JSONValue? {
    let entries = [
      ("name", name), ("version", version), ("author", author), ("license", license),
      ("description", summary), ("provenance", provenance),
    ].filter { !$0.1.utf8.isEmpty }
    guard !entries.isEmpty else { return nil }
    return .object(entries.map { .init(key: $0.0, value: .string($0.1)) })
  }
}
