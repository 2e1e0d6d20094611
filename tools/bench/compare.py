#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Times Ocelli and PyTorch in turns, workload by workload, so that a busy machine affects both.

usage: compare.py --ocelli .build/release/ocelli [--python .venv/bin/python] [--threads N]
                  [--steps N] [--rounds N] [--output build/bench.json]

Runs `ocelli bench training --json --workload WORKLOAD --threads N --steps N`, which prints a JSON
object {"name", "ms", "mb"} per line, and torch_training.py likewise. The fastest round of each side
counts. Adds {"name", "threads", "ours_ms", "peer", "peer_ms", "ratio", "ours_mb", "peer_mb"} for
each workload to the output; `ratio` is peer_ms / ours_ms: above 1, Ocelli is faster.
"""
import argparse
import json
import pathlib
import subprocess
import sys

import results
from torch_training import WORKLOADS

HERE = pathlib.Path(__file__).parent


def rows(command):
    """The JSON objects that a command prints, one per line."""
    result = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return [json.loads(line) for line in result.stdout.splitlines() if line.startswith("{")]


def best(found, workload):
    matching = [row for row in found if row["name"] == workload]
    if not matching:
        sys.exit(f"compare: no result for {workload}")
    return min(matching, key=lambda row: row["ms"])


def compare(workload, options):
    common = [
        "--workload", workload, "--threads", str(options.threads), "--steps", str(options.steps)]
    ours, peers = [], []
    for _ in range(options.rounds):
        ours += rows([options.ocelli, "bench", "training", "--json"] + common)
        peers += rows([options.python, str(HERE / "torch_training.py")] + common)
    mine, peer = best(ours, workload), best(peers, workload)
    return {
        "name": workload, "threads": options.threads, "ours_ms": mine["ms"],
        "peer": f"PyTorch {peer['torch']}", "peer_ms": peer["ms"],
        "ratio": round(peer["ms"] / mine["ms"], 3), "ours_mb": mine["mb"], "peer_mb": peer["mb"]}


def print_table(table):
    print(f"{'workload':<18} {'Ocelli':>10} {'PyTorch':>10} {'ratio':>6} {'Ocelli':>9} {'PyTorch':>9}")
    for row in table:
        print(
            f"{row['name']:<18} {row['ours_ms']:>7.0f} ms {row['peer_ms']:>7.0f} ms "
            f"{row['ratio']:>5.2f}x {row['ours_mb']:>6.0f} MB {row['peer_mb']:>6.0f} MB")


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--ocelli", default=".build/release/ocelli")
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--steps", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--output", default="build/bench.json", type=pathlib.Path)
    options = parser.parse_args()
    table = [compare(workload, options) for workload in WORKLOADS]
    results.merge(options.output, table)
    print_table(table)


if __name__ == "__main__":
    main()
