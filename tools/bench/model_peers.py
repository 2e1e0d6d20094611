#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Times one model in another runtime: batch 1, on random inputs.

usage: model_peers.py --peer litert|onnxruntime|openvino|ncnn|ncnn_bf16 --threads N --runs N FILE

Prints {"peer", "ms"}, where ms is the median after a warm-up. Files: .tflite for LiteRT; .tflite or
.onnx for OpenVINO; .onnx for ONNX Runtime; .param, with its .bin beside it, for ncnn, which uses
32-bit floats or, as ncnn_bf16, 16-bit floats.
"""
import argparse
import importlib.metadata
import json
import statistics
import time

import numpy

PACKAGES = {
    "litert": ("LiteRT", "ai-edge-litert"), "onnxruntime": ("ONNX Runtime", "onnxruntime"),
    "openvino": ("OpenVINO", "openvino"), "ncnn": ("ncnn", "ncnn"), "ncnn_bf16": ("ncnn", "ncnn")}


def values(shape, dtype):
    """A random input."""
    random = numpy.random.default_rng(1)
    if numpy.issubdtype(dtype, numpy.floating):
        return random.random(shape).astype(dtype)
    limits = numpy.iinfo(dtype)
    return random.integers(limits.min, limits.max, shape, dtype=dtype, endpoint=True)


def litert(file, threads):
    from ai_edge_litert.interpreter import Interpreter
    interpreter = Interpreter(file, num_threads=threads)
    interpreter.allocate_tensors()
    for detail in interpreter.get_input_details():
        interpreter.set_tensor(detail["index"], values(detail["shape"], detail["dtype"]))
    return interpreter.invoke


def onnxruntime(file, threads):
    import onnxruntime as runtime
    options = runtime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    session = runtime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
    types = {
        "tensor(float)": numpy.float32, "tensor(int8)": numpy.int8, "tensor(uint8)": numpy.uint8}
    feed = {
        node.name: values(
            [size if isinstance(size, int) else 1 for size in node.shape],
            numpy.dtype(types[node.type]))
        for node in session.get_inputs()}
    # Bound once, so that copies by Python are not timed.
    binding = session.io_binding()
    for name, value in feed.items():
        binding.bind_cpu_input(name, value)
    for node in session.get_outputs():
        binding.bind_output(node.name)
    return lambda: session.run_with_iobinding(binding)


def openvino(file, threads):
    import openvino as runtime
    core = runtime.Core()
    model = core.read_model(file)
    model.reshape({
        node: [1 if size.is_dynamic else size.get_length() for size in node.partial_shape]
        for node in model.inputs})
    compiled = core.compile_model(model, "CPU", {
        "INFERENCE_NUM_THREADS": threads, "NUM_STREAMS": 1, "PERFORMANCE_HINT": "LATENCY"})
    request = compiled.create_infer_request()
    for index, node in enumerate(compiled.inputs):
        dtype = numpy.dtype(node.element_type.to_dtype())
        request.set_input_tensor(index, runtime.Tensor(values(tuple(node.shape), dtype)))
    return request.infer


def ncnn(file, threads, bf16=False):
    import ncnn as runtime
    net = runtime.Net()
    net.opt.num_threads = threads
    net.opt.use_bf16_storage = bf16
    net.load_param(file)
    net.load_model(file.removesuffix(".param") + ".bin")
    # The first layer of a .param gives the input shape: 0=width 1=height 2=channels.
    with open(file, encoding="ascii") as lines:
        first = next(line for line in lines if line.startswith("Input"))
    extents = dict(
        (int(field.split("=")[0]), int(field.split("=")[1]))
        for field in first.split() if "=" in field)
    shape = tuple(extents[key] for key in (2, 1, 0) if key in extents)
    array = values(shape, numpy.dtype(numpy.float32))
    value = runtime.Mat(array).clone()  # A Mat does not keep the array alive.

    def infer():
        extractor = net.create_extractor()
        extractor.input(net.input_names()[0], value)
        return extractor.extract(net.output_names()[0])[1]

    return infer


def ncnn_bf16(file, threads):
    return ncnn(file, threads, bf16=True)


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("file")
    parser.add_argument("--peer", required=True, choices=PACKAGES)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--runs", type=int, default=1000)
    options = parser.parse_args()
    infer = globals()[options.peer](options.file, options.threads)
    clock = time.perf_counter
    start = clock()
    while clock() - start < 0.2:
        infer()
    times = []
    start = clock()
    while len(times) < options.runs and clock() - start < 5:
        before = clock()
        infer()
        times.append(clock() - before)
    name, package = PACKAGES[options.peer]
    print(json.dumps({
        "peer": f"{name} {importlib.metadata.version(package)}",
        "ms": statistics.median(times) * 1e3}))


if __name__ == "__main__":
    main()
