#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes networks with random weights, for timing, which does not depend on the weights.

usage: make_models.py [FOLDER]   (default: build/models)

VGG-16, U-Net (width 16) and MobileNetV1-0.5 on 96×96 pixels, as in Ocelli's Architectures:
NAME_int8.tflite.
"""
import pathlib
import sys

import flatbuffers
import numpy as np

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
        # Keeps the input's scale and spreads the outputs over its range.
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
        # The operator needs equal quantisation: give the second operand that of the first.
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
        path.write_bytes(bytes(builder.Output()))


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
        model = Lite()
        model.write(folder / f"{network.__name__}_int8.tflite", network(model))


if __name__ == "__main__":
    main()
