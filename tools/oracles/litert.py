#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Golden outputs of LiteRT's reference interpreter.

usage: litert.py [MODELS [FOLDER]]   (default: ../shared/models Tests/Fixtures)

litert.safetensors: for the MLPerf Tiny reference models, if present. Inputs are not stored: both sides draw
them from the same generator, one stream per model.
operators.safetensors: for random models of one operator, with the models and their inputs. One of them is also
in separate files: dense.tflite, dense-input.npy and dense-output.npy.
Made with ai-edge-litert 2.3.0.
"""
import pathlib
import sys

import numpy as np
from safetensors.numpy import save_file

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "litert"))
from generator import words  # noqa: E402
from reference import outputs, reference  # noqa: E402
from single_operator import KINDS, Maker  # noqa: E402

COUNT = 8


def inputs(name, shape, dtype):
    """Random bytes, or floats in 0..<256, alternating between coarse and fine examples."""
    raw = words(name, int(np.prod(shape)))
    values = (raw >> np.uint64(56)).astype(np.float32).reshape(shape)
    values[::2] = np.float32(np.floor(values[::2] / 16) + 120)
    return values if dtype == np.float32 else (values - 128).astype(np.int8)


def signatures(interpreter):
    return [(d["shape"][1:], d["dtype"]) for d in interpreter.get_input_details()]


def references(folder):
    """The outputs of the reference models."""
    result = {}
    for path in sorted(folder.glob("*.tflite")):
        model = reference(path.read_bytes())
        [(shape, dtype)] = signatures(model)
        result[path.stem] = outputs(model, [inputs(path.stem, (COUNT, *shape), dtype)])
    return result


def operators():
    """Two models of each operator, two examples each."""
    result = {}
    for kind in KINDS:
        maker = Maker([1, *kind.encode()])
        number = 0
        while number < 2:
            model = KINDS[kind](maker)
            if model is None or len(model) > 6000:
                continue
            try:
                interpreter = reference(model)
                fed = [
                    operand(maker, (2, *shape), dtype) for shape, dtype in signatures(interpreter)]
                made = outputs(interpreter, fed)
            except (RuntimeError, ValueError):
                continue  # LiteRT rejects the scales.
            name = f"{kind}/{number}"
            result[name + "/model"] = np.frombuffer(model, np.uint8)
            for index, array in enumerate(fed):
                result[f"{name}/input{index}"] = array
            result[name + "/output"] = made
            number += 1
    return result


def operand(maker, shape, dtype):
    if dtype == np.float32:
        return maker.random.normal(0, 1, shape).astype(dtype)
    low = 0 if dtype == np.uint8 else -128
    return maker.random.integers(low, low + 256, shape).astype(dtype)


def main():
    here = pathlib.Path(__file__).resolve().parents[2]
    models = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else here.parent / "shared/models"
    folder = pathlib.Path(sys.argv[2]) if len(sys.argv) > 2 else here / "Tests/Fixtures"
    found = references(models)
    if found:
        save_file(found, folder / "litert.safetensors")
    else:
        print(f"{models}: no models, so their outputs are kept")
    golden = operators()
    save_file(golden, folder / "operators.safetensors")
    name = "FULLY_CONNECTED/0"
    (folder / "dense.tflite").write_bytes(golden[name + "/model"].tobytes())
    np.save(folder / "dense-input.npy", golden[name + "/input0"])
    np.save(folder / "dense-output.npy", golden[name + "/output"])
    size = sum(array.nbytes for array in golden.values())
    print(f"{len(found)} models, {len(KINDS)} operators in {size} bytes")


main()
