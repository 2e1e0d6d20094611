#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs every .tflite file below a folder in Ocelli and in LiteRT's reference kernels, on the same numbers by chance.

usage: compare_folder.py FOLDER [--ocelli .build/release/ocelli] [--inputs 4] [--seed 1] [--limit 1e-4]

A line a file says one of these, and the last line counts them:
  equal      all outputs are the same bytes, or floats within --limit of the largest
  different  how far the outputs are apart
  refused    Ocelli does not open it: its own reason
  skipped    LiteRT does not run it either, or a run takes more than a minute
Exits with 1 where a file is different.
"""
import argparse
import collections
import multiprocessing
import pathlib
import subprocess
import sys
import tempfile

import numpy as np

SECONDS = 60


def drawn(details, count, random):
    """`count` examples by chance for one input: floats in [0, 1), integers over their whole range."""
    shape = (count, *details["shape"][1:]) if len(details["shape"]) else (count,)
    kind = details["dtype"]
    if np.issubdtype(kind, np.floating):
        return random.random(shape, np.float32).astype(kind)
    if kind == np.bool_:
        return random.random(shape) < 0.5
    limits = np.iinfo(kind)
    # Wide integers are mostly indices and sizes.
    low, high = (limits.min, limits.max) if limits.bits <= 16 else (0, 10)
    return random.integers(low, high, shape, endpoint=True).astype(kind)


def run_reference(path, count, seed, pipe):
    """Sends the inputs and outputs of LiteRT's reference, or why there are none. In a process of its own: it may abort."""
    from reference import reference
    try:
        interpreter = reference(path.read_bytes())
        interpreter.allocate_tensors()
        inputs, outputs = interpreter.get_input_details(), interpreter.get_output_details()
        random = np.random.default_rng(seed)
        arrays = [drawn(details, count, random) for details in inputs]
        results = [[] for _ in outputs]
        for example in range(count):
            for details, array in zip(inputs, arrays):
                interpreter.set_tensor(details["index"], array[example].reshape(details["shape"]))
            interpreter.invoke()
            for result, details in zip(results, outputs):
                result.append(interpreter.get_tensor(details["index"]).copy())
        pipe.send((arrays, [np.stack(result) for result in results]))
    except Exception as error:  # whatever LiteRT raises is its reason
        pipe.send(str(error).strip().splitlines()[0][:160] if str(error).strip() else type(error).__name__)


def expected(path, options):
    """The inputs and outputs of LiteRT, or the reason why there are none."""
    receiver, sender = multiprocessing.Pipe(duplex=False)
    process = multiprocessing.Process(target=run_reference, args=(path, options.inputs, options.seed, sender))
    process.start()
    sender.close()
    try:
        return receiver.recv() if receiver.poll(SECONDS) else f"no answer in {SECONDS} s"
    except EOFError:
        return "LiteRT aborts"
    finally:
        process.kill()
        process.join()


def distance(found, wanted):
    """What to say where two arrays are apart, else `None`; floats are compared by their largest."""
    if found.size != wanted.size:
        return f"{found.shape[1:]} elements, LiteRT has {wanted.shape[1:]}"
    found = found.reshape(wanted.shape)
    if np.issubdtype(wanted.dtype, np.floating):
        scale = float(np.abs(wanted).max(initial=0)) or 1
        error = float(np.abs(found.astype(np.float64) - wanted).max(initial=0)) / scale
        same_class = (found.reshape(len(found), -1).argmax(1) == wanted.reshape(len(wanted), -1).argmax(1)).mean()
        return error, f"{error:.1e} of the largest output, {same_class:.0%} the same class"
    count = int((found != wanted).sum())
    return count, f"{count} of {wanted.size} integers, by at most {np.abs(found.astype(int) - wanted).max(initial=0)}"


def compare(path, options):
    """A word for the file, and what to say of it."""
    opened = subprocess.run([options.ocelli, "model", "info", str(path)], capture_output=True, text=True)
    if opened.returncode != 0:
        return "refused", (opened.stderr.strip().splitlines() or ["no message"])[-1]
    answer = expected(path, options)
    if isinstance(answer, str):
        return "skipped", f"LiteRT: {answer}"
    arrays, wanted = answer
    with tempfile.TemporaryDirectory() as folder:
        inputs = [f"{folder}/x{index}.npy" for index in range(len(arrays))]
        outputs = [f"{folder}/y{index}.npy" for index in range(len(wanted))]
        for name, array in zip(inputs, arrays):
            np.save(name, array)
        try:
            ran = subprocess.run(
                [options.ocelli, "run", str(path), *[word for name in inputs for word in ("--input", name)],
                 *[word for name in outputs for word in ("--output", name)]],
                capture_output=True, text=True, timeout=SECONDS)
        except subprocess.TimeoutExpired:
            return "skipped", f"no answer in {SECONDS} s"
        if ran.returncode != 0:
            return "refused", (ran.stderr.strip().splitlines() or [f"signal {-ran.returncode}"])[-1]
        found = [distance(np.load(name), array) for name, array in zip(outputs, wanted)]
    for result in found:
        if isinstance(result, str):
            return "different", result
        size, text = result
        if size > options.limit:
            return "different", text
    return "equal", ""


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--ocelli", default=".build/release/ocelli")
    parser.add_argument("--inputs", type=int, default=4)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--limit", type=float, default=1e-4)
    options = parser.parse_args()
    counts = collections.Counter()
    files = sorted(options.folder.rglob("*.tflite"))
    if not files:
        sys.exit(f"compare_folder: no .tflite file below {options.folder}")
    for path in files:
        word, text = compare(path, options)
        counts[word] += 1
        print(f"{word:9} {path.relative_to(options.folder)}  {text}".rstrip(), flush=True)
    opened = counts["equal"] + counts["different"] + counts["skipped"]
    print(f"{len(files)} files: {opened} opened, {counts['refused']} refused; "
          f"{counts['equal']} equal, {counts['different']} different, {counts['skipped']} skipped")
    sys.exit(1 if counts["different"] else 0)


if __name__ == "__main__":
    main()
