// SPDX-License-Identifier: Apache-2.0
import Kernels
import ModelFormats
package import Network
import Platform

/// What `model info` shows of a model.
package struct ModelSummary {
  struct Layer {
    var name: String
    var operation: String
    var output: String
    /// `float32`, `int8` or `uint8`; of integers, what they stand for: (q − zeroPoint) · scale.
    var format: String
    var quantization: AffineQuantization?
    var parameters: Int
    var multiplyAccumulates: Int64
  }

  /// How a picture becomes the input: (level − mean) / deviation.
  struct Preparation {
    var height: Int
    var width: Int
    /// `RGB` or `grey`.
    var colors: String
    var mean: [Float]
    var deviation: [Float]
    /// Whether pictures are cropped in the middle; else they are stretched.
    var isCentered: Bool
  }

  /// Of a file.
  var role: String?
  var labels: [String] = []
  /// What the file says to people.
  var description: ModelDescription?
  var preprocessing: Preparation?
  var fileBytes: Int?
  /// The CPUs for which the file has packed weights.
  var packedFor: [String] = []
  let layers: [Layer]
  /// All, those of each layer added up.
  let parameters: Int
  /// Those that gradient descent changes; the others are statistics and scales.
  let trainedParameters: Int
  let weightBytes: Int
  let multiplyAccumulates: Int64
  /// Images per step, for which the arenas are planned.
  let batch: Int
  let inferenceArena: Arena
  /// Quantised models are not trained.
  let trainingArena: Arena?

  /// Bytes of an arena, and how many no arrangement could do without.
  struct Arena {
    let bytes: Int
    let lowerBound: Int

    init(_ plan: Plan) {
      bytes = plan.arenaByteCount
      lowerBound = plan.arenaLowerBound
    }
  }

  package init(_ graph: Graph, batch: Int, packed: PackedWeights? = nil) {
    layers = graph.nodes.indices.map { node in
      Layer(
        name: graph.nodes[node].name, operation: graph.nodes[node].operation.name,
        output: graph.shapes[node].text, format: graph.formats[node].text,
        quantization: graph.formats[node].quantization,
        parameters: graph.parameters(of: node).reduce(0) { $0 + $1.count },
        multiplyAccumulates: graph.multiplyAccumulates(of: node))
    }
    parameters = layers.reduce(0) { $0 + $1.parameters }
    trainedParameters = graph.learntParameterCount()
    weightBytes = graph.nodes.indices.reduce(0) { sum, node in
      sum + graph.parameters(of: node).reduce(0) { $0 + $1.byteCount }
    }
    multiplyAccumulates = graph.multiplyAccumulates
    self.batch = batch
    inferenceArena = Arena(.inference(graph, batch: batch, threadCount: 1, packed: packed))
    var request = PlanRequest(batch: batch, threadCount: 1)
    request.lossNodes = [graph.output]
    let isFloat = graph.formats.allSatisfy { $0 == .float32 }
    trainingArena = isFloat ? (try? Plan(graph, request)).map { Arena($0) } : nil
  }

  /// Of a model that was read from the file at `path`.
  ///
  /// - Throws: What is wrong with the file, in one line with its path.
  package init(_ model: Model, path: String, batch: Int) throws(CommandError) {
    self.init(model.graph, batch: batch, packed: model.packedWeights)
    // Of a .tflite file without labels nobody knows what it is for.
    if model.role == .enhancer || !model.labels.isEmpty {
      role = model.role == .classifier ? "classifier" : "enhancer"
      labels = model.labels
    }
    preprocessing = Preparation(model)
    packedFor = model.packedWeights?.cpuNames ?? []
    let file: ReadableFile
    do throws(FileError) { file = try ReadableFile(path: path, access: .mapped) } catch {
      throw CommandError("\(path): \(error.problem)")
    }
    fileBytes = file.bytes.count
    guard TFLiteFile.hasIdentifier(file.bytes) else { return }
    do throws(TFLiteImportError) {
      description = try ModelDescription(readingTFLite: file.bytes)
    } catch { throw CommandError("\(path): \(error.description)") }
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
    isCentered = model.preprocessing.crop == .center
  }
}
