// SPDX-License-Identifier: Apache-2.0
import Kernels
public import Network

extension Model {
  /// The model in a .tflite file, as a graph of Ocelli's own.
  ///
  /// Weights stay where the file has them, unless they must be brought into another order.
  /// - Parameter owner: what keeps the file's bytes alive; the model holds on to it.
  /// - Throws: `TFLiteImportError` naming the operator.
  package init(
    _ file: TFLiteFile, role: Role = .classifier, owner: AnyObject?
  ) throws(TFLiteImportError) {
    var importer = TFLiteImporter(file: file)
    for index in file.inputs { try importer.addInput(index) }
    for index in file.operators.indices { try importer.add(index) }
    let graph = try importer.finished()
    guard let parameters = ParameterStore(graph, owner: owner, mapped: importer.mapped) else {
      throw .outOfMemory
    }
    importer.fill(parameters)
    self.init(role: role, graph: graph, parameters: parameters)
  }
}

/// The walk over a file's operators.
struct TFLiteImporter {
  /// Where the elements of a parameter come from.
  enum Source {
    /// The file, as they lie there.
    case mapped(UnsafeRawBufferPointer)
    /// Memory of their own.
    case owned([UInt8])

    var byteCount: Int {
      switch self {
      case .mapped(let bytes): bytes.count
      case .owned(let bytes): bytes.count
      }
    }
  }

  let file: TFLiteFile
  var graph = Graph()
  /// The node whose output each tensor is.
  private var nodes: [Int?]
  /// Constants that an operator made of others: weights behind a DEQUANTIZE.
  var computedConstants: [Int: [UInt8]] = [:]
  /// Tensors that hold extents of other tensors, or are computed of such.
  var extents: Set<Int> = []
  /// What fills the parameters of each node, in the order of its declarations.
  private var sources: [Int: [Source]] = [:]

  init(file: TFLiteFile) {
    self.file = file
    nodes = [Int?](repeating: nil, count: file.tensors.count)
  }

  mutating func addInput(_ tensor: Int) throws(TFLiteImportError) {
    let format = try format(of: tensor)
    let shape = try shape(of: tensor)
    do throws(GraphError) {
      nodes[tensor] = try graph.add(
        uniqueName(file.tensors[tensor].name), .input(InputLayer(shape)), format: format)
    } catch { throw .graph(.custom, node: -1, error) }
  }

  /// The graph with its outputs named.
  mutating func finished() throws(TFLiteImportError) -> Graph {
    var outputs: [Int] = []
    for tensor in file.outputs {
      guard let node = nodes[tensor] else { throw .file(.missing(.output)) }
      outputs.append(node)
    }
    do throws(GraphError) { try graph.setOutputs(outputs) } catch {
      throw .graph(.custom, node: -1, error)
    }
    return graph
  }

  /// The address of a parameter that can be read where it lies.
  func mapped(_ entry: ParameterStore.Entry) -> UnsafeRawPointer? {
    guard case .mapped(let bytes) = source(of: entry), let address = bytes.baseAddress,
      Int(bitPattern: address) % entry.declaration.format.byteCount == 0
    else { return nil }
    return address
  }

  /// Fills what is not mapped.
  func fill(_ store: ParameterStore) {
    for entry in store.entries {
      switch source(of: entry) {
      case .mapped(let bytes) where mapped(entry) == nil:
        store.bytes(of: entry).copyMemory(from: bytes)
      case .owned(let bytes): bytes.withUnsafeBytes { store.bytes(of: entry).copyMemory(from: $0) }
      case .mapped, nil: break
      }
    }
  }

  private func source(of entry: ParameterStore.Entry) -> Source? {
    guard let sources = sources[entry.node] else { return nil }
    let first = graph.parameters(of: entry.node).firstIndex { $0.role == entry.declaration.role }
    guard let first, first < sources.count else { return nil }
    return sources[first]
  }

  /// Adds a node for operator `index` that computes `tensor`, and then the activation that the
  /// operator applies. Both carry the tensor's format.
  mutating func add(
    _ operation: Network.Operation, _ inputs: [Int], computing tensor: Int, operator index: Int,
    activation: TFLiteActivation = .none, parameters: [Source] = []
  ) throws(TFLiteImportError) {
    let function: ActivationFunction? =
      switch activation {
      case .none: nil
      case .relu: .relu
      case .relu6: .relu6
      case .reluN1To1: .hardTanh
      case .tanh, .signBit: throw problem(index, .activation)
      }
    let format = try format(of: tensor)
    let name = file.tensors[tensor].name
    var node = try addNode(
      function == nil ? name : name + "/linear", operation, inputs, format: format, index)
    let declarations = graph.parameters(of: node)
    guard declarations.count == parameters.count,
      zip(declarations, parameters).allSatisfy({ $0.byteCount == $1.byteCount })
    else { throw problem(index, .parameterSize) }
    sources[node] = parameters
    if let function {
      node = try addNode(
        name, .activation(ActivationLayer(function)), [node], format: format, index)
    }
    nodes[tensor] = node
    guard graph.shapes[node] == (try shape(of: tensor)) else { throw problem(index, .outputShape) }
  }

  /// Adds a node for operator `index`.
  mutating func addNode(
    _ name: String, _ operation: Network.Operation, _ inputs: [Int], format: ValueFormat,
    _ index: Int
  ) throws(TFLiteImportError) -> Int {
    do throws(GraphError) {
      return try graph.add(uniqueName(name), operation, inputs, format: format)
    } catch { throw .graph(file.operators[index].code, node: index, error) }
  }

  /// A tensor that is another under a second name.
  mutating func alias(_ tensor: Int, of node: Int) { nodes[tensor] = node }

  /// Names of tensors need not be unique, or be there at all.
  func uniqueName(_ name: String) -> String {
    var candidate = name.utf8.isEmpty ? "tensor" : name
    while graph.index(ofNodeNamed: candidate) != nil { candidate += "'" }
    return candidate
  }

  func problem(_ index: Int, _ problem: StaticProblem) -> TFLiteImportError {
    .unsupportedUse(file.operators[index].code, node: index, problem)
  }

  /// The node that computes a tensor; a constant becomes one where it is used so.
  mutating func node(of tensor: Int, operator index: Int) throws(TFLiteImportError) -> Int {
    if let node = nodes[tensor] { return node }
    guard file.tensors[tensor].isConstant || computedConstants[tensor] != nil else {
      throw problem(index, .operandCount)
    }
    let format = try format(of: tensor)
    let node = try addNode(
      file.tensors[tensor].name, .constant(ConstantLayer(try constantShape(of: tensor))), [],
      format: format, index)
    sources[node] = [source(ofConstant: tensor)]
    nodes[tensor] = node
    return node
  }

  func source(ofConstant tensor: Int) -> Source {
    computedConstants[tensor].map { .owned($0) } ?? .mapped(file.tensors[tensor].data)
  }

  func isConstant(_ tensor: Int) -> Bool {
    file.tensors[tensor].isConstant || computedConstants[tensor] != nil
  }
}

extension Model {
  /// The model in a .tflite file with its labels and its preprocessing, as far as its metadata say
  /// them.
  /// - Parameter owner: what keeps `bytes` alive; the model holds on to it.
  public init(
    readingTFLite bytes: UnsafeRawBufferPointer, owner: AnyObject?
  ) throws(TFLiteImportError) {
    let (file, description) = try describedFile(bytes)
    self = try Model(file, owner: owner)
    for entry in file.metadata where PackedWeights.metadataName.equals(entry.name.utf8) {
      do throws(MetadataError) {
        packedWeights = try PackedWeights(reading: entry.data, owner: owner)
      } catch { throw .metadata(error) }
    }
    let isImage = graph.outputShape == graph.inputShape && graph.outputShape.channels <= 3
    role = description.role ?? (isImage ? .enhancer : .classifier)
    labels = description.labels
    preprocessing =
      description.preprocessing ?? Preprocessing(impliedBy: graph.formats[graph.inputs[0]])
  }
}

extension ModelDescription {
  /// What the metadata of a .tflite file say.
  public init(readingTFLite bytes: UnsafeRawBufferPointer) throws(TFLiteImportError) {
    self = try describedFile(bytes).description
  }
}

private func describedFile(_ bytes: UnsafeRawBufferPointer) throws(TFLiteImportError) -> (
  file: TFLiteFile, description: ModelDescription
) {
  let file: TFLiteFile
  do throws(TFLiteError) { file = try TFLiteFile(reading: bytes) } catch { throw .file(error) }
  do throws(MetadataError) { return (file, try ModelDescription(reading: file, in: bytes)) } catch {
    throw .metadata(error)
  }
}

/// Why a .tflite model cannot be run here.
public enum TFLiteImportError: Error, Equatable, Sendable {
  /// The file is damaged, or not a model.
  case file(TFLiteError)
  /// What the file says about the model cannot be read.
  case metadata(MetadataError)
  /// Nothing here computes the operator: convert the model without it.
  case unsupportedOperator(TFLiteCode, customName: String, version: Int, node: Int)
  /// The operator is used in a way that nothing here computes.
  case unsupportedUse(TFLiteCode, node: Int, StaticProblem)
  /// The operator's inputs do not fit it: the file is wrong.
  case graph(TFLiteCode, node: Int, GraphError)
  /// The tensor's numbers are of a type that nothing here computes with: convert the model to int8,
  /// float32 or float16.
  case unsupportedType(TFLiteType, tensor: Int)
  /// The tensor's quantisation is not what its type asks for: the file is wrong.
  case badQuantization(tensor: Int)
  /// The tensor has more extents than a batch, height, width and channels: convert the model
  /// without it.
  case unsupportedRank(Int, tensor: Int)
  /// There is no memory for the parameters.
  case outOfMemory
}

/// What is unsupported or wrong about an operator.
public enum StaticProblem: Equatable, Sendable {
  /// Inputs or outputs are missing, or too many.
  case operandCount
  /// Weights, axes or paddings are computed by the model; they must be constants.
  case notConstant
  /// Its options are missing.
  case noOptions
  /// The activation that it applies to its output is not ReLU or ReLU6.
  case activation
  /// Weights in the shuffled format of old versions.
  case shuffledWeights
  /// Weights are not what the input's type asks for.
  case weightType
  /// More than four extents, or an extent in the batch's place that is no batch.
  case rank
  /// It is computed by an approximation; convert the model with the exact function.
  case approximation
  /// It works across the images of a batch.
  case acrossBatch
  /// The output's shape is not what the inputs give.
  case outputShape
  /// Weights or biases are missing, or are not of the size that its shape asks for.
  case parameterSize
  /// A number that it is given is outside of what is computed here.
  case attribute
}

extension TFLiteImportError: CustomStringConvertible {
  /// One line; follows the file's name.
  public var description: String {
    switch self {
    case .file(let error): error.description
    case .metadata(let error): error.description
    case .unsupportedOperator(let code, let customName, let version, let node):
      "operator \(node) is \(customName.isEmpty ? code.name : "the custom '\(customName)'") "
        + "version \(version), which is not supported; convert the model without it"
    case .unsupportedUse(let code, let node, let problem):
      "operator \(node) (\(code.name)): \(problem.description)"
    case .graph(let code, let node, let error):
      node < 0
        ? "an input cannot be used: \(error.message)"
        : "operator \(node) (\(code.name)) does not fit its inputs: \(error.message)"
    case .unsupportedType(let type, let tensor):
      "tensor \(tensor) holds \(type.name); expected a model of int8, float32 or float16"
    case .badQuantization(let tensor):
      "tensor \(tensor) has scales or zero points that its type does not allow"
    case .unsupportedRank(let rank, let tensor):
      "tensor \(tensor) has \(rank) extents; expected at most batch, height, width and channels"
    case .outOfMemory: "there is no memory for the model"
    }
  }
}

extension StaticProblem: CustomStringConvertible {
  /// One line; follows the operator.
  public var description: String {
    switch self {
    case .operandCount: "inputs or outputs are missing, or too many"
    case .notConstant: "weights, axes and paddings must be constants in the file"
    case .noOptions: "its options are missing"
    case .activation: "it ends in an activation that is not ReLU or ReLU6"
    case .shuffledWeights: "its weights are in the shuffled format of old versions"
    case .weightType: "its weights are not of the type that its input asks for"
    case .rank: "it has more extents than height, width and channels"
    case .approximation: "it is the approximation by tanh; convert the model with the exact GELU"
    case .acrossBatch: "it works across the images of a batch"
    case .outputShape: "its output does not have the shape that its inputs give"
    case .parameterSize: "its weights or biases do not have the size that its shape asks for"
    case .attribute: "one of its numbers is outside of what is supported"
    }
  }
}
