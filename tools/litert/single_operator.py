# SPDX-License-Identifier: Apache-2.0
"""Models of one operator with random shapes, scales and zero points, for comparing runtimes."""
import numpy as np
from ai_edge_litert import schema_py_generated as schema

from tflite_builder import OPERATORS, Builder


def window(size, kernel, stride, dilation, same):
    """The size of an output along one axis."""
    reach = (kernel - 1) * dilation + 1
    return -(-size // stride) if same else (size - reach) // stride + 1


class Maker:
    """Draws models from one random generator."""

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
        options.fusedActivationFunction = self.pick(0, 0, 1, 2, 3)
        if depthwise:
            options.depthMultiplier = multiplier
            return b.finish(OPERATORS.DEPTHWISE_CONV_2D, 3, inputs, [y], 2, options)
        return b.finish(OPERATORS.CONV_2D, 3, inputs, [y], 1, options)

    def transposed_convolution(self):
        b = Builder()
        n, h, w, c = self.image()
        kernel, stride = (self.pick(1, 2, 3, 4), self.pick(1, 2, 3)), (self.pick(1, 2, 3), self.pick(1, 2))
        same, outputs = self.pick(True, False), self.pick(1, 3, 8, 17, 24)
        shape = [s * t if same else (s - 1) * t + k for s, k, t in zip((h, w), kernel, stride)]
        input_scale = self.scale()
        scales = np.exp(self.random.uniform(-6, -2, outputs)).astype(np.float32)
        output_scale = np.float32(
            input_scale * scales.mean() * 60 * np.sqrt(kernel[0] * kernel[1] * c)
            * self.random.uniform(0.3, 3))
        extents = b.tensor((4,), np.int32, np.array([n, *shape, outputs], np.int32))
        weights = np.maximum(self.bytes((outputs, *kernel, c)), -127)
        wt = b.tensor(weights.shape, np.int8, weights, scales, 0, 0)
        x = b.tensor((n, h, w, c), np.int8, None, input_scale, self.zero_point())
        inputs = [extents, wt, x]
        if self.pick(True, False):
            bias = self.random.integers(-20000, 20000, outputs).astype(np.int32)
            inputs.append(b.tensor((outputs,), np.int32, bias, input_scale * scales, 0))
        y = b.tensor((n, *shape, outputs), np.int8, None, output_scale, self.zero_point())
        options = schema.TransposeConvOptionsT()
        options.padding = 0 if same else 1
        options.strideH, options.strideW = stride
        return b.finish(OPERATORS.TRANSPOSE_CONV, 3, inputs, [y], 49, options, fed=[x])

    def reshape(self, kind):
        """To a constant shape, to one that operators compute from the input's, or SQUEEZE."""
        b = Builder()
        (h, w, c), scale, zero_point = self.pick((2, 3, 4), (1, 7, 5), (4, 4, 1)), self.scale(), 3
        shape = (1, 1, h * w, c) if kind == "squeeze" else (1, h, w, c)
        target = (1, h * w, c) if kind == "squeeze" else self.pick((1, h * w * c), (1, w, h * c))
        x = b.tensor(shape, np.int8, None, scale, zero_point)
        y = b.tensor(target, np.int8, None, scale, zero_point)
        if kind == "squeeze":
            options = schema.SqueezeOptionsT()
            options.squeezeDims = [1]
            return b.finish(OPERATORS.SQUEEZE, 1, [x], [y], 30, options)
        constant = lambda values: b.tensor((len(values),), np.int32, np.array(values, np.int32))
        if kind == "constant":
            return b.finish(OPERATORS.RESHAPE, 1, [x, constant(target)], [y])
        whole, batch = b.tensor((4,), np.int32), b.tensor((), np.int32)
        shape_options, slice_options = schema.ShapeOptionsT(), schema.StridedSliceOptionsT()
        shape_options.outType = schema.TensorType.INT32
        b.operator(OPERATORS.SHAPE, 1, [x], [whole], 55, shape_options)
        slice_options.shrinkAxisMask = 1
        b.operator(
            OPERATORS.STRIDED_SLICE, 1, [whole, constant([0]), constant([1]), constant([1])], [batch],
            32, slice_options)
        extents = [b.tensor((), np.int32, np.array(v, np.int32)) for v in target[1:]]
        packed, options = b.tensor((len(target),), np.int32), schema.PackOptionsT()
        options.valuesCount = len(target)
        b.operator(OPERATORS.PACK, 1, [batch, *extents], [packed], 59, options)
        return b.finish(OPERATORS.RESHAPE, 1, [x, packed], [y])

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

    def arithmetic(self, name):
        """ADD, SUB or MUL of two images, or of an image and one constant per channel."""
        b = Builder()
        shape = self.image()
        first, second = self.scale(), self.scale()
        x = b.tensor(shape, np.int8, None, first, self.zero_point())
        constant = self.pick(None, None, (shape[3],), (1, 1, 1, 1))
        data = None if constant is None else self.bytes(constant)
        other = b.tensor(constant or shape, np.int8, data, second, self.zero_point())
        size = first * second * 60 if name == "MUL" else first + second
        y = b.tensor(
            shape, np.int8, None, np.float32(size * self.random.uniform(0.3, 2)),
            self.zero_point())
        options = {"ADD": schema.AddOptionsT, "SUB": schema.SubOptionsT,
                   "MUL": schema.MulOptionsT}[name]()
        options.fusedActivationFunction = self.pick(0, 1, 3)
        kind = {"ADD": 11, "SUB": 28, "MUL": 21}[name]
        fed = [x, other] if constant is None else [x]
        return b.finish(getattr(OPERATORS, name), 2, [x, other], [y], kind, options, fed=fed)

    def prelu(self):
        b = Builder()
        shape, scale = self.image(), self.scale()
        x = b.tensor(shape, np.int8, None, scale, self.zero_point())
        slopes = (1, 1, shape[3])
        a = b.tensor(slopes, np.int8, self.bytes(slopes), self.scale(), self.zero_point())
        y = b.tensor(
            shape, np.int8, None, np.float32(scale * self.random.uniform(0.5, 3)),
            self.zero_point())
        return b.finish(OPERATORS.PRELU, 1, [x, a], [y])

    def mean(self):
        b = Builder()
        shape = self.image()
        axes = self.pick((1, 2), (1, 2), (1,), (2,), (3,), (1, 2, 3), (-1,))
        kept = self.pick(True, False)
        reduced = {axis % 4 for axis in axes}
        output = [1 if i in reduced else e for i, e in enumerate(shape) if kept or i not in reduced]
        scale = self.scale()
        x = b.tensor(shape, np.int8, None, scale, self.zero_point())
        at = b.tensor((len(axes),), np.int32, np.array(axes, np.int32))
        y = b.tensor(
            output, np.int8, None, np.float32(scale * self.random.uniform(0.1, 1.2)),
            self.zero_point())
        options = schema.ReducerOptionsT()
        options.keepDims = kept
        return b.finish(OPERATORS.MEAN, 2, [x, at], [y], 27, options)

    def concatenation(self):
        b = Builder()
        axis, shape = self.pick(1, 2, 3, -1), list(self.image())
        quantization = self.scale(), self.zero_point()
        inputs, total = [], 0
        for _ in range(self.pick(2, 3)):
            part = list(shape)
            part[axis] = int(self.random.integers(1, 9))
            total += part[axis]
            inputs.append(b.tensor(part, np.int8, None, *quantization))
        shape[axis] = total
        y = b.tensor(shape, np.int8, None, *quantization)
        options = schema.ConcatenationOptionsT()
        options.axis = axis
        return b.finish(OPERATORS.CONCATENATION, 2, inputs, [y], 10, options, fed=inputs)

    def padding(self, name):
        b = Builder()
        n, h, w, c = self.image()
        quantization = self.scale(), self.zero_point()
        least = {"REFLECT": 1, "SYMMETRIC": 0}.get(name)
        limit = [4, 4] if least is None else [min(4, h - least), min(4, w - least)]
        pads = [[int(self.random.integers(0, m + 1)) for _ in range(2)] for m in limit]
        table = np.array([[0, 0], *pads, [0, 0]], np.int32)
        x = b.tensor((n, h, w, c), np.int8, None, *quantization)
        inputs = [x, b.tensor((4, 2), np.int32, table)]
        y = b.tensor((n, h + sum(pads[0]), w + sum(pads[1]), c), np.int8, None, *quantization)
        if least is not None:
            options = schema.MirrorPadOptionsT()
            options.mode = 0 if name == "REFLECT" else 1
            return b.finish(OPERATORS.MIRROR_PAD, 2, inputs, [y], 77, options)
        if name == "PADV2":
            inputs.append(b.tensor((1,), np.int8, self.bytes((1,)), *quantization))
            return b.finish(OPERATORS.PADV2, 2, inputs, [y], 43, schema.PadV2OptionsT())
        return b.finish(OPERATORS.PAD, 2, inputs, [y], 22, schema.PadOptionsT())

    def transpose(self):
        b = Builder()
        shape = self.image()
        order = [0, *(1 + self.random.permutation(3))]
        quantization = self.scale(), self.zero_point()
        x = b.tensor(shape, np.int8, None, *quantization)
        at = b.tensor((4,), np.int32, np.array(order, np.int32))
        y = b.tensor([shape[i] for i in order], np.int8, None, *quantization)
        return b.finish(OPERATORS.TRANSPOSE, 2, [x, at], [y], 26, schema.TransposeOptionsT())

    def resize(self, name):
        b = Builder()
        n, h, w, c = self.image()
        size = [int(self.random.integers(1, 25)) for _ in range(2)]
        if self.pick(True, False):
            size = [2 * h, 2 * w]
        quantization = self.scale(), self.zero_point()
        x = b.tensor((n, h, w, c), np.int8, None, *quantization)
        at = b.tensor((2,), np.int32, np.array(size, np.int32))
        y = b.tensor((n, *size, c), np.int8, None, *quantization)
        options = getattr(schema, f"{name}OptionsT")()
        options.alignCorners, options.halfPixelCenters = self.pick(
            (False, False), (True, False), (False, True))
        kind = 15 if name == "ResizeBilinear" else 74
        code = OPERATORS.RESIZE_BILINEAR if kind == 15 else OPERATORS.RESIZE_NEAREST_NEIGHBOR
        return b.finish(code, 3, [x, at], [y], kind, options)

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
        options.fusedActivationFunction = self.pick(0, 0, 1, 2, 3)
        code = OPERATORS.MAX_POOL_2D if kind == "maximum" else OPERATORS.AVERAGE_POOL_2D
        return b.finish(code, 2, [x], [y], 5, options)

    def softmax(self):
        b = Builder()
        shape = (1, self.pick(1, 2, 3, 10, 12, 100, 1000))
        # LiteRT aborts if many channels have nearly equal probabilities.
        scale = np.float32(np.exp(self.random.uniform(-2 if shape[1] > 500 else -6, -0.5)))
        x = b.tensor(shape, np.int8, None, scale, self.zero_point())
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
        options_type, options, version = 0, None, 1 if name in ("HARD_SWISH", "RELU_N1_TO_1") else 2
        if name == "LEAKY_RELU":
            options_type, options = 75, schema.LeakyReluOptionsT()
            options.alpha = float(self.pick(0.1, 0.2, 0.01, 0.3))
        if name == "GELU":
            options_type, options, version = 116, schema.GeluOptionsT(), 2
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
    "TRANSPOSE_CONV": Maker.transposed_convolution,
    "FULLY_CONNECTED": Maker.dense,
    "RESHAPE": lambda m: m.reshape("constant"),
    "RESHAPE to computed extents": lambda m: m.reshape("computed"),
    "SQUEEZE": lambda m: m.reshape("squeeze"),
    "ADD": lambda m: m.arithmetic("ADD"),
    "SUB": lambda m: m.arithmetic("SUB"),
    "MUL": lambda m: m.arithmetic("MUL"),
    "PRELU": Maker.prelu,
    "MEAN": Maker.mean,
    "CONCATENATION": Maker.concatenation,
    "PAD": lambda m: m.padding("PAD"),
    "PADV2": lambda m: m.padding("PADV2"),
    "MIRROR_PAD reflect": lambda m: m.padding("REFLECT"),
    "MIRROR_PAD symmetric": lambda m: m.padding("SYMMETRIC"),
    "TRANSPOSE": Maker.transpose,
    "RESIZE_BILINEAR": lambda m: m.resize("ResizeBilinear"),
    "RESIZE_NEAREST_NEIGHBOR": lambda m: m.resize("ResizeNearestNeighbor"),
    "MAX_POOL_2D": lambda m: m.pooling("maximum"),
    "AVERAGE_POOL_2D": lambda m: m.pooling("average"),
    "SOFTMAX": Maker.softmax,
    "RELU": lambda m: m.unary("RELU"),
    "RELU6": lambda m: m.unary("RELU6"),
    "RELU_N1_TO_1": lambda m: m.unary("RELU_N1_TO_1"),
    "LEAKY_RELU": lambda m: m.unary("LEAKY_RELU"),
    "LOGISTIC": lambda m: m.unary("LOGISTIC"),
    "TANH": lambda m: m.unary("TANH"),
    "HARD_SWISH": lambda m: m.unary("HARD_SWISH"),
    "GELU": lambda m: m.unary("GELU"),
    "QUANTIZE float32 to int8": lambda m: m.conversion("quantize"),
    "QUANTIZE int8 to int8": lambda m: m.conversion("requantize"),
    "QUANTIZE uint8 to int8": lambda m: m.conversion("unsigned"),
    "DEQUANTIZE": lambda m: m.conversion("dequantize"),
}
