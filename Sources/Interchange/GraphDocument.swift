// SPDX-License-Identifier: Apache-2.0
import Foundation
import Kernels
public import Network

/// A graph as JSON: what a checkpoint keeps in its metadata.
///
///     {"nodes":[{"attributes":{"shape":[32,32,3]},"inputs":[],"name":"input","operation":"input"}, …]}
///
/// Attributes are numbers, words and arrays of numbers; the names are those of the layers'
/// properties.
public struct GraphDocument: Codable, Equatable {
  /// One node.
  public struct NodeDocument: Codable, Equatable {
    var name: String
    var operation: String
    var inputs: [Int]
    var attributes: Attributes
  }

  var nodes: [NodeDocument]
  /// What the graph is run for, where that is not the last node alone.
  var outputs: [Int]?

  /// The document of a graph.
  public init(_ graph: Graph) {
    nodes = graph.nodes.map {
      NodeDocument(
        name: $0.name, operation: $0.operation.name, inputs: $0.inputs,
        attributes: $0.operation.attributes)
    }
    outputs = graph.outputs == [graph.nodes.count - 1] ? nil : graph.outputs
  }

  /// The graph, its shapes inferred anew.
  public func graph() throws -> Graph {
    var graph = Graph()
    for node in nodes {
      let operation: Network.Operation
      do { operation = try Operation(node.operation, node.attributes) } catch {
        throw GraphDocumentError(node: node.name, problem: error.problem)
      }
      try graph.add(node.name, operation, node.inputs)
    }
    guard case .input = graph.nodes.first?.operation else {
      throw GraphDocumentError(node: nodes.first?.name ?? "(none)", problem: "is not an input")
    }
    if let outputs { try graph.setOutputs(outputs) }
    return graph
  }

  /// The same bytes for the same graph.
  public func json() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(self), as: UTF8.self)
  }

  /// - Throws: `DecodingError` when the text is not such a document.
  public init(json: String) throws {
    self = try JSONDecoder().decode(GraphDocument.self, from: Data(json.utf8))
  }
}

/// A node that is not what this version understands.
public struct GraphDocumentError: Error, Equatable {
  /// Its name.
  public var node: String
  /// What is wrong with it; follows the name.
  public var problem: String

  /// One line for people.
  public var message: String { "node '\(node)' \(problem)" }
}

/// The attributes of one node, read with checks.
struct Attributes: Codable, Equatable {
  /// A number, a word or an array of numbers.
  enum Value: Codable, Equatable {
    case number(Double)
    case word(String)
    case numbers([Double])

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let number = try? container.decode(Double.self) {
        self = .number(number)
      } else if let word = try? container.decode(String.self) {
        self = .word(word)
      } else {
        self = .numbers(try container.decode([Double].self))
      }
    }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.singleValueContainer()
      switch self {
      case .number(let number): try container.encode(number)
      case .word(let word): try container.encode(word)
      case .numbers(let numbers): try container.encode(numbers)
      }
    }
  }

  struct Problem: Error { var problem: String }

  var values: [String: Value] = [:]

  init(_ values: [String: Value] = [:]) { self.values = values }
  init(from decoder: any Decoder) throws { values = try [String: Value](from: decoder) }
  func encode(to encoder: any Encoder) throws { try values.encode(to: encoder) }

  func word(_ name: String) throws(Problem) -> String {
    guard case .word(let word) = values[name] else {
      throw Problem(problem: "lacks the word '\(name)'")
    }
    return word
  }

  func numbers(_ name: String, count: Int? = nil) throws(Problem) -> [Double] {
    guard case .numbers(let numbers) = values[name], count == nil || numbers.count == count else {
      throw Problem(problem: "lacks the array '\(name)'" + (count.map { " of \($0)" } ?? ""))
    }
    return numbers
  }

  func float(_ name: String) throws(Problem) -> Float {
    guard case .number(let number) = values[name] else {
      throw Problem(problem: "lacks the number '\(name)'")
    }
    return Float(number)
  }

  func integer(_ name: String) throws(Problem) -> Int {
    guard case .number(let number) = values[name], let integer = Int(exactly: number),
      abs(integer) < 1 << 31
    else { throw Problem(problem: "lacks the whole number '\(name)'") }
    return integer
  }

  func optionalInteger(_ name: String) throws(Problem) -> Int? {
    values[name] == nil ? nil : try integer(name)
  }

  func integers(_ name: String, count: Int) throws(Problem) -> [Int] {
    try numbers(name, count: count).map { number throws(Problem) in
      guard let integer = Int(exactly: number), abs(integer) < 1 << 31 else {
        throw Problem(problem: "has '\(name)' that are not whole numbers")
      }
      return integer
    }
  }

  func flag(_ name: String) throws(Problem) -> Bool { try integer(name) != 0 }
}
