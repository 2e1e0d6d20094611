#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares `ocelli run` with LiteRT's reference interpreter on whole models and many random inputs.

usage: compare_models.py [--ocelli .build/release/ocelli] [--inputs N] [FOLDER OR FILE ...]

Default: the MLPerf Tiny reference models in ../shared/models, if present, and weights.
Integer outputs must be the same bytes, floats within 1e-5 of the largest output.
"""
import argparse
import pathlib
import subprocess
import sys
import tempfile

import numpy as np

from reference import outputs, reference


def drawn(details, count, random):
    """Alternates between noise and smooth examples, which resemble pictures."""
    shape = (count, *details["shape"][1:])
    fine = random.random(shape, np.float32)
    coarse = np.broadcast_to(random.random((count,) + (1,) * (len(shape) - 1), np.float32), shape)
    values = np.where(np.arange(count).reshape(-1, *[1] * (len(shape) - 1)) % 2, fine * 0.2 + coarse * 0.8, fine)
    if details["dtype"] == np.float32:
        return values
    low = 0 if details["dtype"] == np.uint8 else -128
    return (np.floor(values * 256) + low).clip(low, low + 255).astype(details["dtype"])


def compare(path, options):
    """What to print, and whether the outputs agree."""
    interpreter = reference(path.read_bytes())
    x = drawn(interpreter.get_input_details()[0], options.inputs, np.random.default_rng(1))
    want = outputs(interpreter, [x])
    with tempfile.TemporaryDirectory() as folder:
        np.save(f"{folder}/x.npy", x)
        subprocess.run(
            [options.ocelli, "run", str(path), "--input", f"{folder}/x.npy", "--output", f"{folder}/y.npy"],
            check=True)
        got = np.load(f"{folder}/y.npy").reshape(want.shape)
    if want.dtype == np.float32:
        error = float(np.abs(got - want).max() / np.abs(want).max())
        return f"largest difference {error:.1e} of the largest output", error <= 1e-5
    count = int((got != want).sum())
    return f"{count} of {want.size} bytes differ", count == 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--ocelli", default=".build/release/ocelli")
    parser.add_argument("--inputs", type=int, default=1000)
    parser.add_argument("paths", nargs="*", type=pathlib.Path)
    options = parser.parse_args()
    here = pathlib.Path(__file__).resolve().parents[2]
    paths = []
    for path in options.paths or [here.parent / "shared/models", here / "weights"]:
        paths += sorted(path.glob("*.tflite")) if path.is_dir() else [path] if path.exists() else []
    good = True
    for path in paths:
        text, is_right = compare(path, options)
        print(f"{path.name:42} {options.inputs} inputs: {text}", flush=True)
        good &= is_right
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
