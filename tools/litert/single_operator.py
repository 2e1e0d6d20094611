# SPDX-License-Identifier: Apache-2.0
"""Models of one operator with random shapes, scales and zero points, for comparing runtimes."""
import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema

OPERATORS = schema.BuiltinOperator
TYPES = {
    np.dtype(np.float32): schema.TensorType.FLOAT32, np.dtype(np.int8): schema.TensorType.INT8,
    np.dtype(np.uint8): schema.TensorType.UINT8, np.dtype(np.int32): schema.TensorType.INT32}


class Builder:
    """A model under construction: tensors, and one operator."""

    def __init__(self):
        self.model = schema.ModelT()
        self.model.version = 3
        self.model.description = "one operator"
        self.model.buffers = [schema.BufferT()]
        self.graph = schema.SubGraphT()
        self.graph.tensors, self.graph.operators = [], []
        self.model.subgraphs = [self.graph]
        self.model.operatorCodes = []

    def tensor(self, shape, dtype, data=None, scale=None, zero_point=None, dimension=0):
        tensor = schema.TensorT()
        tensor.name = f"tensor{len(self.graph.tensors)}"
        tensor.shape = [int(extent) for extent in shape]
        tensor.type = TYPES[np.dtype(dtype)]
        if scale is not None:
            tensor.quantization = schema.QuantizationParametersT()
            tensor.quantization.scale = np.atleast_1d(scale).astype(np.float32)
            zero_points = np.atleast_1d(0 if zero_point is None else zero_point).astype(np.int64)
            tensor.quantization.zeroPoint = np.broadcast_to(
                zero_points, tensor.quantization.scale.shape).copy()
            tensor.quantization.quantizedDimension = dimension
        if data is not None:
            buffer = schema.BufferT()
            buffer.data = np.frombuffer(np.ascontiguousarray(data).tobytes(), np.uint8)
            tensor.buffer = len(self.model.buffers)
            self.model.buffers.append(buffer)
        self.graph.tensors.append(tensor)
        return len(self.graph.tensors) - 1

    def finish(self, code, version, inputs, outputs, options_type=0, options=None, fed=None):
        entry = schema.OperatorCodeT()
        entry.builtinCode, entry.version = code, version
        entry.deprecatedBuiltinCode = min(code, 127)
        self.model.operatorCodes.append(entry)
        operator = schema.OperatorT()
        operator.inputs, operator.outputs = inputs, outputs
        operator.builtinOptionsType, operator.builtinOptions = options_type, options
        self.graph.operators.append(operator)
        self.graph.inputs, self.graph.outputs = fed or [inputs[0]], outputs
        builder = flatbuffers.Builder(1024)
        builder.Finish(self.model.Pack(builder), b"TFL3")
        return bytes(builder.Output())


def window(size, kernel, stride, dilation, same):
    """The extent of an output along one axis."""
    reach = (kernel - 1) * dilation + 1
    return -(-size // stride) if same else (size - reach) // stride + 1


class Maker:
    """Draws models from one generator."""

    def __init__(self, seed):
        self.random = np.random.default_rng(seed)

    def pick(self, *choices):
        return choices[self.random.integers(len(choices))]

    def scale(self):
        return np.float32(np.exp(self.random.uniform(-5, 0.5)))

    def zero_point(self):
        return int(self.pick(-128, 127, 0, self.random.integers(-128, 128)))

    def bytes(self, shape):
        values = self.random.integers(-128, 128, shape)
        if self.pick(True, False):
            values = np.clip(self.random.normal(0, 30, shape), -128, 127)
        return values.astype(np.int8)

    def image(self, channels=(1, 2, 3, 5, 8, 16, 17, 33)):
        return (1, self.random.integers(1, 14), self.random.integers(1, 14), self.pick(*channels))

    def convolution(self, kind):
        """CONV_2D or DEPTHWISE_CONV_2D, per channel or per tensor."""
        depthwise = kind == "depthwise"
        b = Builder()
        n, h, w, c = self.image()
        kernel = self.pick(1, 2, 3, 3, 5), self.pick(1, 2, 3, 3, 4)
        stride, dilation = (self.pick(1, 1, 2, 3), self.pick(1, 1, 2)), self.pick((1, 1), (1, 1), (2, 3))
        if max(stride) > 1:
            dilation = (1, 1)
        same = self.pick(True, False)
        shape = [window(s, k, t, d, same) for s, k, t, d in zip((h, w), kernel, stride, dilation)]
        if min(shape) < 1:
            return None
        multiplier = self.pick(1, 1, 1, 2, 3)
        outputs = c * multiplier if depthwise else self.pick(1, 3, 8, 16, 24, 33)
        weight_shape = (1, *kernel, outputs) if depthwise else (outputs, *kernel, c)
        input_scale = self.scale()
        scales = np.exp(self.random.uniform(-6, -2, outputs)).astype(np.float32)
        if self.pick(True, True, False):
            dimension = 3 if depthwise else 0
        else:
            scales, dimension = scales[:1], 0
        taps = kernel[0] * kernel[1] * (1 if depthwise else c)
        output_scale = np.float32(
            input_scale * scales.mean() * 60 * np.sqrt(taps) * self.random.uniform(0.3, 3))
        x = b.tensor((n, h, w, c), np.int8, None, input_scale, self.zero_point())
        weights = np.maximum(self.bytes(weight_shape), -127)
        wt = b.tensor(weight_shape, np.int8, weights, scales, 0, dimension)
        inputs = [x, wt]
        bias = self.random.integers(-20000, 20000, outputs).astype(np.int32)
        inputs.append(b.tensor((outputs,), np.int32, bias, input_scale * scales, 0))
        y = b.tensor((n, *shape, outputs), np.int8, None, output_scale, self.zero_point())
        options = schema.DepthwiseConv2DOptionsT() if depthwise else schema.Conv2DOptionsT()
        options.padding = 0 if same else 1
        options.strideH, options.strideW = stride
        options.dilationHFactor, options.dilationWFactor = dilation
        options.fusedActivationFunction = self.pick(0, 0, 1, 3)
        if depthwise:
            options.depthMultiplier = multiplier
            return b.finish(OPERATORS.DEPTHWISE_CONV_2D, 3, inputs, [y], 2, options)
        return b.finish(OPERATORS.CONV_2D, 3, inputs, [y], 1, options)

    def dense(self):
        b = Builder()
        n, count, units = 1, self.pick(1, 3, 16, 65, 200), self.pick(1, 2, 10, 16, 40, 130)
        input_scale, scale = self.scale(), np.float32(np.exp(self.random.uniform(-6, -2)))
        output_scale = np.float32(
            input_scale * scale * 60 * np.sqrt(count) * self.random.uniform(0.3, 3))
        x = b.tensor((n, count), np.int8, None, input_scale, self.zero_point())
        wt = b.tensor((units, count), np.int8, np.maximum(self.bytes((units, count)), -127), scale, 0)
        bias = self.random.integers(-20000, 20000, units).astype(np.int32)
        bt = b.tensor((units,), np.int32, bias, input_scale * scale, 0)
        y = b.tensor((n, units), np.int8, None, output_scale, self.zero_point())
        options = schema.FullyConnectedOptionsT()
        options.fusedActivationFunction = self.pick(0, 1, 3)
        return b.finish(OPERATORS.FULLY_CONNECTED, 4, [x, wt, bt], [y], 8, options)

    def addition(self):
        b = Builder()
        shape = self.image()
        first, second = self.scale(), self.scale()
        x = b.tensor(shape, np.int8, None, first, self.zero_point())
        other = b.tensor(shape, np.int8, None, second, self.zero_point())
        output_scale = np.float32((first + second) * self.random.uniform(0.3, 2))
        y = b.tensor(shape, np.int8, None, output_scale, self.zero_point())
        options = schema.AddOptionsT()
        options.fusedActivationFunction = self.pick(0, 1, 3)
        options.potScaleInt16 = False
        return b.finish(OPERATORS.ADD, 2, [x, other], [y], 11, options, fed=[x, other])

    def pooling(self, kind):
        b = Builder()
        n, h, w, c = self.image()
        kernel = int(self.random.integers(1, min(h, 8) + 1)), int(self.random.integers(1, min(w, 8) + 1))
        stride, same = (self.pick(1, 2, 3), self.pick(1, 2)), self.pick(True, False)
        shape = [window(s, k, t, 1, same) for s, k, t in zip((h, w), kernel, stride)]
        scale, zero_point = self.scale(), self.zero_point()
        x = b.tensor((n, h, w, c), np.int8, None, scale, zero_point)
        y = b.tensor((n, *shape, c), np.int8, None, scale, zero_point)
        options = schema.Pool2DOptionsT()
        options.padding = 0 if same else 1
        options.strideH, options.strideW = stride
        options.filterHeight, options.filterWidth = kernel
        options.fusedActivationFunction = self.pick(0, 0, 1, 3)
        code = OPERATORS.MAX_POOL_2D if kind == "maximum" else OPERATORS.AVERAGE_POOL_2D
        return b.finish(code, 2, [x], [y], 5, options)

    def softmax(self):
        b = Builder()
        shape = (1, self.pick(1, 2, 3, 10, 12, 100, 1000))
        x = b.tensor(shape, np.int8, None, np.float32(self.scale() * self.pick(0.1, 1, 3)), self.zero_point())
        y = b.tensor(shape, np.int8, None, np.float32(1 / 256), -128)
        options = schema.SoftmaxOptionsT()
        options.beta = 1.0
        return b.finish(OPERATORS.SOFTMAX, 2, [x], [y], 9, options)

    def unary(self, name):
        b = Builder()
        shape = (1, 4, 8, 8)  # all 256 bytes
        scale, output_scale = self.scale(), self.scale()
        zero_point = self.zero_point()
        prescribed = {"LOGISTIC": (1 / 256, -128), "TANH": (1 / 128, 0)}
        output_scale, output_zero = prescribed.get(name, (output_scale, self.zero_point()))
        x = b.tensor(shape, np.int8, None, scale, zero_point)
        y = b.tensor(shape, np.int8, None, np.float32(output_scale), output_zero)
        options_type, options, version = 0, None, 2
        if name == "LEAKY_RELU":
            options_type, options = 75, schema.LeakyReluOptionsT()
            options.alpha = float(self.pick(0.1, 0.2, 0.01, 0.3))
        return b.finish(getattr(OPERATORS, name), version, [x], [y], options_type, options)

    def conversion(self, kind):
        b = Builder()
        shape = (1, 4, 8, 8)
        scale, zero_point = self.scale(), self.zero_point()
        if kind == "requantize":
            x = b.tensor(shape, np.int8, None, self.scale(), self.zero_point())
            y = b.tensor(shape, np.int8, None, scale, zero_point)
            return b.finish(OPERATORS.QUANTIZE, 2, [x], [y])
        if kind == "unsigned":
            x = b.tensor(shape, np.uint8, None, self.scale(), self.zero_point() + 128)
            y = b.tensor(shape, np.int8, None, scale, zero_point)
            return b.finish(OPERATORS.QUANTIZE, 2, [x], [y])
        if kind == "quantize":
            x = b.tensor(shape, np.float32)
            y = b.tensor(shape, np.int8, None, scale, zero_point)
            return b.finish(OPERATORS.QUANTIZE, 2, [x], [y])
        x = b.tensor(shape, np.int8, None, scale, zero_point)
        y = b.tensor(shape, np.float32)
        return b.finish(OPERATORS.DEQUANTIZE, 2, [x], [y])


KINDS = {
    "CONV_2D": lambda m: m.convolution("plain"),
    "DEPTHWISE_CONV_2D": lambda m: m.convolution("depthwise"),
    "FULLY_CONNECTED": Maker.dense,
    "ADD": Maker.addition,
    "MAX_POOL_2D": lambda m: m.pooling("maximum"),
    "AVERAGE_POOL_2D": lambda m: m.pooling("average"),
    "SOFTMAX": Maker.softmax,
    "RELU": lambda m: m.unary("RELU"),
    "RELU6": lambda m: m.unary("RELU6"),
    "LEAKY_RELU": lambda m: m.unary("LEAKY_RELU"),
    "LOGISTIC": lambda m: m.unary("LOGISTIC"),
    "TANH": lambda m: m.unary("TANH"),
    "QUANTIZE float32 to int8": lambda m: m.conversion("quantize"),
    "QUANTIZE int8 to int8": lambda m: m.conversion("requantize"),
    "QUANTIZE uint8 to int8": lambda m: m.conversion("unsigned"),
    "DEQUANTIZE": lambda m: m.conversion("dequantize"),
}
