// SPDX-License-Identifier: Apache-2.0
import Kernels
import Network

/// What the file's tensors are in terms of the graph.
extension TFLiteImporter {
  /// Scales far beyond all use: the product and the quotient of any two are numbers of 32 bits.
  private static let scales: ClosedRange<Float> = 0x1p-60...0x1p60

  /// The extents of an activation without its batch, which comes first.
  func shape(of tensor: Int) throws(TFLiteImportError) -> Shape {
    let extents = file.tensors[tensor].shape
    return switch extents.count {
    case 0: Shape(height: 1, width: 1, channels: 1)
    case 1: Shape(height: 1, width: 1, channels: extents[0])
    case 2: Shape(height: 1, width: 1, channels: extents[1])
    case 3: Shape(height: 1, width: extents[1], channels: extents[2])
    case 4: Shape(height: extents[1], width: extents[2], channels: extents[3])
    default: throw .unsupportedRank(extents.count, tensor: tensor)
    }
  }

  /// The extents of a constant, aligned at the channels as in broadcasting.
  func constantShape(of tensor: Int) throws(TFLiteImportError) -> Shape {
    var extents = file.tensors[tensor].shape
    while extents.count > 3, extents[0] == 1 { extents.removeFirst() }
    while extents.count < 3 { extents.insert(1, at: 0) }
    guard extents.count == 3 else {
      throw .unsupportedRank(file.tensors[tensor].shape.count, tensor: tensor)
    }
    return Shape(height: extents[0], width: extents[1], channels: extents[2])
  }

  /// What the elements of an activation or of a constant among activations are.
  func format(of tensor: Int) throws(TFLiteImportError) -> ValueFormat {
    let (type, scales) = (file.tensors[tensor].type, file.tensors[tensor].scales)
    if type == .float32 { return .float32 }
    guard type == .int8 || type == .uint8 else { throw .unsupportedType(type, tensor: tensor) }
    let zeroPoint = file.tensors[tensor].zeroPoints.first ?? 0
    let range = type == .int8 ? -128...127 : 0...255
    guard scales.count == 1, Self.scales.contains(scales[0]), range.contains(zeroPoint) else {
      throw .badQuantization(tensor: tensor)
    }
    let quantization = AffineQuantization(scale: scales[0], zeroPoint: Int32(zeroPoint))
    return type == .int8 ? .int8(quantization) : .uint8(quantization)
  }

  /// The integers of a constant of int32 or int64: axes, paddings, shapes.
  func integers(_ tensor: Int, operator index: Int) throws(TFLiteImportError) -> [Int] {
    guard tensor >= 0, file.tensors[tensor].isConstant else { throw problem(index, .notConstant) }
    let (type, data) = (file.tensors[tensor].type, file.tensors[tensor].data)
    var result: [Int] = []
    switch type {
    case .int32:
      for offset in stride(from: 0, to: data.count, by: 4) {
        let value = data.loadUnaligned(fromByteOffset: offset, as: Int32.self)
        result.append(Int(Int32(littleEndian: value)))
      }
    case .int64:
      for offset in stride(from: 0, to: data.count, by: 8) {
        let value = data.loadUnaligned(fromByteOffset: offset, as: Int64.self)
        result.append(Int(clamping: Int64(littleEndian: value)))
      }
    default: throw .unsupportedType(type, tensor: tensor)
    }
    return result
  }

  /// The parameters of a layer with weights: int8 weights, their scales and an int32 bias behind an
  /// int8 input, else float weights and bias.
  /// - Parameter channels: output channels, which lie along `dimension` of the weights.
  /// - Parameter isTransposed: whether the weights are 1×H×W×O and must become O×H×W×1.
  func weightSources(
    operator index: Int, weights: Int, bias: Int, channels: Int, dimension: Int, isQuantized: Bool,
    isTransposed: Bool = false
  ) throws(TFLiteImportError) -> [Source] {
    let tensor = file.tensors[weights]
    let isFloat = tensor.type == .float32
    guard isConstant(weights), isFloat != isQuantized, isFloat || tensor.type == .int8 else {
      throw problem(index, isConstant(weights) ? .weightType : .notConstant)
    }
    var source = source(ofConstant: weights)
    if isTransposed {
      source = .owned(outputsFirst(source, channels: channels, elementSize: tensor.type.byteCount))
    }
    var sources = [source]
    if isQuantized {
      let scales = tensor.scales
      guard scales.count == 1 || scales.count == channels && tensor.quantizedDimension == dimension,
        scales.allSatisfy({ Self.scales.contains($0) }), tensor.zeroPoints.allSatisfy({ $0 == 0 })
      else { throw .badQuantization(tensor: weights) }
      let all = scales.count == channels ? scales : [Float](repeating: scales[0], count: channels)
      sources.append(.owned(all.withUnsafeBytes { [UInt8]($0) }))
    }
    guard bias >= 0 else { return sources }
    guard isConstant(bias), file.tensors[bias].elementCount == channels,
      file.tensors[bias].type == (isQuantized ? .int32 : .float32)
    else { throw problem(index, isConstant(bias) ? .weightType : .notConstant) }
    return sources + [self.source(ofConstant: bias)]
  }

  /// Weights …×O as O×…
  private func outputsFirst(_ source: Source, channels: Int, elementSize: Int) -> [UInt8] {
    func transposed(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
      let taps = bytes.count / (channels * elementSize)
      var result = [UInt8](repeating: 0, count: bytes.count)
      for channel in 0..<channels {
        for tap in 0..<taps {
          for byte in 0..<elementSize {
            result[(channel * taps + tap) * elementSize + byte] =
              bytes[(tap * channels + channel) * elementSize + byte]
          }
        }
      }
      return result
    }
    return switch source {
    case .mapped(let bytes): transposed(bytes)
    case .owned(let bytes): bytes.withUnsafeBytes { transposed($0) }
    }
  }
}

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
    try add(.padding(layer), [try inputNode(index, 0)], computing: output(index), operator: index)
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
        operator: index, weights: weights, bias: bias(index, 3), channels: extents[0], dimension: 0,
        isQuantized: graph.formats[x] != .float32))
  }
}
