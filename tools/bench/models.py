#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Times inference in Ocelli and other runtimes in turns, batch 1, on 1 and on 2 threads.

usage: models.py --ocelli .build/release/ocelli [--python .venv/bin/python] [--models FOLDER]
                 [--only NAME] [--threads N] [--runs N] [--rounds N] [--output build/bench.json]

Each round runs `ocelli bench model` and then each peer in a process of its own, on each form of
the network that the peer reads. The smallest median over the rounds counts, and of a peer's files
the fastest. Adds {"name", "threads", "ours_ms", "peer", "peer_ms", "ratio", "peers"} to the output
for each model and number of threads; `ratio` is the best peer's time / ours: above 1, Ocelli is
faster. Models whose files are missing are reported and skipped; make_models.py makes those of
VGG-16, U-Net and MobileNetV1, peer_forms.py the forms that peers read.
"""
import argparse
import json
import pathlib
import subprocess
import sys

import results

HERE = pathlib.Path(__file__).parent

# Search path for models: the folder beside the repository, then that of make_models.py.
FOLDERS = [HERE.parents[1].parent / "shared" / "models", HERE.parents[1] / "build" / "models"]

# Name, our file, and the same network in float if there is one.
MODELS = [
    ("ResNet-8", "pretrainedResnet_quant.tflite", "pretrainedResnet.tflite"),
    ("visual wake words", "vww_96_int8.tflite", "vww_96_float.tflite"),
    ("keyword spotting", "kws_ref_model.tflite", None),
    ("anomaly detection", "ad01_int8.tflite", None),
    ("VGG-16 @96", "vgg16_int8.tflite", None),
    ("U-Net 16 @96", "unet16_int8.tflite", None),
    ("MobileNetV1-0.5 @96", "mobilenet_int8.tflite", None),
]

READERS = {
    ".tflite": ["litert", "openvino"], ".onnx": ["onnxruntime", "openvino"],
    ".param": ["ncnn", "ncnn_bf16"]}


def peer_forms(file):
    """The files that peer_forms.py makes from one of ours: float, int8, and float for ncnn."""
    stem = file.removesuffix(".tflite").removesuffix("_int8")
    return [f"{stem}.onnx", f"{stem}_int8.onnx", f"{stem}.param"]


def inexact_mark(form):
    """The file that says that ONNX Runtime's outputs of a form are not the model's on this CPU."""
    return form.with_name(form.name + ".inexact")


def label(peer, form):
    """A peer's name in the table."""
    return f"{peer} (inexact)" if peer == "onnxruntime" and inexact_mark(form).exists() else peer


def find(name, folders):
    return next((folder / name for folder in folders if (folder / name).exists()), None)


def last_object(command):
    """The JSON in the last line that a command prints; `None` if it fails."""
    result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if result.returncode != 0:
        reason = (result.stderr.strip().splitlines() or ["no message"])[-1]
        print(f"models: {command[1].split('/')[-1]} {' '.join(command[2:5])}: {reason}")
        return None
    return json.loads(result.stdout.strip().splitlines()[-1])


def measure(name, ours, files, options):
    """One row per number of threads."""
    mine, peers = {}, {}
    runners = [(peer, file) for file in files for peer in READERS[file.suffix]]
    for _ in range(options.rounds):
        rows = last_object([
            options.ocelli, "bench", "model", str(ours), "--json", "--threads",
            str(options.threads), "--runs", str(options.runs)])
        for row in rows or sys.exit(f"models: ocelli cannot run {ours}"):
            mine.setdefault(row["threads"], []).append(row["median"])
        for peer, file in list(runners):
            for threads in range(1, options.threads + 1):
                row = last_object([
                    options.python, str(HERE / "model_peers.py"), "--peer", peer, str(file),
                    "--threads", str(threads), "--runs", str(options.runs)])
                if row is None:
                    runners.remove((peer, file))
                    break
                peers.setdefault((threads, label(row["peer"], file)), []).append(row["ms"])
    table = []
    for threads, times in sorted(mine.items()):
        found = {peer: min(ms) for (count, peer), ms in peers.items() if count == threads}
        if not found:
            print(f"models: no peer ran {name}")
            continue
        # A peer that computes something else sets no mark.
        best = min([peer for peer in found if "inexact" not in peer] or found, key=found.get)
        table.append({
            "name": name, "threads": threads, "ours_ms": round(min(times), 5), "peer": best,
            "peer_ms": round(found[best], 5), "ratio": round(found[best] / min(times), 3),
            "peers": {peer: round(ms, 5) for peer, ms in sorted(found.items())}})
    return table


def print_table(table):
    print(f"{'model':<20} {'threads':>7} {'Ocelli':>11} {'best peer':>11} {'ratio':>6}  peers")
    for row in table:
        peers = ", ".join(f"{peer} {ms:.4f}" for peer, ms in row["peers"].items())
        print(
            f"{row['name']:<20} {row['threads']:>7} {row['ours_ms']:>8.4f} ms "
            f"{row['peer_ms']:>8.4f} ms {row['ratio']:>5.2f}x  {peers}")


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--ocelli", default=".build/release/ocelli")
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--models", type=pathlib.Path, help="a folder to search first")
    parser.add_argument("--only", help="time only the model of this name")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--runs", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--output", default="build/bench.json", type=pathlib.Path)
    options = parser.parse_args()
    folders = ([options.models] if options.models else []) + FOLDERS
    table = []
    for name, file, floats in MODELS:
        if options.only not in (None, name):
            continue
        ours = find(file, folders)
        if not ours:
            print(f"models: skipped {name}: no {file}", flush=True)
            continue
        files = [ours]
        for other in [floats] * bool(floats) + peer_forms(file):
            path = find(other, folders)
            if path:
                files.append(path)
            else:
                print(f"models: {name} without {other}, which is missing", flush=True)
        rows = measure(name, ours, files, options)
        results.merge(options.output, rows)
        table += rows
    print_table(table)


if __name__ == "__main__":
    main()
