#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares `ocelli run` with LiteRT's reference interpreter, byte for byte, on random models of one operator.

usage: compare_operators.py [--ocelli .build/release/ocelli] [--cases N] [--seed N] [--only KIND] [--keep FOLDER]

Prints for each operator how many cases ran and how many differ; exits with 1 if any do. The first model that
differs is kept as build/differs.tflite with its inputs beside it; --keep keeps all models with integer outputs,
for comparisons between CPUs.
"""
import argparse
import pathlib
import subprocess
import sys
import tempfile

import numpy as np

from reference import outputs, reference
from single_operator import KINDS, Maker

EXAMPLES = 3


def inputs_of(details, random):
    shape = (EXAMPLES, *details["shape"][1:])
    if details["dtype"] == np.float32:
        return (random.normal(0, 1, shape) * np.exp(random.uniform(-3, 3))).astype(np.float32)
    low = 0 if details["dtype"] == np.uint8 else -128
    values = random.integers(low, low + 256, shape)
    count = int(np.prod(shape[1:]))
    if count == 256:
        values[0] = np.arange(low, low + 256).reshape(shape[1:])
    return values.astype(details["dtype"])


def expected(model, random):
    interpreter = reference(model)
    arrays = [inputs_of(details, random) for details in interpreter.get_input_details()]
    return arrays, outputs(interpreter, arrays)


def ours(ocelli, model, arrays, folder):
    (folder / "model.tflite").write_bytes(model)
    command = [ocelli, "run", str(folder / "model.tflite"), "--output", str(folder / "y.npy")]
    for index, array in enumerate(arrays):
        np.save(folder / f"x{index}.npy", array)
        command += ["--input", str(folder / f"x{index}.npy")]
    result = subprocess.run(
        command + ["--threads", "2", "--batch", "2"], capture_output=True, text=True)
    if result.returncode:
        return None, result.stderr.strip()
    return np.load(folder / "y.npy"), ""


def compare(kind, options, folder):
    """Cases run, cases with differing bytes, and a note on the first of them."""
    # Each kind has its own random stream.
    seed = [options.seed, *kind.encode()]
    maker, random = Maker(seed), np.random.default_rng(seed)
    cases, bad, note = 0, 0, ""
    while cases < options.cases:
        model = KINDS[kind](maker)
        if model is None:
            continue
        try:
            arrays, want = expected(model, random)
        except (RuntimeError, ValueError):
            continue  # LiteRT rejects the scales.
        cases += 1
        if options.keep and want.dtype != np.float32:
            options.keep.mkdir(parents=True, exist_ok=True)
            (options.keep / f"{kind}-{cases}.tflite").write_bytes(model)
        got, problem = ours(options.ocelli, model, arrays, folder)
        if got is None or not np.array_equal(got.reshape(want.shape), want):
            bad += 1
            if not note:
                kept = pathlib.Path("build/differs.tflite")
                kept.parent.mkdir(exist_ok=True)
                kept.write_bytes(model)
                for index, array in enumerate(arrays):
                    np.save(kept.with_name(f"differs-x{index}.npy"), array)
                count = "" if got is None else int((got.reshape(want.shape) != want).sum())
                note = problem or f"{count} of {want.size} elements differ"
    return cases, bad, note


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--ocelli", default=".build/release/ocelli")
    parser.add_argument("--cases", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", choices=list(KINDS))
    parser.add_argument("--keep", type=pathlib.Path)
    options = parser.parse_args()
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        for kind in [options.only] if options.only else KINDS:
            cases, bad, note = compare(kind, options, pathlib.Path(folder))
            failed = failed or bad > 0
            print(f"{kind:<26} {cases} cases, {bad} differ {note}", flush=True)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
