// SPDX-License-Identifier: Apache-2.0

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
