// SPDX-License-Identifier: Apache-2.0
import Text
import Foundation
import Interchange

/// What is wrong with an experiment, or with its results: one line that names the place.
public struct ExperimentError: Error, Equatable, CustomStringConvertible {
  public let description: String
  public init(_ description: String) { self.description = description }
}

extension Experiment {
  /// Reads the JSON file of an experiment.
  ///
  /// - Throws: `ExperimentError` for what is no JSON, lacks a member, or has one of another type or
  ///   one that means nothing.
  public init(contentsOf path: String) throws(ExperimentError) {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw ExperimentError("\(path): cannot be read: expected an experiment as a JSON file")
    }
    do {
      let source = try data.withUnsafeBytes { try JSONReader.read($0) }
      self = try JSONDecoder().decode(Experiment.self, from: data)
      let own = try JSONReader.read(json())
      if let place = source.firstMember(missingFrom: own) {
        throw ExperimentError("'\(place)' means nothing in an experiment")
      }
      if let problem { throw ExperimentError(problem) }
    } catch { throw ExperimentError("\(path): \(Self.message(of: error))") }
  }

  private static func message(of error: any Error) -> String {
    switch error {
    case DecodingError.keyNotFound(let key, let context):
      "\(place(context.codingPath))expected the member '\(key.stringValue)'"
    case DecodingError.typeMismatch(let type, let context),
      DecodingError.valueNotFound(let type, let context):
      "\(place(context.codingPath))expected \(name(of: type))"
    case DecodingError.dataCorrupted(let context):
      // Foundation says "Cannot initialize Architecture from invalid String value big".
      "\(place(context.codingPath))'\(context.debugDescription.split(separator: " ").last ?? "")' "
        + "is not known here"
    default: "\(error)"
    }
  }

  private static func name(of type: any Any.Type) -> String {
    switch type {
    case is String.Type: "text"
    case is Bool.Type: "true or false"
    case is Int.Type, is UInt64.Type: "a whole number"
    case is Double.Type, is Float.Type: "a number"
    default: "\(type)".hasPrefix("Array") ? "a list" : "an object"
    }
  }

  /// Such as `rows[2].controls[0]: `.
  private static func place(_ path: [any CodingKey]) -> String {
    guard !path.isEmpty else { return "" }
    return path.reduce("") { text, key in
      if let index = key.intValue { return text + "[\(index)]" }
      return text.isEmpty ? key.stringValue : text + "." + key.stringValue
    } + ": "
  }
}

extension JSONValue {
  /// The place of the first member that `other`, the same value as this program writes it, has not.
  fileprivate func firstMember(missingFrom other: JSONValue, at place: String = "") -> String? {
    switch (self, other) {
    case (.object(let members), .object):
      for member in members where member.value != .null {
        let path = place.isEmpty ? member.key : place + "." + member.key
        guard let own = other[member.key] else { return path }
        if let found = member.value.firstMember(missingFrom: own, at: path) { return found }
      }
    case (.array(let elements), .array(let others)):
      for (index, (element, own)) in zip(elements, others).enumerated() {
        let path = "\(place)[\(index)]"
        if let found = element.firstMember(missingFrom: own, at: path) { return found }
      }
    default: break
    }
    return nil
  }
}
