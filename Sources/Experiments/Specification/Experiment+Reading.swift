// SPDX-License-Identifier: Apache-2.0
import Datasets
import Foundation
import Interchange
import Text
import Training

/// What is wrong with an experiment or its results, in one line.
package struct ExperimentError: Error, Equatable, CustomStringConvertible {
  package let description: String
  package init(_ description: String) { self.description = description }
}

extension Experiment {
  /// Reads the JSON file of an experiment.
  /// - Throws: `ExperimentError` for what is no JSON, lacks a member, or has one of another type or
  ///   one that means nothing.
  package init(contentsOf path: String) throws(ExperimentError) {
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
  /// The place of the first member that is missing from `other`, the same value as this program
  /// writes it.
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

extension Experiment {
  /// The first problem, for people; `nil` if it can be run.
  var problem: String? {
    if !(1...100).contains(seeds) { return "seeds \(seeds): expected 1 to 100" }
    if let validation, !(0..<1).contains(validation) {
      return "validation \(validation): expected 0 up to 1"
    }
    if rows.isEmpty { return "rows: expected at least one" }
    for (name, recipe) in classifiers.sorted(by: { $0.key < $1.key }) {
      if let problem = recipe.problem { return "classifiers.\(name): \(problem)" }
    }
    for (name, recipe) in enhancers.sorted(by: { $0.key < $1.key }) {
      if let problem = recipe.problem { return "enhancers.\(name): \(problem)" }
    }
    for (name, data) in data.sorted(by: { $0.key < $1.key }) {
      if (data.path == nil) == (data.scenes == nil) {
        return "data.\(name): expected a path or scenes"
      }
      if let split = data.split, split.count != 2 {
        return "data.\(name).split: expected two counts, of training and of test images"
      }
    }
    var names: Set<String> = []
    for (index, row) in rows.enumerated() {
      if let problem = problem(of: row) { return "rows[\(index)]: \(problem)" }
      if !names.insert(row.name).inserted {
        return "rows[\(index)]: two rows are called \(row.name)"
      }
    }
    return nil
  }

  private func problem(of row: Row) -> String? {
    for name in [row.data, row.classifierData ?? row.data] where data[name] == nil {
      return "no data are called '\(name)'"
    }
    if enhancers[row.enhancer] == nil { return "no enhancer is called '\(row.enhancer)'" }
    for name in [row.classifier] + (row.transfer ?? []) where classifiers[name] == nil {
      return "no classifier is called '\(name)'"
    }
    guard row.name.allSatisfy({ $0.isLetter || $0.isNumber || "-._".contains($0) }),
      !row.name.isEmpty
    else { return "name '\(row.name)': expected letters, digits, - . _" }
    let trainable = classifiers[row.classifier]?.file == nil
    let needTraining: [Control] = [.joint, .wider, .fineTuned, .disjointHalves]
    for control in row.controls ?? [] where needTraining.contains(control) && !trainable {
      return "\(control.rawValue) trains the classifier, which is a file"
    }
    let reconstructs = enhancers[row.enhancer]?.reconstruct != nil
    for control in row.controls ?? [] where !reconstructs {
      if control == .reconstruction || control == .fromScratch {
        return "\(control.rawValue) needs an enhancer with a phase 'reconstruct'"
      }
    }
    if let problem = row.suites?.problem { return "suites.\(problem)" }
    if (validation ?? 0.1) == 0, row.controls?.contains(.filter) == true {
      return "C3 chooses its filter on held-out images: give a validation above 0"
    }
    return nil
  }
}

extension Experiment.Suites {
  fileprivate var problem: String? {
    if let images, images < 1 { return "images \(images): expected 1 or more" }
    guard let corruption else { return nil }
    let isSet = Set(corruption).count == corruption.count && !corruption.isEmpty
    return isSet && corruption.allSatisfy(Corruption.severities.contains)
      ? nil : "corruption: expected severities of 1 to 5, each once"
  }
}

extension Experiment.ClassifierRecipe {
  fileprivate var problem: String? {
    if (file == nil) == (model == nil) { return "expected a file or a model" }
    return model?.problem ?? training?.problem.map { "training.\($0)" }
  }
}

extension Experiment.EnhancerRecipe {
  fileprivate var problem: String? {
    model.problem ?? reconstruct?.problem.map { "reconstruct.\($0)" } ?? enhance?.problem.map {
      "enhance.\($0)"
    } ?? objective?.problem.map { "objective.\($0)" }
  }
}
