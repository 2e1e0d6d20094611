#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Recomputes the figures of an experiment's results from its predictions, with SciPy.

usage: experiment.py [FOLDER]        (needs numpy, scipy and safetensors)

Fails at the first figure of results.json that differs: accuracies, losses, fixed and broken images,
McNemar's p-values, their combination over the seeds, Holm's adjustment over the rows, means and
deviations. Bootstrap intervals may differ a little, because NumPy draws other samples.
"""
import json
import sys
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file
from scipy import stats

folder = Path(sys.argv[1] if len(sys.argv) > 1 else "Tests/Fixtures/experiment")
results = json.loads((folder / "results.json").read_text())
assert results["format"] == "ocelli experiment results" and results["version"] == 1
checked = 0


def equal(place, actual, expected, tolerance=1e-9):
    global checked
    checked += 1
    if not abs(actual - expected) <= tolerance * max(1, abs(expected)):
        sys.exit(f"{place}: {actual} in the results, {expected} computed")


def bootstrap(gains):
    random = np.random.default_rng(1)
    draws = [gains[random.integers(0, len(gains), len(gains))].mean() for _ in range(4000)]
    return np.quantile(draws, [0.025, 0.975])


def check_accuracy(place, accuracy, predictions, part):
    right = predictions[f"{part}/labels"] == predictions[f"{part}/classes"]
    equal(f"{place}: right", accuracy["right"], right.sum())
    equal(f"{place}: accuracy", accuracy["accuracy"], right.mean())
    loss = predictions[f"{part}/losses"].astype(np.float64).mean()
    equal(f"{place}: loss", accuracy["loss"], loss)
    interval = stats.binomtest(int(right.sum()), len(right)).proportion_ci(method="wilson")
    equal(f"{place}: lower", accuracy["lower"], interval.low)
    equal(f"{place}: upper", accuracy["upper"], interval.high)
    return right


def check_run(place, run):
    right = {}
    for variant in run["variants"]:
        name = f"{place}, {variant['id']}"
        predictions = load_file(folder / variant["predictions"])
        right[variant["id"]] = check_accuracy(name, variant["test"], predictions, "test")
        if "training" in variant:
            check_accuracy(name + ", training", variant["training"], predictions, "training")
        if "comparison" not in variant:
            continue
        comparison = variant["comparison"]
        before, after = right[comparison["against"]], right[variant["id"]]
        fixed, broken = int((after & ~before).sum()), int((before & ~after).sum())
        equal(f"{name}: fixed", comparison["fixed"], fixed)
        equal(f"{name}: broken", comparison["broken"], broken)
        p = stats.binomtest(fixed, fixed + broken).pvalue if fixed + broken else 1
        equal(f"{name}: p", comparison["p"], p, 1e-6 * p)
        low, high = bootstrap(after.astype(float) - before)
        deviation = np.std(after.astype(float) - before) / len(after) ** 0.5
        equal(f"{name}: lower", comparison["lower"], low, 0.2 * deviation + 2 / len(after))
        equal(f"{name}: upper", comparison["upper"], high, 0.2 * deviation + 2 / len(after))
    return right


def check_spread(place, spread, values):
    equal(f"{place}: mean", spread["mean"], np.mean(values))
    if len(values) > 1:
        equal(f"{place}: deviation", spread["deviation"], np.std(values, ddof=1))


for row in results["rows"]:
    for run in row["runs"]:
        check_run(f"row {row['name']}, seed {run['seed']}", run)
    for index, summary in enumerate(row["summary"]):
        place = f"row {row['name']}, {summary['id']}"
        variants = [run["variants"][index] for run in row["runs"]]
        assert all(variant["id"] == summary["id"] for variant in variants), place
        check_spread(place, summary["accuracy"], [v["test"]["accuracy"] for v in variants])
        if "gain" in summary:
            check_spread(place, summary["gain"], [v["comparison"]["gain"] for v in variants])
            ps = sorted(v["comparison"]["p"] for v in variants)
            k = (len(ps) + 1) // 2
            equal(f"{place}: p", summary["p"], min(1, len(ps) / k * ps[k - 1]), 1e-12)

for name in {summary["id"] for row in results["rows"] for summary in row["summary"]}:
    found = [s for row in results["rows"] if not row["isContaminated"]
             for s in row["summary"] if s["id"] == name and "p" in s]
    if not found:
        continue
    order = sorted(found, key=lambda s: s["p"])
    largest = 0
    for rank, summary in enumerate(order):
        largest = max(largest, min(1, (len(order) - rank) * summary["p"]))
        equal(f"{name}: p (Holm)", summary["adjustedP"], largest, 1e-12)

print(f"{folder}: {checked} figures agree with SciPy and NumPy")
