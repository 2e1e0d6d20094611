// SPDX-License-Identifier: Apache-2.0
import Kernels
import Network

/// Operators that move values, and those that enlarge images.
extension TFLiteImporter {
  mutating func addPadding(_ index: Int) throws(TFLiteImportError) {
    let paddings = try integers(try input(index, 1), operator: index)
    guard paddings.count == 8 else { throw problem(index, .rank) }
    guard paddings[0] == 0, paddings[1] == 0, paddings[6] == 0, paddings[7] == 0 else {
      throw problem(index, .attribute)
    }
    let mode: PaddingLayer.Mode =
      switch file.operators[index].code {
      case .mirrorPad:
        file.operators[index].options == .mirrorPad(isSymmetric: true) ? .symmetric : .reflect
      case .padV2: .constant(try paddingValue(index))
      default: .zero
      }
    let layer = PaddingLayer(
      top: paddings[2], bottom: paddings[3], left: paddings[4], right: paddings[5], mode: mode)
    try add(
      .padding(layer), [try inputNode(index, 0)], computing: output(index), operator: index)
  }

  /// The real value of PADV2's third input.
  private func paddingValue(_ index: Int) throws(TFLiteImportError) -> Float {
    let tensor = try input(index, 2)
    let (type, data) = (file.tensors[tensor].type, file.tensors[tensor].data)
    guard file.tensors[tensor].elementCount == 1, isConstant(tensor) else {
      throw problem(index, .notConstant)
    }
    switch type {
    case .float32:
      let bits = data.loadUnaligned(as: UInt32.self)
      return Float(bitPattern: UInt32(littleEndian: bits))
    case .int8:
      guard let quantization = try format(of: tensor).quantization else { break }
      return quantization.scale
        * Float(Int32(data.loadUnaligned(as: Int8.self)) - quantization.zeroPoint)
    default: break
    }
    throw .unsupportedType(type, tensor: tensor)
  }

  mutating func addTranspose(_ index: Int) throws(TFLiteImportError) {
    let order = try integers(try input(index, 1), operator: index)
    let rank = file.tensors[try input(index, 0)].shape.count
    guard (2...4).contains(rank), order.count == rank, order[0] == 0,
      order.sorted() == Array(0..<rank)
    else { throw problem(index, .acrossBatch) }
    // Extents that an example lacks come first, and stay.
    let missing = 4 - rank
    let full = Array(0..<missing) + order.dropFirst().map { $0 - 1 + missing }
    let axes: [TransposeLayer.Axis] = [.height, .width, .channels]
    try add(
      .transpose(TransposeLayer(full.map { axes[$0] })), [try inputNode(index, 0)],
      computing: output(index), operator: index)
  }

  mutating func addResize(
    _ index: Int, _ interpolation: ResizeLayer.Interpolation
  ) throws(TFLiteImportError) {
    guard case .resize(let alignsCorners, let hasHalfPixelCenters) = file.operators[index].options
    else { throw problem(index, .noOptions) }
    let target = try shape(of: output(index))
    let size = try input(index, 1)
    if !extents.contains(size),
      try integers(size, operator: index) != [target.height, target.width]
    {
      throw problem(index, .outputShape)
    }
    try add(
      .resize(
        ResizeLayer(
          interpolation, height: target.height, width: target.width,
          sampling: alignsCorners
            ? .alignCorners : hasHalfPixelCenters ? .halfPixelCenters : .corner)),
      [try inputNode(index, 0)], computing: output(index), operator: index)
  }

  /// The inputs are the output's shape, the weights, the image and perhaps a bias.
  mutating func addTransposedConvolution(_ index: Int) throws(TFLiteImportError) {
    guard case .convolution(let window) = file.operators[index].options else {
      throw problem(index, .noOptions)
    }
    let (weights, x) = (try input(index, 1), try inputNode(index, 2))
    let extents = file.tensors[weights].shape
    guard extents.count == 4 else { throw problem(index, .rank) }
    let target = try shape(of: output(index))
    var layer = TransposedConvolutionLayer(
      outputChannels: extents[0],
      window: Window(
        height: extents[1], width: extents[2], strideHeight: window.strideHeight,
        strideWidth: window.strideWidth, padding: window.isSame ? .same : .valid),
      hasBias: bias(index, 3) >= 0)
    (layer.outputHeight, layer.outputWidth) = (target.height, target.width)
    try add(
      .transposedConvolution(layer), [x], computing: output(index), operator: index,
      activation: window.activation,
      parameters: try weightSources(
        operator: index, weights: weights, bias: bias(index, 3), channels: extents[0],
        dimension: 0, isQuantized: graph.formats[x] != .float32))
  }
}
