// SPDX-License-Identifier: Apache-2.0
import Foundation
import Kernels

/// What LiteRT's reference kernels made of small tensors: `tools/oracles/integer.py` wrote it.
struct IntegerCase: Decodable {
  let kind: String
  let inputs: [Tensor]
  let output: Tensor
  let attributes: Attributes

  struct Tensor: Decodable {
    let shape: [Int]
    let type: String
    let data: Data
    let scale: Float
    let zero: Int32

    var quantization: AffineQuantization { AffineQuantization(scale: scale, zeroPoint: zero) }

    func elements<Element: BitwiseCopyable>(_ type: Element.Type) -> [Element] {
      data.withUnsafeBytes { bytes in
        (0..<bytes.count / MemoryLayout<Element>.stride).map {
          bytes.loadUnaligned(fromByteOffset: $0 * MemoryLayout<Element>.stride, as: Element.self)
        }
      }
    }

    /// Memory for such a tensor.
    func empty<Element>(_ type: Element.Type, gap: Int) -> ElementTensor<Element> {
      ElementTensor(
        batch: shape[0], height: shape[1], width: shape[2], channels: shape[3], gap: gap)
    }
  }

  /// An input in memory, its pixels `gap` elements apart; it must outlive the views of it.
  struct Input {
    private let bytes: ElementTensor<UInt8>?
    private let floats: ElementTensor<Float>?

    init(_ tensor: Tensor, gap: Int) {
      if tensor.type == "float32" {
        bytes = nil
        floats = tensor.empty(Float.self, gap: gap)
        floats?.set(tensor.elements(Float.self))
      } else {
        bytes = tensor.empty(UInt8.self, gap: gap)
        bytes?.set(tensor.elements(UInt8.self))
        floats = nil
      }
    }

    func view<Element>() -> TensorView<Element> {
      guard let bytes else { return floats.unsafelyUnwrapped.view.reinterpreted() }
      return bytes.view.reinterpreted()
    }
  }

  struct Attributes: Decodable {
    var activation: String?
    var kernelHeight: Int?
    var kernelWidth: Int?
    var strideHeight: Int?
    var strideWidth: Int?
    var paddingTop: Int?
    var paddingLeft: Int?
    var slope: Float?
    var beta: Float?
    var axes: [Int]?
    var mode: String?
    var before: [Int]?
    var order: [Int]?
  }

  static func all() throws -> [IntegerCase] {
    guard
      let url = Bundle.module.url(
        forResource: "integer", withExtension: "json", subdirectory: "Fixtures")
    else { throw CocoaError(.fileNoSuchFile) }
    return try JSONDecoder().decode([IntegerCase].self, from: Data(contentsOf: url))
  }

  var geometry: PoolingGeometry {
    PoolingGeometry(
      kernelHeight: attributes.kernelHeight ?? 1, kernelWidth: attributes.kernelWidth ?? 1,
      strideHeight: attributes.strideHeight ?? 1, strideWidth: attributes.strideWidth ?? 1,
      paddingTop: attributes.paddingTop ?? 0, paddingLeft: attributes.paddingLeft ?? 0)
  }

  /// The bytes that the fused activation leaves as they are.
  var range: ClosedRange<Int8> {
    func integer(_ bound: Float) -> Int8 {
      let steps = (bound / output.scale).rounded(.toNearestOrAwayFromZero)
      return Int8(clamping: output.zero + Int32(max(-1000, min(1000, steps))))
    }
    return switch attributes.activation {
    case "RELU": integer(0)...Int8.max
    case "RELU6": integer(0)...integer(6)
    default: Int8.min...Int8.max
    }
  }
}
