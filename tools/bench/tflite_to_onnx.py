# SPDX-License-Identifier: Apache-2.0
"""Converts an int8 .tflite model to a float .onnx model.

Weights and biases are dequantised, values are named by their tensor's number, and N×H×W×C becomes
N×C×H×W. Only the operators of the benchmark's models are supported: any other stops the conversion
with a message that names it.
"""
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from single_operator import OPERATORS, schema

NAMES = {code: name for name, code in vars(OPERATORS).items() if isinstance(code, int)}
TYPES = {schema.TensorType.INT8: np.int8, schema.TensorType.INT32: np.int32}
NONE, RELU = schema.ActivationFunctionType.NONE, schema.ActivationFunctionType.RELU


def padding(options):
    return "SAME_UPPER" if options.padding == schema.Padding.SAME else "VALID"


class Conversion:
    """The nodes and constants of a model's operators."""

    def __init__(self, path):
        model = schema.ModelT.InitFromPackedBuf(path.read_bytes(), 0)
        graph = model.subgraphs[0]
        self.path, self.tensors, self.buffers = path, graph.tensors, model.buffers
        self.source, self.sink = graph.inputs[0], graph.outputs[0]
        self.nodes, self.constants = [], []
        for operator in graph.operators:
            entry = model.operatorCodes[operator.opcodeIndex]
            name = NAMES[max(entry.builtinCode, entry.deprecatedBuiltinCode)]
            convert = getattr(self, name.lower(), None)
            self.expect(convert, f"{name} is not supported")
            convert(operator.inputs, operator.outputs[0], operator.builtinOptions)

    def expect(self, condition, message):
        if not condition:
            raise SystemExit(f"tflite_to_onnx: {self.path}: {message}")

    def shape(self, tensor):
        """The shape in the .onnx model."""
        n, *extents = (int(extent) for extent in self.tensors[tensor].shape)
        return [n, *extents[-1:], *extents[:-1]]

    def floats(self, index):
        tensor = self.tensors[index]
        data = self.buffers[tensor.buffer].data.tobytes()
        values = np.frombuffer(data, TYPES[tensor.type]).reshape(tensor.shape)
        extents = [1] * values.ndim
        extents[tensor.quantization.quantizedDimension] = -1
        zero_points = tensor.quantization.zeroPoint.reshape(extents)
        scales = tensor.quantization.scale.reshape(extents)
        return ((values - zero_points) * scales).astype(np.float32)

    def constant(self, values):
        name = f"constant{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def bias(self, inputs):
        return [self.constant(self.floats(index)) for index in inputs[2:] if index >= 0]

    def node(self, kind, inputs, output, activation=NONE, **attributes):
        self.expect(activation in (NONE, RELU), f"activation {activation} is not supported")
        result = f"{output}" if activation == NONE else f"{output}_linear"
        names = [f"{name}" for name in inputs]
        self.nodes.append(helper.make_node(kind, names, [result], **attributes))
        if activation == RELU:
            self.nodes.append(helper.make_node("Relu", [result], [f"{output}"]))

    def conv_2d(self, inputs, output, options, axes=(0, 3, 1, 2), group=1):
        weights = self.floats(inputs[1]).transpose(axes)
        self.node(
            "Conv", [inputs[0], self.constant(weights), *self.bias(inputs)], output,
            options.fusedActivationFunction, kernel_shape=weights.shape[2:], group=group,
            strides=[options.strideH, options.strideW], auto_pad=padding(options),
            dilations=[options.dilationHFactor, options.dilationWFactor])

    def depthwise_conv_2d(self, inputs, output, options):
        self.conv_2d(inputs, output, options, (3, 0, 1, 2), group=self.shape(inputs[0])[1])

    def transpose_conv(self, inputs, output, options):
        weights = self.floats(inputs[1]).transpose(3, 0, 1, 2)
        strides = [options.strideH, options.strideW]
        self.expect(list(weights.shape[2:]) == strides, "TRANSPOSE_CONV overlaps itself")
        self.node(
            "ConvTranspose", [inputs[2], self.constant(weights), *self.bias(inputs[1:])], output,
            options.fusedActivationFunction, kernel_shape=strides, strides=strides)

    def max_pool_2d(self, inputs, output, options):
        self.node(
            "MaxPool", inputs, output, kernel_shape=[options.filterHeight, options.filterWidth],
            strides=[options.strideH, options.strideW], auto_pad=padding(options))

    def average_pool_2d(self, inputs, output, options):
        window = [options.filterHeight, options.filterWidth]
        self.expect(self.shape(inputs[0])[2:] == window, "AVERAGE_POOL_2D is not of whole pictures")
        self.node("GlobalAveragePool", inputs, output)

    def add(self, inputs, output, options):
        self.node("Add", inputs, output, options.fusedActivationFunction)

    def concatenation(self, inputs, output, options):
        self.expect(options.axis == 3, "CONCATENATION is not of channels")
        self.node("Concat", inputs, output, options.fusedActivationFunction, axis=1)

    def reshape(self, inputs, output, options):
        flat = len(self.shape(output)) == 2 and self.shape(inputs[0])[2:] == [1, 1]
        self.expect(flat, "RESHAPE is not from N×1×1×C to N×C")
        self.node("Flatten", inputs[:1], output)

    def fully_connected(self, inputs, output, options):
        x, weights = inputs[0], self.floats(inputs[1])
        if len(self.shape(x)) == 4:
            _, c, h, w = self.shape(x)
            weights = weights.reshape(-1, h, w, c).transpose(0, 3, 1, 2).reshape(len(weights), -1)
            self.node("Flatten", [x], f"{x}_flat")
            x = f"{x}_flat"
        self.node(
            "Gemm", [x, self.constant(weights), *self.bias(inputs)], output,
            options.fusedActivationFunction, transB=1)

    def softmax(self, inputs, output, options):
        self.expect(options.beta == 1, "SOFTMAX has a beta")
        self.node("Softmax", inputs, output, axis=1)

    def model(self):
        source, sink = (
            helper.make_tensor_value_info(f"{end}", TensorProto.FLOAT, self.shape(end))
            for end in (self.source, self.sink))
        graph = helper.make_graph(self.nodes, self.path.stem, [source], [sink], self.constants)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
        model.ir_version = 9
        return onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True)
