// SPDX-License-Identifier: Apache-2.0
import Kernels
public import Network

extension Model {
  /// The model in a .tflite file, as a graph of Ocelli's own.
  ///
  /// Weights stay where the file has them, unless they must be brought into another order.
  ///
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
  mutating func node(
    of tensor: Int, operator index: Int
  ) throws(TFLiteImportError) -> Int {
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
  ///
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

private func describedFile(
  _ bytes: UnsafeRawBufferPointer
) throws(TFLiteImportError) -> (file: TFLiteFile, description: ModelDescription) {
  let file: TFLiteFile
  do throws(TFLiteError) { file = try TFLiteFile(reading: bytes) } catch { throw .file(error) }
  do throws(MetadataError) {
    return (file, try ModelDescription(reading: file, in: bytes))
  } catch { throw .metadata(error) }
}
