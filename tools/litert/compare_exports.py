#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs models that Ocelli quantised in LiteRT, which must open them and give the same outputs.

usage: compare_exports.py [--ocelli .build/release/ocelli] [--keep FOLDER]

Trains a small classifier of each architecture and an enhancer of each kind for one epoch on drawn scenes,
quantises them, and runs each file in `ocelli run` and in LiteRT. Integer outputs must equal the reference
interpreter's byte for byte, floats within 1e-5. Classes on which LiteRT's fast kernels agree are counted.
Exits with 1 if a model differs.
"""
import argparse
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
from ai_edge_litert.interpreter import Interpreter, OpResolverType
from PIL import Image

CLASSIFIERS = {
    "small-cnn": [], "resnet8": [], "mobilenet-v1": ["--width", "0.25"],
    "vgg16": ["--width", "0.125", "--normalized", "--dense-units", "32"],
    "speed-run": ["--width", "0.25"],
}
ENHANCERS = {
    "sigmoid": ["--head", "sigmoid"], "residual": ["--head", "residual"],
    "bounded": ["--head", "bounded:0.1"],
    "nearest": ["--head", "residual", "--upsampling", "nearest"],
    "bilinear": ["--head", "sigmoid", "--upsampling", "bilinear"],
    "plain": ["--architecture", "own(2-2)"],
}
DATA = ["--data", "scenes", "--degrade", "blur=0.8"]


def outputs(file, images, resolver):
    interpreter = Interpreter(str(file), experimental_op_resolver_type=resolver, num_threads=1)
    interpreter.allocate_tensors()
    source = interpreter.get_input_details()[0]["index"]
    target = interpreter.get_output_details()[0]["index"]
    results = []
    for image in images:
        interpreter.set_tensor(source, image[None])
        interpreter.invoke()
        results.append(interpreter.get_tensor(target).copy())
    return np.concatenate(results)


def compare(run, folder, file):
    """Whether the file gives the same outputs in Ocelli and in LiteRT."""
    details = Interpreter(str(folder / file)).get_input_details()[0]
    pixels = np.stack([
        np.asarray(Image.open(path).convert("RGB"))
        for path in sorted((folder / "scenes/test").glob("*/*"))])
    if details["dtype"] == np.int8:
        images = (pixels.astype(np.int16) - 128).astype(np.int8)
    else:
        images = (pixels / 255).astype(np.float32)
    np.save(folder / "x.npy", images)
    run("run", file, "--input", "x.npy", "--output", "y.npy", "--batch", "8")
    ours = np.load(folder / "y.npy")
    theirs = outputs(folder / file, images, OpResolverType.BUILTIN_REF).reshape(ours.shape)
    fast = outputs(folder / file, images, OpResolverType.BUILTIN).reshape(ours.shape)
    difference = np.abs(ours.astype(np.float64) - theirs).max()
    isRight = difference == 0 if ours.dtype == np.int8 else difference <= 1e-5
    agreement = ""
    if ours.ndim == 2:
        same = (ours.argmax(1) == fast.argmax(1)).mean()
        agreement = f", {same:.1%} of the fast kernels' classes"
    print(f"{file:<24} largest difference {difference:.2g}{agreement}{'' if isRight else '  WRONG'}")
    return isRight


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--ocelli", default=".build/release/ocelli", type=pathlib.Path)
    parser.add_argument("--keep", type=pathlib.Path)
    options = parser.parse_args()
    ocelli = options.ocelli.resolve()
    with tempfile.TemporaryDirectory() as temporary:
        folder = (options.keep or pathlib.Path(temporary)).resolve()

        def run(*arguments):
            subprocess.run([ocelli, *arguments], cwd=folder, check=True, capture_output=True)

        run("dataset", "scenes", "--output", "scenes", "--train", "240", "--test", "60")
        models = {}
        for name, flags in CLASSIFIERS.items():
            run("train", "classifier", *DATA, "--architecture", name, *flags, "--epochs", "1",
                "--output", name)
            models[name] = f"{name}/best.safetensors"
        for name, flags in ENHANCERS.items():
            run("train", "enhancer", *DATA, "--classifier", models["small-cnn"], "--width", "4",
                "--depth", "2", *flags, "--epochs", "1", "--output", name)
            models[name] = f"{name}/enhance/best.safetensors"
        right = []
        for name, model in models.items():
            for kind in ["int8", "float16", "float32"]:
                file = f"{name}-{kind}.tflite"
                run("quantize", model, *DATA, "--type", kind, "--output", file)
                right.append(compare(run, folder, file))
    if not all(right):
        sys.exit("compare_exports: LiteRT's outputs differ")


if __name__ == "__main__":
    main()
