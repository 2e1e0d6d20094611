#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Golden outputs of the MLPerf Tiny reference models: what LiteRT's reference interpreter computes.

usage: litert.py [MODELS [FILE]]   (default: ../shared/models Tests/Fixtures/litert.safetensors)

Inputs are not stored: both sides draw them from the same generator, one stream a model. Does nothing where
the models are not at hand.
Made with ai-edge-litert 2.3.0.
"""
import pathlib
import sys

import numpy as np
from safetensors.numpy import save_file

COUNT = 8
GOLDEN = np.uint64(0x9E3779B97F4A7C15)


def mix(z):
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def words(name, count):
    """The first outputs of RandomGenerator(seed: 1, stream: FNV-1a of the name)."""
    stream = 0xCBF29CE484222325
    for byte in name.encode():
        stream = (stream ^ byte) * 0x100000001B3 % 2**64
    with np.errstate(over="ignore"):
        state = mix(np.uint64(1) + mix(np.uint64(stream) + GOLDEN))
        return mix(state + np.arange(1, count + 1, dtype=np.uint64) * GOLDEN)


def inputs(name, shape, dtype):
    """Bytes by chance, or floats in 0..<256: coarse and fine examples in turns."""
    raw = words(name, int(np.prod(shape)))
    values = (raw >> np.uint64(56)).astype(np.float32).reshape(shape)
    values[::2] = np.float32(np.floor(values[::2] / 16) + 120)
    return values if dtype == np.float32 else (values - 128).astype(np.int8)


def main():
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    here = pathlib.Path(__file__).resolve().parents[2]
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else here.parent / "shared/models"
    default = here / "Tests/Fixtures/litert.safetensors"
    target = pathlib.Path(sys.argv[2]) if len(sys.argv) > 2 else default
    models = sorted(folder.glob("*.tflite"))
    if not models:
        print(f"{folder}: no models, nothing is made")
        return
    result = {}
    for path in models:
        interpreter = Interpreter(
            model_path=str(path), experimental_op_resolver_type=OpResolverType.BUILTIN_REF)
        interpreter.allocate_tensors()
        source, sink = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
        x = inputs(path.stem, (COUNT, *source["shape"][1:]), source["dtype"])
        outputs = []
        for example in x:
            interpreter.set_tensor(source["index"], example[None])
            interpreter.invoke()
            outputs.append(interpreter.get_tensor(sink["index"])[0].copy())
        result[path.stem] = np.stack(outputs)
    save_file(result, target)
    print(", ".join(f"{name} {y.shape}" for name, y in result.items()))


main()
