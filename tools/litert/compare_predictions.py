#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares the classes that `ocelli run` and LiteRT give the test images of a packed data set.

usage: compare_predictions.py DATASET MODEL [--ocelli .build/release/ocelli]

DATASET is written by `ocelli dataset pack`; all of its images are used if it has no test part. LiteRT runs with
its default XNNPACK kernels, and integer models also run with its reference kernels.
"""
import argparse
import subprocess
import tempfile

import numpy as np
from ai_edge_litert.interpreter import Interpreter, OpResolverType
from safetensors import safe_open

from reference import outputs


def images_and_labels(path):
    with safe_open(path, "np") as file:
        part = "test" if "test.images" in file.keys() else "all"
        return file.get_tensor(f"{part}.images"), file.get_tensor(f"{part}.labels")


def prepared(images, details):
    """The images as a model without normalisation of its own expects them."""
    if details["dtype"] == np.float32:
        return images.astype(np.float32) / np.float32(255)
    return images if details["dtype"] == np.uint8 else (images.astype(np.int16) - 128).astype(np.int8)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("dataset")
    parser.add_argument("model")
    parser.add_argument("--ocelli", default=".build/release/ocelli")
    options = parser.parse_args()
    images, labels = images_and_labels(options.dataset)
    details = Interpreter(options.model).get_tensor_details()
    x = prepared(images, Interpreter(options.model).get_input_details()[0])
    with tempfile.TemporaryDirectory() as folder:
        np.save(f"{folder}/x.npy", x)
        command = ["run", options.model, "--input", f"{folder}/x.npy", "--output", f"{folder}/y.npy"]
        subprocess.run([options.ocelli, *command], check=True)
        ours = np.load(f"{folder}/y.npy").reshape(len(x), -1).argmax(1)
    print(f"{options.model}: {len(x)} images, ocelli {np.mean(ours == labels):.2%} right")
    resolvers = {"XNNPACK": OpResolverType.AUTO}
    if any(tensor["dtype"] == np.int8 for tensor in details):
        resolvers["reference kernels"] = OpResolverType.BUILTIN_REF
    for name, resolver in resolvers.items():
        interpreter = Interpreter(options.model, experimental_op_resolver_type=resolver)
        theirs = outputs(interpreter, [x]).argmax(-1)
        count = int((theirs != ours).sum())
        print(f"  LiteRT's {name}: {np.mean(theirs == labels):.2%} right, {count} other predictions")


if __name__ == "__main__":
    main()
