#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Times Ocelli's explanations and the network runs that they consist of.

usage: explanations.py --ocelli .build/release/ocelli [--python .venv/bin/python] [--threads N]
                       [--rounds N] [--output build/bench.json]

grad-cam: 1,000 pictures of 32×32 through ResNet-8, against two forward passes by Ocelli. lime: 1,000
samples of one picture of 96×96 through VGG-16, against PyTorch's inference alone of as many pictures
in the same batches of 16, in the faster of its two layouts. The fastest round of each side counts.
Adds {"name", "threads", "ours_ms", "peer", "peer_ms", "ratio", "ours_mb"} for each to the output;
`ratio` is peer_ms / ours_ms.
"""
import argparse
import pathlib
import sys

import results
from compare import HERE, best, rows

COUNT, BATCH = 1000, 16


def ours(workload, options):
    found = []
    for _ in range(options.rounds):
        found += rows([
            options.ocelli, "bench", "explanation", "--json", "--workload", workload, "--count",
            str(COUNT), "--batch", str(BATCH), "--threads", str(options.threads), "--steps",
            "1" if workload == "lime" else "5"])
    return best(found, workload)


def torch_inference(options):
    """PyTorch's inference time for all pictures in milliseconds, and its version."""
    found = []
    for _ in range(options.rounds):
        found += rows([
            options.python, str(HERE / "torch_training.py"), "--workload", "vgg16-inference",
            "--threads", str(options.threads)])
    row = best(found, "vgg16-inference")
    return row["ms"] * COUNT / BATCH, f"PyTorch {row['torch']}"


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--ocelli", default=".build/release/ocelli")
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--output", default="build/bench.json", type=pathlib.Path)
    options = parser.parse_args()
    table = []
    for workload in ["grad-cam", "lime"]:
        mine = ours(workload, options)
        peer_ms, peer = (
            (2 * mine["forward_ms"], "two forward runs") if workload == "grad-cam"
            else torch_inference(options))
        table.append({
            "name": workload, "threads": options.threads, "ours_ms": mine["ms"], "peer": peer,
            "peer_ms": round(peer_ms, 2), "ratio": round(peer_ms / mine["ms"], 3),
            "ours_mb": mine["mb"]})
    results.merge(options.output, table)
    for row in table:
        print(
            f"{row['name']:<10} {row['ours_ms']:>9.1f} ms   {row['peer']:<18} "
            f"{row['peer_ms']:>9.1f} ms {row['ratio']:>5.2f}x")


if __name__ == "__main__":
    main()
