// SPDX-License-Identifier: Apache-2.0
import Kernels
public import Network

/// A model as the contents of a .tflite file.
public final class TFLiteExport {
  /// What float weights are written as.
  public enum WeightType: Equatable, Sendable {
    case float32
    /// Halves, with a DEQUANTIZE for each tensor. Activations stay floats.
    case float16
  }

  /// Its tensors view memory of the model and of this object.
  private var file = TFLiteFile()
  private let model: Model
  private var blocks: [UnsafeMutableRawBufferPointer] = []

  /// - Parameter model: a float model made of TensorFlow Lite's operations, as `lowered` makes it,
  ///   or a quantised one.
  /// - Throws: `TFLiteExportError` naming the node.
  public init(_ model: Model, weights: WeightType = .float32) throws(TFLiteExportError) {
    self.model = model
    var walk = TFLiteExporter(model: model, weightType: weights, memory: self)
    try walk.run()
    file = walk.file
  }

  /// The file's bytes.
  /// - Parameter description: what the file says about the model, if anything.
  public func serialized(describedBy description: ModelDescription? = nil) -> [UInt8] {
    withExtendedLifetime(self) {
      description.map { file.serialized(describedBy: $0) } ?? file.serialized()
    }
  }

  deinit { for block in blocks { block.deallocate() } }

  /// A copy of the elements that lives as long as this object.
  func keep<Element>(_ elements: [Element]) -> UnsafeRawBufferPointer {
    elements.withUnsafeBytes { source in
      let block = UnsafeMutableRawBufferPointer.allocate(
        byteCount: source.count, alignment: MemoryLayout<Element>.alignment)
      block.copyMemory(from: source)
      blocks.append(block)
      return UnsafeRawBufferPointer(block)
    }
  }
}

/// Why a model cannot be written as a .tflite file.
public enum TFLiteExportError: Error, Equatable, Sendable, CustomStringConvertible {
  /// TensorFlow Lite has no operator for it: lower the model first, or change the architecture.
  case unsupported(node: String, operation: String)

  /// One line; follows the file's name.
  public var description: String {
    switch self {
    case .unsupported(let node, let operation):
      "node '\(node)': TensorFlow Lite has no operator for this \(operation)"
    }
  }
}
