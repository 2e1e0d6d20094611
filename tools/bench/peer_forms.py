#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Converts the benchmark's int8 .tflite models to the formats that peers read.

usage: peer_forms.py [FOLDER]   (default: build/models)

NAME.onnx in floats; NAME_int8.onnx, quantised by ONNX Runtime with the scales and zero points of
the .tflite model; NAME.param and NAME.bin for ncnn, by pnnx of NAME.onnx. The outputs of each are
compared with those of the model that it was made of. Models that are not there are skipped.
Where ONNX Runtime's int8 outputs are too far off, as on CPUs whose byte products it lets saturate,
NAME_int8.onnx.inexact says by how much: the benchmark then times the form, and marks it.
"""
import importlib.util
import logging
import pathlib
import shutil
import subprocess
import sys
import tempfile

import numpy as np
import onnx
import onnxruntime
from ai_edge_litert.interpreter import Interpreter
from onnx import TensorProto, helper
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static

import model_peers
from models import FOLDERS, MODELS, find, inexact_mark, peer_forms

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "litert"))
import reference  # noqa: E402
from tflite_to_onnx import Conversion  # noqa: E402

PNNX = pathlib.Path(importlib.util.find_spec("pnnx").origin).with_name("pnnx")


class Example(CalibrationDataReader):
    """A single input. It only has to exist: the ranges that it would calibrate are known."""

    def __init__(self, feed):
        self.left = [feed]

    def get_next(self):
        return self.left.pop() if self.left else None


def quantize(conversion, floats, path):
    """Quantises `floats` with the scales and zero points of the .tflite model.

    Activations are unsigned, for which ONNX Runtime has its fastest kernels on x86.
    """
    ranges = {}
    for index, tensor in enumerate(conversion.tensors):
        if conversion.buffers[tensor.buffer].data is None:
            zero_point = np.array(tensor.quantization.zeroPoint[0] + 128, np.uint8)
            ranges[f"{index}"] = [{
                "scale": np.array(tensor.quantization.scale[0]), "zero_point": zero_point,
                "quant_type": QuantType.QUInt8}]
    zeros = np.zeros(conversion.shape(conversion.source), np.float32)
    quantize_static(
        floats, path, Example({f"{conversion.source}": zeros}), quant_format=QuantFormat.QDQ,
        per_channel=True, activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8,
        extra_options={"TensorQuantOverrides": ranges})


def feed_bytes(conversion, path):
    """Makes a quantised model's input and output bytes, as in the .tflite model."""
    model = onnx.load(path)
    nodes, source, sink = model.graph.node, model.graph.input[0], model.graph.output[0]
    first = next(node for node in nodes if node.input[0] == source.name)
    last = next(node for node in nodes if node.output[0] == sink.name)
    source.CopyFrom(helper.make_tensor_value_info(
        first.output[0], TensorProto.UINT8, conversion.shape(conversion.source)))
    sink.CopyFrom(helper.make_tensor_value_info(
        last.input[0], TensorProto.UINT8, conversion.shape(conversion.sink)))
    nodes.remove(first)
    nodes.remove(last)
    onnx.save(model, path)


def convert_for_ncnn(conversion, floats, path):
    """Runs pnnx, and adds the input shape, which it leaves out."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(floats, f"{folder}/model.onnx")
        result = subprocess.run(
            [PNNX, "model.onnx"], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if result.returncode != 0:
            sys.exit(f"peer_forms: pnnx cannot read {floats}: {result.stdout.decode()}")
        shutil.move(f"{folder}/model.ncnn.bin", path.with_suffix(".bin"))
        text = pathlib.Path(f"{folder}/model.ncnn.param").read_text(encoding="ascii")
    extents = reversed(conversion.shape(conversion.source)[1:])
    fields = " ".join(f"{key}={extent}" for key, extent in enumerate(extents))
    path.write_text(text.replace(" 0 1 in0\n", f" 0 1 in0 {fields}\n"), encoding="ascii")


def run(path, value):
    """The first output of an .onnx model."""
    session = onnxruntime.InferenceSession(path)
    return session.run(None, {session.get_inputs()[0].name: value})[0]


def expect(path, difference, limit):
    if not difference <= limit:
        sys.exit(f"peer_forms: {path}: outputs differ by {difference:.3g}, limit {limit}")


def check_bytes(source, path):
    """Compares ONNX Runtime's outputs with the .tflite model's; marks those off by over two steps on average."""
    interpreter = Interpreter(str(source))
    shape = interpreter.get_input_details()[0]["shape"]
    inputs = model_peers.values((8, *shape[1:]), np.dtype(np.int8))
    expected = np.moveaxis(reference.outputs(interpreter, [inputs]), -1, 1)
    unsigned = np.moveaxis(inputs.view(np.uint8) ^ 128, -1, 1)
    found = np.concatenate([run(path, example[None]) for example in unsigned])
    difference = np.abs(found - 128.0 - expected).mean()
    mark = inexact_mark(path)
    mark.unlink(missing_ok=True)
    if not difference <= 2:
        mark.write_text(f"{difference:.3g} steps\n", encoding="ascii")
        print(f"peer_forms: {path}: inexact here, off by {difference:.3g} steps on average", flush=True)


def check_ncnn(floats, path, shape):
    """Compares with the .onnx model: outputs differ by at most 2 % of the largest."""
    expected = run(floats, model_peers.values(shape, np.dtype(np.float32)))
    found = np.array(model_peers.ncnn(str(path), 1)()).reshape(expected.shape)
    expect(path, np.abs(found - expected).max() / np.abs(expected).max(), 0.02)


def make(source, folder):
    floats, quantized, param = (folder / form for form in peer_forms(source.name))
    conversion = Conversion(source)
    onnx.save(conversion.model(), floats)
    quantize(conversion, floats, quantized)
    feed_bytes(conversion, quantized)
    check_bytes(source, quantized)
    convert_for_ncnn(conversion, floats, param)
    check_ncnn(floats, param, conversion.shape(conversion.source))
    print(f"peer_forms: wrote {floats.name}, {quantized.name} and {param.name}", flush=True)


def main():
    logging.disable(logging.WARNING)  # ONNX Runtime warns of steps that are left out on purpose.
    folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "build/models")
    folder.mkdir(parents=True, exist_ok=True)
    for name, file, _ in MODELS:
        source = find(file, [folder, *FOLDERS])
        if source:
            make(source, folder)
        else:
            print(f"peer_forms: skipped {name}: no {file}", flush=True)


if __name__ == "__main__":
    main()
