#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes Tests/KernelsTests/Fixtures/integer.json: outputs of LiteRT's reference kernels for small quantised tensors.

usage: tools/oracles/integer.py > Tests/KernelsTests/Fixtures/integer.json   (made with ai-edge-litert 2.3)

`integer.py COUNT` makes COUNT random cases of every operation instead of the few in the repository. If its output
replaces the fixture, the tests compare them all. Bytes are in base64, floats and scales are float32.
"""
import base64
import json
import sys

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter, OpResolverType

TYPES = {
    np.dtype(np.float32): schema.TensorType.FLOAT32,
    np.dtype(np.int8): schema.TensorType.INT8,
    np.dtype(np.uint8): schema.TensorType.UINT8,
    np.dtype(np.int32): schema.TensorType.INT32,
}
random = np.random.default_rng(7)


class Tensor:
    """An array with its quantisation, or only a shape for an output."""

    def __init__(self, array, scale=None, zero=0, dtype=None):
        self.array, self.dtype = array, np.dtype(dtype or array.dtype)
        self.scale = None if scale is None else float(np.float32(scale))
        self.zero = int(zero)

    def document(self):
        shape = [1] * (4 - self.array.ndim) + list(self.array.shape)
        data = base64.b64encode(np.ascontiguousarray(self.array).tobytes()).decode()
        return {"shape": shape, "type": self.dtype.name, "data": data,
                "scale": self.scale or 1, "zero": self.zero}


def interpret(name, inputs, output, options, constants):
    """Runs a model of one operation; `constants` are inputs stored in the model."""
    model, graph, code = schema.ModelT(), schema.SubGraphT(), schema.OperatorCodeT()
    code.builtinCode = getattr(schema.BuiltinOperator, name)
    code.deprecatedBuiltinCode = min(code.builtinCode, 127)
    code.version = 1
    model.version, model.operatorCodes, model.subgraphs = 3, [code], [graph]
    model.buffers, graph.tensors = [schema.BufferT()], []

    def add(tensor, data=None, shape=()):
        t = schema.TensorT()
        t.name, t.shape, t.type, t.buffer = str(len(graph.tensors)), list(shape), TYPES[tensor.dtype], 0
        if data is not None:
            buffer = schema.BufferT()
            buffer.data = np.frombuffer(data.tobytes(), np.uint8)
            model.buffers.append(buffer)
            t.buffer = len(model.buffers) - 1
        if tensor.scale is not None:
            t.quantization = schema.QuantizationParametersT()
            t.quantization.scale, t.quantization.zeroPoint = [tensor.scale], [tensor.zero]
        graph.tensors.append(t)
        return len(graph.tensors) - 1

    graph.inputs = [add(t, shape=t.array.shape) for t in inputs]
    held = [add(t, t.array, t.array.shape) for t in constants]
    graph.outputs = [add(output)]
    operator = schema.OperatorT()
    operator.inputs, operator.outputs = graph.inputs + held, graph.outputs
    if options is not None:
        operator.builtinOptions = options
        operator.builtinOptionsType = getattr(schema.BuiltinOptions, type(options).__name__[:-1])
    graph.operators = [operator]
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), b"TFL3")
    interpreter = Interpreter(
        model_content=bytes(builder.Output()),
        experimental_op_resolver_type=OpResolverType.BUILTIN_REF)
    interpreter.allocate_tensors()
    for detail, tensor in zip(interpreter.get_input_details(), inputs):
        interpreter.set_tensor(detail["index"], tensor.array)
    interpreter.invoke()
    return interpreter.get_tensor(interpreter.get_output_details()[0]["index"])


def case(kind, name, inputs, output, options=None, constants=(), **attributes):
    output.array = interpret(name, inputs, output, options, constants)
    return {"kind": kind, "inputs": [t.document() for t in inputs], "output": output.document(),
            "attributes": attributes}


def integer(low, high):
    return int(random.integers(low, high + 1))


def scale(low=0.002, high=0.5):
    return float(np.exp(random.uniform(np.log(low), np.log(high))))


def zero():
    return random.choice([integer(-128, 127), integer(-128, 127), -128, 0, 127])


def array(shape, dtype=np.int8):
    info = np.iinfo(dtype)
    return random.integers(info.min, info.max + 1, shape).astype(dtype)


def quantised(shape, dtype=np.int8, **range):
    return Tensor(array(shape, dtype), scale(**range), zero() + (128 if dtype == np.uint8 else 0))


def result(dtype=np.int8, **range):
    return Tensor(None, scale(**range), zero() + (128 if dtype == np.uint8 else 0), dtype)


def options_of(kind, **values):
    options = getattr(schema, kind + "OptionsT")()
    for key, value in values.items():
        setattr(options, key, value)
    return options


def activation():
    name = random.choice(["NONE", "RELU", "RELU6"])
    return str(name), getattr(schema.ActivationFunctionType, str(name))


def shapes():
    """The shapes of two inputs that broadcast, equal in half of the cases."""
    shape = [integer(1, 2), integer(1, 4), integer(1, 4), integer(1, 35)]
    if random.random() < 0.5:
        return shape, shape
    pair = [[1 if random.random() < 0.3 else d for d in shape] for _ in range(2)]
    return pair


def binary(kind, name, options):
    def make():
        a, b = shapes()
        label, code = activation()
        high = {"mul": 0.02}.get(kind, 0.5)
        return case(kind, name, [quantised(a), quantised(b)], result(low=high / 50),
                    options_of(options, fusedActivationFunction=code), activation=label)
    return make


def pooling(kind, name):
    def make():
        shape = (integer(1, 2), integer(1, 9), integer(1, 9), integer(1, 20))
        label, code = activation()
        same = integer(0, 1)
        kernel = [integer(1, 5 if same else shape[1]), integer(1, 5 if same else shape[2])]
        stride = [integer(1, 3), integer(1, 3)]
        x = quantised(shape)
        total = [max(0, ((n + s - 1) // s - 1) * s + k - n)
                 for n, k, s in zip(shape[1:3], kernel, stride)]
        padding = [t // 2 if same else 0 for t in total]
        return case(kind, name, [x], Tensor(None, x.scale, x.zero, np.int8), options_of(
            "Pool2D", padding=0 if same else 1, filterHeight=kernel[0], filterWidth=kernel[1],
            strideH=stride[0], strideW=stride[1], fusedActivationFunction=code),
            activation=label, kernelHeight=kernel[0], kernelWidth=kernel[1],
            strideHeight=stride[0], strideWidth=stride[1], paddingTop=padding[0],
            paddingLeft=padding[1])
    return make


def every_byte(dtype=np.int8):
    return np.arange(256, dtype=np.uint8).view(dtype).reshape(1, 1, 1, 256)


def table(kind, name, make_options=None, output=result, dtypes=(np.int8, np.int8)):
    def make():
        x = quantised((1,), dtypes[0])
        x.array = every_byte(dtypes[0])
        attributes = {} if make_options is None else {"slope": float(np.float32(random.uniform(-0.5, 1)))}
        options = None if make_options is None else make_options(attributes["slope"])
        return case(kind, name, [x], output() if dtypes[1] == np.int8 else result(dtypes[1]), options,
                    **attributes)
    return make


def hard_swish():
    x = quantised((1,), low=0.005)
    x.array = every_byte()
    return case("hardSwish", "HARD_SWISH", [x], Tensor(None, x.scale * random.uniform(0.1, 2), zero(), np.int8))


def softmax():
    beta = float(np.float32(random.choice([1, 1, 0.5, 2])))
    x = quantised((integer(1, 3), integer(1, 40)))
    return case("softmax", "SOFTMAX", [x], Tensor(None, 1 / 256, -128, np.int8),
                options_of("Softmax", beta=beta), beta=beta)


def mean():
    shape = (integer(1, 2), integer(1, 9), integer(1, 9), integer(1, 20))
    axes = [axis for axis in range(1, 4) if random.random() < 0.6] or [1, 2]
    x = quantised(shape)
    y = Tensor(None, x.scale, x.zero, np.int8) if random.random() < 0.3 else result(low=x.scale / 3, high=3 * x.scale)
    return case("mean", "MEAN", [x], y, options_of("Reducer", keepDims=True),
                [Tensor(np.array(axes, np.int32))], axes=axes)


def prelu():
    shape = (integer(1, 2), integer(1, 4), integer(1, 4), integer(1, 35))
    slope = (1, 1, shape[3]) if random.random() < 0.7 else random.choice([(1, 1, 1), shape[1:]])
    return case("prelu", "PRELU", [quantised(shape), quantised(tuple(int(d) for d in slope))], result())


def quantise():
    shape = (1, 3, 3, integer(1, 20))
    y = result(np.uint8 if random.random() < 0.3 else np.int8)
    x = (random.standard_normal(shape) * 100 * y.scale).astype(np.float32)
    # Exact and near ties.
    half = (integer(-100, 100) + np.float32(0.5)) * np.float32(y.scale)
    x[0, 0, 0, 0], x[0, 0, 1, 0], x[0, 1, 0, 0] = half, np.nextafter(half, np.float32(0)), 1e6 * y.scale
    return case("quantise", "QUANTIZE", [Tensor(x)], y)


def dequantise():
    x = quantised((1,), np.uint8 if random.random() < 0.3 else np.int8)
    x.array = every_byte(x.dtype)
    return case("dequantise", "DEQUANTIZE", [x], Tensor(None, dtype=np.float32))


def resize(kind, name, options):
    def make():
        x = quantised((1, integer(1, 9), integer(1, 9), integer(1, 20)))
        mode = str(random.choice(["default", "alignCorners", "halfPixelCenters"]))
        size = [integer(1, 17), integer(1, 17)]
        return case(kind, name, [x], Tensor(None, x.scale, x.zero, np.int8),
                    options_of(options, alignCorners=mode == "alignCorners",
                               halfPixelCenters=mode == "halfPixelCenters"),
                    [Tensor(np.array(size, np.int32))], mode=mode)
    return make


def pad():
    shape = (1, integer(1, 5), integer(1, 5), integer(1, 20))
    amounts = np.array([[0, 0]] + [[integer(0, 3), integer(0, 3)] for _ in range(3)], np.int32)
    x = quantised(shape)
    return case("pad", "PAD", [x], Tensor(None, x.scale, x.zero, np.int8), options_of("Pad"),
                [Tensor(amounts)], before=amounts[1:, 0].tolist())


def mirror():
    symmetric = integer(0, 1)
    shape = (1, integer(2, 5), integer(2, 5), integer(2, 20))
    amounts = np.array([[0, 0]] + [[integer(0, n - 1 + symmetric), integer(0, n - 1 + symmetric)] for n in shape[1:3]]
                       + [[0, 0]], np.int32)
    x = quantised(shape)
    return case("mirror", "MIRROR_PAD", [x], Tensor(None, x.scale, x.zero, np.int8),
                options_of("MirrorPad", mode=symmetric), [Tensor(amounts)],
                before=amounts[1:, 0].tolist(), mode="symmetric" if symmetric else "reflect")


def transpose():
    x = quantised((integer(1, 2), integer(1, 5), integer(1, 5), integer(1, 20)))
    order = [0] + (1 + random.permutation(3)).tolist()
    return case("transpose", "TRANSPOSE", [x], Tensor(None, x.scale, x.zero, np.int8),
                options_of("Transpose"), [Tensor(np.array(order, np.int32))], order=order[1:])


MAKERS = [
    binary("add", "ADD", "Add"), binary("sub", "SUB", "Sub"), binary("mul", "MUL", "Mul"),
    pooling("maximum", "MAX_POOL_2D"), pooling("average", "AVERAGE_POOL_2D"),
    softmax, mean, prelu, quantise, dequantise, hard_swish, pad, mirror, transpose,
    table("rescale", "QUANTIZE"), table("rescale", "QUANTIZE", dtypes=(np.uint8, np.int8)),
    table("rescale", "QUANTIZE", dtypes=(np.int8, np.uint8)),
    table("sigmoid", "LOGISTIC", output=lambda: Tensor(None, 1 / 256, -128, np.int8)),
    table("tanh", "TANH"),
    table("leakyReLU", "LEAKY_RELU", lambda slope: options_of("LeakyRelu", alpha=slope)),
    table("relu", "RELU"), table("relu6", "RELU6"), table("reluN1To1", "RELU_N1_TO_1"), table("relu0To1", "RELU_0_TO_1"),
    resize("bilinear", "RESIZE_BILINEAR", "ResizeBilinear"),
    resize("nearest", "RESIZE_NEAREST_NEIGHBOR", "ResizeNearestNeighbor"),
]


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 4
    json.dump([make() for make in MAKERS for _ in range(count)], sys.stdout, separators=(",", ":"))
    print()


main()
