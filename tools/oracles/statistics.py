#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Golden values of the statistics, from SciPy and statsmodels.

usage: statistics.py     writes Tests/Fixtures/statistics.json

Made with scipy 1.17.1, statsmodels 0.15.0, mpmath 1.3.0, numpy 2.4.6.
"""
import json
import pathlib
import sys

# This file must not hide the standard library's `statistics`, which SciPy imports.
sys.path.pop(0)

import mpmath
import numpy
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint
from statsmodels.stats.contingency_tables import mcnemar

# SciPy has imported it by now.
sys.path.insert(0, str(pathlib.Path(__file__).parent))
from generator import Generator


def exact_p(fixed, broken):
    """To 40 digits, because SciPy's own relative error is unknown."""
    mpmath.mp.dps = 40
    n, k = fixed + broken, min(fixed, broken)
    total = mpmath.mpf(sum_of_binomials(n, k)) / mpmath.mpf(2) ** n
    return float(min(mpmath.mpf(1), 2 * total))


def sum_of_binomials(n, k):
    term, total = 1, 1
    for i in range(1, k + 1):
        term = term * (n - i + 1) // i
        total += term
    return total


def mcnemar_rows():
    pairs = [(0, 0), (1, 0), (5, 5), (0, 12), (3, 11), (40, 17), (523, 391), (100, 1000),
             (5000, 5200), (20000, 20001), (30000, 31500)]
    rows = []
    for fixed, broken in pairs:
        p = exact_p(fixed, broken)
        if fixed + broken > 0:
            peer = mcnemar([[0, broken], [fixed, 0]], exact=True).pvalue
            assert abs(peer - p) <= 1e-8 * p, (fixed, broken, p, peer)
        rows.append({"fixed": fixed, "broken": broken, "p": p})
    return rows


def wilson_rows():
    rows = []
    for successes, count in [(0, 10), (10, 10), (1, 3), (755, 1000), (8320, 10000)]:
        lower, upper = proportion_confint(successes, count, method="wilson")
        rows.append({"successes": successes, "count": count, "lower": lower, "upper": upper})
    return rows


def bootstrap_rows():
    labels = [i * 7 % 3 for i in range(60)]
    before = [label if i % 4 else (label + 1) % 3 for i, label in enumerate(labels)]
    after = [label if i % 7 else (label + 2) % 3 for i, label in enumerate(labels)]
    gains = [int(a == l) - int(b == l) for a, b, l in zip(after, before, labels)]
    rows = []
    for stratified in [False, True]:
        classes = [[g for g, l in zip(gains, labels) if l == c] for c in range(3)]
        strata = classes if stratified else [gains]
        random = Generator(17)
        draws = [
            sum(sum(s[random.index(len(s))] for _ in s) for s in strata) / len(gains)
            for _ in range(1000)]
        lower, upper = numpy.percentile(draws, [2.5, 97.5])
        rows.append({"stratified": stratified, "lower": lower, "upper": upper})
    return {"labels": labels, "before": before, "after": after, "seed": 17, "draws": 1000,
            "intervals": rows}


def main():
    p_values = [0.04, 0.001, 0.03, 0.5, 0.03]
    values = [0.832, 0.829, 0.84, 0.8351]
    golden = {
        "mcnemar": mcnemar_rows(),
        "wilson": wilson_rows(),
        "bootstrap": bootstrap_rows(),
        "holm": {"p": p_values, "adjusted": list(multipletests(p_values, method="holm")[1])},
        "summary": {"values": values, "mean": numpy.mean(values),
                    "deviation": numpy.std(values, ddof=1)},
    }
    path = pathlib.Path(__file__).parents[2] / "Tests/Fixtures/statistics.json"
    path.write_text(json.dumps(golden, indent=1) + "\n")


if __name__ == "__main__":
    main()
