#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes networks with weights by chance, for timing: the time does not depend on the weights.

usage: make_models.py [FOLDER]   (default: build/models)

VGG-16, U-Net (width 16) and MobileNetV1-0.5 on 96×96 pixels, as Ocelli's architectures have them:
NAME_int8.tflite; NAME.onnx in floats, and NAME_int8.onnx as ONNX Runtime quantises it.
"""
import pathlib
import sys

import flatbuffers
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "litert"))
from single_operator import OPERATORS, Builder, schema  # noqa: E402

SIDE = 96


class Lite(Builder):
    """A .tflite model, layer by layer. A value is (tensor, height, width, channels)."""

    def __init__(self):
        super().__init__()
        self.random = np.random.default_rng(1)
        self.codes = {}
        self.scales = {}

    def value(self, shape, scale, zero_point=-128):
        tensor = self.tensor((1, *shape), np.int8, None, np.float32(scale), zero_point)
        self.scales[tensor] = np.float32(scale)
        return (tensor, *shape)

    def input(self, channels):
        self.source = self.value((SIDE, SIDE, channels), 1 / 255)
        return self.source

    def operator(self, name, version, inputs, output, kind=0, options=None):
        if name not in self.codes:
            entry = schema.OperatorCodeT()
            entry.builtinCode, entry.version = getattr(OPERATORS, name), version
            entry.deprecatedBuiltinCode = min(entry.builtinCode, 127)
            self.codes[name] = len(self.model.operatorCodes)
            self.model.operatorCodes.append(entry)
        operator = schema.OperatorT()
        operator.opcodeIndex = self.codes[name]
        operator.inputs, operator.outputs = inputs, [output[0]]
        operator.builtinOptionsType, operator.builtinOptions = kind, options
        self.graph.operators.append(operator)
        return output

    def weights(self, shape, x, outputs, dimension, taps):
        """Weights, bias and the scale of the output."""
        data = self.random.integers(-127, 128, shape).astype(np.int8)
        # Outputs that have the scale of the input, and are spread over its range.
        scales = np.full(outputs, 1 / (60 * np.sqrt(taps)), np.float32)
        weights = self.tensor(shape, np.int8, data, scales, 0, dimension)
        scale = self.scales[x[0]]
        bias = self.tensor(
            (outputs,), np.int32, np.zeros(outputs, np.int32), scale * scales, 0)
        return weights, bias, scale

    def convolution(self, x, outputs, kernel, stride=1, relu=True, depthwise=False):
        tensor, height, width, channels = x
        shape = (1, kernel, kernel, channels) if depthwise else (outputs, kernel, kernel, channels)
        taps = kernel * kernel * (1 if depthwise else channels)
        weights, bias, scale = self.weights(shape, x, outputs, 3 if depthwise else 0, taps)
        y = self.value((-(-height // stride), -(-width // stride), outputs), scale)
        options = schema.DepthwiseConv2DOptionsT() if depthwise else schema.Conv2DOptionsT()
        options.strideH = options.strideW = stride
        options.dilationHFactor = options.dilationWFactor = 1
        options.fusedActivationFunction = 1 if relu else 0
        if depthwise:
            options.depthMultiplier = 1
            return self.operator(
                "DEPTHWISE_CONV_2D", 3, [tensor, weights, bias], y, 2, options)
        return self.operator("CONV_2D", 3, [tensor, weights, bias], y, 1, options)

    def enlargement(self, x, outputs):
        tensor, height, width, channels = x
        weights, _, scale = self.weights((outputs, 2, 2, channels), x, outputs, 0, channels)
        extents = np.array([1, 2 * height, 2 * width, outputs], np.int32)
        y = self.value((2 * height, 2 * width, outputs), scale, 0)
        options = schema.TransposeConvOptionsT()
        options.strideH = options.strideW = 2
        shape = self.tensor((4,), np.int32, extents)
        return self.operator("TRANSPOSE_CONV", 2, [shape, weights, tensor], y, 49, options)

    def pooling(self, x, name="MAX_POOL_2D", size=2):
        tensor, height, width, channels = x
        y = self.value((height // size, width // size, channels), self.scales[tensor])
        options = schema.Pool2DOptionsT()
        options.strideH = options.strideW = options.filterHeight = options.filterWidth = size
        return self.operator(name, 2, [tensor], y, 5, options)

    def mean(self, x):
        return self.pooling(x, "AVERAGE_POOL_2D", x[1])

    def concatenation(self, x, z):
        # The operator wants one quantisation: the second operand's is made that of the first.
        self.graph.tensors[z[0]].quantization = self.graph.tensors[x[0]].quantization
        y = self.value((*x[1:3], x[3] + z[3]), self.scales[x[0]])
        options = schema.ConcatenationOptionsT()
        options.axis = 3
        return self.operator("CONCATENATION", 2, [x[0], z[0]], y, 10, options)

    def dense(self, x, units, relu=True):
        count = x[1] * x[2] * x[3]
        weights, bias, scale = self.weights((units, count), x, units, 0, count)
        y = self.value((units,), scale)
        options = schema.FullyConnectedOptionsT()
        options.fusedActivationFunction = 1 if relu else 0
        self.operator("FULLY_CONNECTED", 4, [x[0], weights, bias], y, 8, options)
        return (y[0], 1, 1, units)

    def write(self, path, y):
        self.graph.inputs, self.graph.outputs = [self.source[0]], [y[0]]
        builder = flatbuffers.Builder(1024)
        builder.Finish(self.model.Pack(builder), b"TFL3")
        path.with_name(path.name + "_int8.tflite").write_bytes(bytes(builder.Output()))


class Onnx:
    """An .onnx model, layer by layer. A value is (name, height, width, channels)."""

    def __init__(self):
        self.random = np.random.default_rng(1)
        self.nodes, self.tensors = [], []

    def node(self, kind, inputs, shape, **attributes):
        name = f"value{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [name], **attributes))
        return (name, *shape)

    def weights(self, shape, taps):
        name = f"weights{len(self.tensors)}"
        data = self.random.normal(0, np.sqrt(2 / taps), shape).astype(np.float32)
        self.tensors.append(numpy_helper.from_array(data, name))
        return name

    def input(self, channels):
        return ("input", SIDE, SIDE, channels)

    def relu(self, x, wanted):
        return self.node("Relu", [x[0]], x[1:]) if wanted else x

    def convolution(self, x, outputs, kernel, stride=1, relu=True, depthwise=False):
        name, height, width, channels = x
        inputs = 1 if depthwise else channels
        weights = self.weights((outputs, inputs, kernel, kernel), inputs * kernel * kernel)
        y = self.node(
            "Conv", [name, weights], (-(-height // stride), -(-width // stride), outputs),
            kernel_shape=[kernel] * 2, strides=[stride] * 2, auto_pad="SAME_UPPER",
            group=channels if depthwise else 1)
        return self.relu(y, relu)

    def enlargement(self, x, outputs):
        name, height, width, channels = x
        return self.node(
            "ConvTranspose", [name, self.weights((channels, outputs, 2, 2), channels)],
            (2 * height, 2 * width, outputs), kernel_shape=[2, 2], strides=[2, 2])

    def pooling(self, x):
        return self.node(
            "MaxPool", [x[0]], (x[1] // 2, x[2] // 2, x[3]), kernel_shape=[2, 2], strides=[2, 2])

    def mean(self, x):
        return self.node("GlobalAveragePool", [x[0]], (1, 1, x[3]))

    def concatenation(self, x, z):
        return self.node("Concat", [x[0], z[0]], (*x[1:3], x[3] + z[3]), axis=1)

    def dense(self, x, units, relu=True):
        count = x[1] * x[2] * x[3]
        flat = self.node("Flatten", [x[0]], (1, 1, count))
        y = self.node("Gemm", [flat[0], self.weights((count, units), count)], (1, 1, units))
        return self.relu(y, relu)

    def write(self, path, y):
        from onnxruntime.quantization import CalibrationDataReader, QuantFormat, quantize_static
        shape = (1, 3, SIDE, SIDE)
        graph = helper.make_graph(
            self.nodes, path.name,
            [helper.make_tensor_value_info("input", TensorProto.FLOAT, shape)],
            [helper.make_tensor_value_info(y[0], TensorProto.FLOAT, None)], self.tensors)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
        model.ir_version = 9
        floats = path.with_name(path.name + ".onnx")
        onnx.save(onnx.shape_inference.infer_shapes(model), floats)

        class Reader(CalibrationDataReader):
            left = 4

            def get_next(self):
                if self.left == 0:
                    return None
                self.left -= 1
                random = np.random.default_rng(self.left)
                return {"input": random.random(shape, np.float32)}

        quantize_static(
            floats, path.with_name(path.name + "_int8.onnx"), Reader(),
            quant_format=QuantFormat.QDQ, per_channel=True)


def vgg16(b):
    x = b.input(3)
    for depth, channels in [(2, 64), (2, 128), (3, 256), (3, 512), (3, 512)]:
        for _ in range(depth):
            x = b.convolution(x, channels, 3)
        x = b.pooling(x)
    return b.dense(b.dense(b.dense(x, 512), 512), 6, relu=False)


def unet16(b):
    def stage(x, channels):
        return b.convolution(b.convolution(x, channels, 3), channels, 3)

    x, skips = b.input(3), []
    for level in range(4):
        skips.append(stage(x, 16 << level))
        x = b.pooling(skips[-1])
    x = stage(x, 256)
    for level in reversed(range(4)):
        x = stage(b.concatenation(skips[level], b.enlargement(x, 16 << level)), 16 << level)
    return b.convolution(x, 3, 1, relu=False)


def mobilenet(b):
    x = b.convolution(b.input(3), 16, 3, 2)
    steps = [(32, 1), (64, 2), (64, 1), (128, 2), (128, 1), (256, 2)] + [(256, 1)] * 5
    for channels, stride in steps + [(512, 2), (512, 1)]:
        x = b.convolution(x, x[3], 3, stride, depthwise=True)
        x = b.convolution(x, channels, 1)
    return b.dense(b.mean(x), 6, relu=False)


def main():
    folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "build/models")
    folder.mkdir(parents=True, exist_ok=True)
    for network in (vgg16, unet16, mobilenet):
        for builder in (Lite(), Onnx()):
            builder.write(folder / network.__name__, network(builder))
    print(f"make_models: wrote {', '.join(sorted(path.name for path in folder.iterdir()))}")


if __name__ == "__main__":
    main()
