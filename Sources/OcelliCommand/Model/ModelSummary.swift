// SPDX-License-Identifier: Apache-2.0
import Interchange
import Kernels
import ModelFormats
import Network

/// What `ocelli model info` shows of a model.
struct ModelSummary: Encodable {
  struct Layer: Encodable {
    var name: String
    var operation: String
    var output: String
    /// `float32`, `int8` or `uint8`; of integers, what they stand for: (q − zeroPoint) · scale.
    var format: String
    var scale: Float?
    var zeroPoint: Int32?
    var parameters: Int
    var multiplyAccumulates: Int64
  }

  /// What the file says to people; nothing is empty.
  struct Metadata: Encodable {
    var name: String?
    var version: String?
    var author: String?
    var license: String?
    var description: String?
    var provenance: String?
  }

  /// How a picture becomes the input: (level − mean) / deviation.
  struct Preparation: Encodable {
    var height: Int
    var width: Int
    /// `RGB` or `grey`.
    var colors: String
    var mean: [Float]
    var deviation: [Float]
    /// `stretch` or `center`.
    var crop: String
  }

  /// Of a file.
  var role: String?
  var labels: [String]?
  var metadata: Metadata?
  var preprocessing: Preparation?
  var fileBytes: Int?
  /// The CPUs for which the file has packed weights.
  var packedFor: [String]?
  var layers: [Layer]
  /// All, those of each layer added up.
  var parameters: Int
  /// Those that gradient descent changes; the others are statistics and scales.
  var trainedParameters: Int
  var weightBytes: Int
  var multiplyAccumulates: Int64
  var inferenceArenaBytes: Int
  var inferenceArenaLowerBound: Int
  /// Quantised models are not trained.
  var trainingArenaBytes: Int?
  var trainingArenaLowerBound: Int?

  init(_ graph: Graph, _ inference: Plan, _ training: Plan?) {
    layers = graph.nodes.indices.map { node in
      let quantization = graph.formats[node].quantization
      return Layer(
        name: graph.nodes[node].name, operation: graph.nodes[node].operation.name,
        output: graph.shapes[node].text, format: graph.formats[node].text,
        scale: quantization?.scale, zeroPoint: quantization?.zeroPoint,
        parameters: graph.parameters(of: node).reduce(0) { $0 + $1.count },
        multiplyAccumulates: graph.multiplyAccumulates(of: node))
    }
    parameters = layers.reduce(0) { $0 + $1.parameters }
    trainedParameters = graph.learntParameterCount
    weightBytes = graph.nodes.indices.reduce(0) { sum, node in
      sum + graph.parameters(of: node).reduce(0) { $0 + $1.byteCount }
    }
    multiplyAccumulates = graph.multiplyAccumulates
    inferenceArenaBytes = inference.arenaByteCount
    inferenceArenaLowerBound = inference.arenaLowerBound
    trainingArenaBytes = training?.arenaByteCount
    trainingArenaLowerBound = training?.arenaLowerBound
  }
}

extension ModelSummary.Metadata {
  /// `nil` of a file that is no .tflite file, or has no metadata.
  init?(in bytes: UnsafeRawBufferPointer) throws {
    guard TFLiteFile.hasIdentifier(bytes) else { return nil }
    let description = try ModelDescription(reading: TFLiteFile(reading: bytes), in: bytes)
    func said(_ text: String) -> String? { text.isEmpty ? nil : text }
    name = said(description.name)
    version = said(description.version)
    author = said(description.author)
    license = said(description.license)
    self.description = said(description.summary)
    provenance = said(description.provenance)
    let all = [name, version, author, license, self.description, provenance]
    if all.allSatisfy({ $0 == nil }) { return nil }
  }
}

extension ModelSummary.Preparation {
  /// `nil` of a model whose input is no picture.
  init?(_ model: Model) {
    let shape = model.graph.inputShape
    guard shape.channels == 3 || shape.channels == 1, shape.height > 1, shape.width > 1,
      model.preprocessing.fits(channels: shape.channels)
    else { return nil }
    (height, width) = (shape.height, shape.width)
    colors = shape.channels == 3 ? "RGB" : "grey"
    mean = model.preprocessing.mean
    deviation = model.preprocessing.deviation
    crop = model.preprocessing.crop == .center ? "center" : "stretch"
  }
}
