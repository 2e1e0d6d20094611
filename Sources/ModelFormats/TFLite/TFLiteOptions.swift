// SPDX-License-Identifier: Apache-2.0

/// The attributes of an operator.
package enum TFLiteOptions: Equatable, Sendable {
  /// The operator has none, or its attributes do not matter.
  case none
  /// CONV_2D, DEPTHWISE_CONV_2D, TRANSPOSE_CONV.
  case convolution(TFLiteWindow)
  /// MAX_POOL_2D, AVERAGE_POOL_2D; the window's size is the filter's.
  case pooling(TFLiteWindow, height: Int, width: Int)
  case fullyConnected(activation: TFLiteActivation, keepsDimensions: Bool, isShuffled: Bool)
  case softmax(beta: Float)
  case concatenation(axis: Int, activation: TFLiteActivation)
  /// ADD, SUB, MUL.
  case arithmetic(activation: TFLiteActivation)
  /// RESHAPE; `nil` where the second input says it.
  case reshape(shape: [Int]?)
  /// SQUEEZE.
  case squeeze(axes: [Int])
  /// MEAN.
  case reduction(keepsDimensions: Bool)
  /// RESIZE_BILINEAR, RESIZE_NEAREST_NEIGHBOR.
  case resize(alignsCorners: Bool, hasHalfPixelCenters: Bool)
  case leakyReLU(slope: Float)
  /// GELU: by tanh, or exact, by the error function.
  case gelu(isApproximate: Bool)
  /// MIRROR_PAD: the border pixel is repeated (SYMMETRIC) or not (REFLECT).
  case mirrorPad(isSymmetric: Bool)
}

/// How a window moves.
package struct TFLiteWindow: Equatable, Sendable {
  /// SAME padding; else VALID.
  package var isSame = true
  package var strideHeight = 1
  package var strideWidth = 1
  package var dilationHeight = 1
  package var dilationWidth = 1
  /// Output channels for each input channel of a depthwise convolution.
  package var depthMultiplier = 1
  package var activation = TFLiteActivation.none

  package init() {}
}

/// An activation that an operator applies to its output, by its number in the schema.
package enum TFLiteActivation: UInt8, Sendable {
  case none = 0
  case relu = 1
  case reluN1To1 = 2
  case relu6 = 3
  case tanh = 4
  case signBit = 5
}

/// The numbers of the option tables in the schema's union `BuiltinOptions`.
enum TFLiteOptionsTable: UInt8 {
  case convolution = 1, depthwiseConvolution
  case pooling = 5
  case fullyConnected = 8, softmax, concatenation, add
  case resizeBilinear = 15
  case reshape = 17
  case mul = 21
  case reducer = 27, sub
  case squeeze = 30
  case transposedConvolution = 49
  case resizeNearestNeighbor = 74, leakyReLU
  case mirrorPad = 77
  case gelu = 116
}

extension TFLiteOptions {
  /// The options in `table`, which is number `kind` of the schema's union; `.none` for those of
  /// other operators.
  init(_ kind: UInt8, _ table: FlatTable) throws(FlatBufferError) {
    let kind = TFLiteOptionsTable(rawValue: kind)
    switch kind {
    case .convolution:
      var window = try TFLiteWindow(table, activation: 3)
      window.dilationWidth = try table.integer(4, default: 1)
      window.dilationHeight = try table.integer(5, default: 1)
      self = .convolution(window)
    case .depthwiseConvolution:
      var window = try TFLiteWindow(table, activation: 4)
      window.depthMultiplier = try table.integer(3)
      window.dilationWidth = try table.integer(5, default: 1)
      window.dilationHeight = try table.integer(6, default: 1)
      self = .convolution(window)
    case .transposedConvolution: self = .convolution(try TFLiteWindow(table, activation: 3))
    case .pooling:
      self = .pooling(
        try TFLiteWindow(table, activation: 5), height: try table.integer(4),
        width: try table.integer(3))
    case .fullyConnected:
      self = .fullyConnected(
        activation: try table.activation(0), keepsDimensions: try table.flag(2),
        isShuffled: try table.number(1, default: UInt8(0)) != 0)
    case .softmax: self = .softmax(beta: try table.float(0))
    case .concatenation:
      self = .concatenation(axis: try table.integer(0), activation: try table.activation(1))
    case .add, .sub, .mul: self = .arithmetic(activation: try table.activation(0))
    case .reshape:
      let shape = try table.integers(0)
      self = .reshape(shape: shape.isEmpty ? nil : shape)
    default: self = try Self.rare(kind, table)
    }
  }

  private static func rare(_ kind: TFLiteOptionsTable?, _ table: FlatTable) throws(FlatBufferError)
    -> TFLiteOptions
  {
    switch kind {
    case .squeeze: .squeeze(axes: try table.integers(0))
    case .reducer: .reduction(keepsDimensions: try table.flag(0))
    // The first two fields held the size, once.
    case .resizeBilinear:
      .resize(alignsCorners: try table.flag(2), hasHalfPixelCenters: try table.flag(3))
    case .resizeNearestNeighbor:
      .resize(alignsCorners: try table.flag(0), hasHalfPixelCenters: try table.flag(1))
    case .leakyReLU: .leakyReLU(slope: try table.float(0))
    case .gelu: .gelu(isApproximate: try table.flag(0))
    case .mirrorPad: .mirrorPad(isSymmetric: try table.number(0, default: UInt8(0)) == 1)
    default: .none
    }
  }
}

extension TFLiteWindow {
  /// The fields that all windows begin with, and the activation in field `activation`.
  fileprivate init(_ table: FlatTable, activation: Int) throws(FlatBufferError) {
    self.init()
    isSame = try table.number(0, default: UInt8(0)) == 0
    strideWidth = try table.integer(1)
    strideHeight = try table.integer(2)
    self.activation = try table.activation(activation)
  }
}

extension FlatTable {
  fileprivate func activation(_ field: Int) throws(FlatBufferError) -> TFLiteActivation {
    // An unknown one is refused when the operator is: as one that nobody computes.
    TFLiteActivation(rawValue: try number(field, default: 0)) ?? .signBit
  }
}

extension TFLiteOptions {
  private typealias Field = FlatBufferBuilder.Field

  /// Writes the options of an operator: their number in the schema's union, and where they are;
  /// `nil` where there are none.
  func write(_ code: TFLiteCode, _ builder: inout FlatBufferBuilder) -> (
    kind: TFLiteOptionsTable, position: Int
  )? {
    switch self {
    case .none: return nil
    case .convolution(let window): return writeConvolution(window, code, &builder)
    case .pooling(let window, let height, let width):
      let table = builder.table(
        window.fields(activation: 5) + [integer(3, width), integer(4, height)])
      return (.pooling, table)
    case .fullyConnected(let activation, let keepsDimensions, _):
      let fields = [byte(0, activation.rawValue), flag(2, keepsDimensions)]
      return (.fullyConnected, builder.table(fields))
    case .softmax(let beta): return (.softmax, builder.table([Field.float(0, beta)]))
    case .concatenation(let axis, let activation):
      return (.concatenation, builder.table([integer(0, axis), byte(1, activation.rawValue)]))
    case .arithmetic(let activation):
      let kind: TFLiteOptionsTable = code == .sub ? .sub : code == .mul ? .mul : .add
      return (kind, builder.table([byte(0, activation.rawValue)]))
    default: return writeRare(code, &builder)
    }
  }

  private func writeConvolution(
    _ window: TFLiteWindow, _ code: TFLiteCode, _ builder: inout FlatBufferBuilder
  ) -> (kind: TFLiteOptionsTable, position: Int) {
    func dilations(_ first: Int) -> [Field?] {
      [
        window.dilationWidth == 1 ? nil : integer(first, window.dilationWidth),
        window.dilationHeight == 1 ? nil : integer(first + 1, window.dilationHeight),
      ]
    }
    switch code {
    case .depthwiseConvolution:
      let fields =
        window.fields(activation: 4) + [integer(3, window.depthMultiplier)] + dilations(5)
      return (.depthwiseConvolution, builder.table(fields))
    case .transposedConvolution:
      return (.transposedConvolution, builder.table(window.fields(activation: 3)))
    default: return (.convolution, builder.table(window.fields(activation: 3) + dilations(4)))
    }
  }

  private func writeRare(_ code: TFLiteCode, _ builder: inout FlatBufferBuilder) -> (
    kind: TFLiteOptionsTable, position: Int
  )? {
    switch self {
    case .reshape(let shape):
      let extents = shape.map { builder.vector($0.map { Int32(clamping: $0) }) }
      return (.reshape, builder.table([extents.map { Field.reference(0, $0) }]))
    case .squeeze(let axes):
      let list = builder.vector(axes.map { Int32(clamping: $0) })
      return (.squeeze, builder.table([Field.reference(0, list)]))
    case .reduction(let keepsDimensions):
      return (.reducer, builder.table([flag(0, keepsDimensions)]))
    case .resize(let alignsCorners, let hasHalfPixelCenters):
      let isBilinear = code == .resizeBilinear
      let first = isBilinear ? 2 : 0
      let fields = [flag(first, alignsCorners), flag(first + 1, hasHalfPixelCenters)]
      return (isBilinear ? .resizeBilinear : .resizeNearestNeighbor, builder.table(fields))
    case .leakyReLU(let slope): return (.leakyReLU, builder.table([Field.float(0, slope)]))
    case .gelu(let isApproximate): return (.gelu, builder.table([flag(0, isApproximate)]))
    case .mirrorPad(let isSymmetric): return (.mirrorPad, builder.table([flag(0, isSymmetric)]))
    default: return nil
    }
  }

  private func flag(_ number: Int, _ isOn: Bool) -> Field? { byte(number, isOn ? 1 : 0) }

  fileprivate func byte(_ number: Int, _ value: UInt8) -> FlatBufferBuilder.Field? {
    value == 0 ? nil : Field.byte(number, value)
  }

  fileprivate func integer(_ number: Int, _ value: Int) -> FlatBufferBuilder.Field? {
    value == 0 ? nil : Field.int32(number, value)
  }
}

extension TFLiteWindow {
  /// The fields that all windows begin with, and the activation in field `activation`.
  fileprivate func fields(activation number: Int) -> [FlatBufferBuilder.Field?] {
    [
      isSame ? nil : .byte(0, 1), .int32(1, strideWidth), .int32(2, strideHeight),
      activation == .none ? nil : .byte(number, activation.rawValue),
    ]
  }
}

/// What an operator computes, by its number in the schema.
public struct TFLiteCode: Equatable, Sendable {
  /// The number in the schema.
  public var code: Int

  package init(code: Int) { self.code = code }

  package static let add = TFLiteCode(code: 0)
  package static let averagePool = TFLiteCode(code: 1)
  package static let concatenation = TFLiteCode(code: 2)
  package static let convolution = TFLiteCode(code: 3)
  package static let depthwiseConvolution = TFLiteCode(code: 4)
  package static let dequantize = TFLiteCode(code: 6)
  package static let fullyConnected = TFLiteCode(code: 9)
  package static let logistic = TFLiteCode(code: 14)
  package static let maxPool = TFLiteCode(code: 17)
  package static let mul = TFLiteCode(code: 18)
  package static let relu = TFLiteCode(code: 19)
  package static let reluN1To1 = TFLiteCode(code: 20)
  package static let relu6 = TFLiteCode(code: 21)
  package static let reshape = TFLiteCode(code: 22)
  package static let resizeBilinear = TFLiteCode(code: 23)
  package static let softmax = TFLiteCode(code: 25)
  package static let tanh = TFLiteCode(code: 28)
  package static let custom = TFLiteCode(code: 32)
  package static let pad = TFLiteCode(code: 34)
  package static let transpose = TFLiteCode(code: 39)
  package static let mean = TFLiteCode(code: 40)
  package static let sub = TFLiteCode(code: 41)
  package static let squeeze = TFLiteCode(code: 43)
  package static let stridedSlice = TFLiteCode(code: 45)
  package static let pReLU = TFLiteCode(code: 54)
  package static let padV2 = TFLiteCode(code: 60)
  package static let transposedConvolution = TFLiteCode(code: 67)
  package static let shape = TFLiteCode(code: 77)
  package static let pack = TFLiteCode(code: 83)
  package static let resizeNearestNeighbor = TFLiteCode(code: 97)
  package static let leakyReLU = TFLiteCode(code: 98)
  package static let mirrorPad = TFLiteCode(code: 100)
  package static let quantize = TFLiteCode(code: 114)
  package static let hardSwish = TFLiteCode(code: 117)
  package static let gelu = TFLiteCode(code: 150)

  /// Whether the operator is there for the extents of tensors alone.
  var isAboutExtents: Bool { self == .shape || self == .stridedSlice || self == .pack }

  /// The schema's word for the operator.
  public var name: String { TFLiteWords.word(code, of: Self.names) }

  private static let names: StaticString = """
    ADD AVERAGE_POOL_2D CONCATENATION CONV_2D DEPTHWISE_CONV_2D DEPTH_TO_SPACE DEQUANTIZE \
    EMBEDDING_LOOKUP FLOOR FULLY_CONNECTED HASHTABLE_LOOKUP L2_NORMALIZATION L2_POOL_2D \
    LOCAL_RESPONSE_NORMALIZATION LOGISTIC LSH_PROJECTION LSTM MAX_POOL_2D MUL RELU RELU_N1_TO_1 \
    RELU6 RESHAPE RESIZE_BILINEAR RNN SOFTMAX SPACE_TO_DEPTH SVDF TANH CONCAT_EMBEDDINGS \
    SKIP_GRAM CALL CUSTOM EMBEDDING_LOOKUP_SPARSE PAD UNIDIRECTIONAL_SEQUENCE_RNN GATHER \
    BATCH_TO_SPACE_ND SPACE_TO_BATCH_ND TRANSPOSE MEAN SUB DIV SQUEEZE \
    UNIDIRECTIONAL_SEQUENCE_LSTM STRIDED_SLICE BIDIRECTIONAL_SEQUENCE_RNN EXP TOPK_V2 SPLIT \
    LOG_SOFTMAX DELEGATE BIDIRECTIONAL_SEQUENCE_LSTM CAST PRELU MAXIMUM ARG_MAX MINIMUM LESS NEG \
    PADV2 GREATER GREATER_EQUAL LESS_EQUAL SELECT SLICE SIN TRANSPOSE_CONV SPARSE_TO_DENSE TILE \
    EXPAND_DIMS EQUAL NOT_EQUAL LOG SUM SQRT RSQRT SHAPE POW ARG_MIN FAKE_QUANT REDUCE_PROD \
    REDUCE_MAX PACK LOGICAL_OR ONE_HOT LOGICAL_AND LOGICAL_NOT UNPACK REDUCE_MIN FLOOR_DIV \
    REDUCE_ANY SQUARE ZEROS_LIKE FILL FLOOR_MOD RANGE RESIZE_NEAREST_NEIGHBOR LEAKY_RELU \
    SQUARED_DIFFERENCE MIRROR_PAD ABS SPLIT_V UNIQUE CEIL REVERSE_V2 ADD_N GATHER_ND COS WHERE \
    RANK ELU REVERSE_SEQUENCE MATRIX_DIAG QUANTIZE MATRIX_SET_DIAG ROUND HARD_SWISH IF WHILE \
    NON_MAX_SUPPRESSION_V4 NON_MAX_SUPPRESSION_V5 SCATTER_ND SELECT_V2 DENSIFY SEGMENT_SUM \
    BATCH_MATMUL PLACEHOLDER_FOR_GREATER_OP_CODES CUMSUM CALL_ONCE BROADCAST_TO RFFT2D CONV_3D \
    IMAG REAL COMPLEX_ABS HASHTABLE HASHTABLE_FIND HASHTABLE_IMPORT HASHTABLE_SIZE REDUCE_ALL \
    CONV_3D_TRANSPOSE VAR_HANDLE READ_VARIABLE ASSIGN_VARIABLE BROADCAST_ARGS \
    RANDOM_STANDARD_NORMAL BUCKETIZE RANDOM_UNIFORM MULTINOMIAL GELU DYNAMIC_UPDATE_SLICE \
    RELU_0_TO_1 UNSORTED_SEGMENT_PROD UNSORTED_SEGMENT_MAX UNSORTED_SEGMENT_SUM ATAN2 \
    UNSORTED_SEGMENT_MIN SIGN BITCAST BITWISE_XOR RIGHT_SHIFT STABLEHLO_LOGISTIC STABLEHLO_ADD \
    STABLEHLO_DIVIDE STABLEHLO_MULTIPLY STABLEHLO_MAXIMUM STABLEHLO_RESHAPE STABLEHLO_CLAMP \
    STABLEHLO_CONCATENATE STABLEHLO_BROADCAST_IN_DIM STABLEHLO_CONVOLUTION STABLEHLO_SLICE \
    STABLEHLO_CUSTOM_CALL STABLEHLO_REDUCE STABLEHLO_ABS STABLEHLO_AND STABLEHLO_COSINE \
    STABLEHLO_EXPONENTIAL STABLEHLO_FLOOR STABLEHLO_LOG STABLEHLO_MINIMUM STABLEHLO_NEGATE \
    STABLEHLO_OR STABLEHLO_POWER STABLEHLO_REMAINDER STABLEHLO_RSQRT STABLEHLO_SELECT \
    STABLEHLO_SUBTRACT STABLEHLO_TANH STABLEHLO_SCATTER STABLEHLO_COMPARE STABLEHLO_CONVERT \
    STABLEHLO_DYNAMIC_SLICE STABLEHLO_DYNAMIC_UPDATE_SLICE STABLEHLO_PAD STABLEHLO_IOTA \
    STABLEHLO_DOT_GENERAL STABLEHLO_REDUCE_WINDOW STABLEHLO_SORT STABLEHLO_WHILE \
    STABLEHLO_GATHER STABLEHLO_TRANSPOSE DILATE STABLEHLO_RNG_BIT_GENERATOR REDUCE_WINDOW \
    STABLEHLO_COMPOSITE STABLEHLO_SHIFT_LEFT STABLEHLO_CBRT STABLEHLO_CASE
    """
}
