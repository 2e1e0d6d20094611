#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Golden superpixels of a drawn picture, from scikit-image.

usage: superpixels.py > Tests/ExplanationTests/Fixtures/superpixels.json

The picture is not stored: both sides draw it from the same generator (see generator.py). Quickshift
breaks ties between equally dense pixels with random noise; here, as in the test, no noise is added.
Made with scikit-image 0.26.0 and NumPy 2.4.6.
"""
import json
import string
from unittest.mock import patch

import numpy as np
from skimage.segmentation import felzenszwalb, quickshift, slic

from generator import uniform

HEIGHT, WIDTH = 36, 52


def picture():
    """Four coloured fields and a disc, with noise."""
    levels = np.zeros((HEIGHT, WIDTH, 3))
    levels[: HEIGHT // 2] += [120, 20, 40]
    levels[:, : WIDTH // 2] += [30, 110, 60]
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    levels[(y - 15) ** 2 + (x - 28) ** 2 < 81] = [60, 70, 200]
    noise = np.floor(uniform("superpixels", (HEIGHT, WIDTH, 3), 0, 40))
    return (levels + noise).astype(np.uint8)


class NoNoise:
    def normal(self, scale, size):
        return np.zeros(size)


def text(labels):
    """One character per pixel; segments are named in the order in which they appear."""
    names = {}
    alphabet = string.ascii_letters + string.digits + string.punctuation
    return "".join(alphabet[names.setdefault(label, len(names))] for label in labels.ravel())


def main():
    image = picture()
    with patch("numpy.random.default_rng", lambda *_: NoNoise()):
        shifted = {
            size: text(quickshift(image, kernel_size=size, max_dist=200, ratio=0.2))
            for size in (1.5, 3)}
    print(json.dumps({
        "slic-50": text(slic(image, n_segments=50, compactness=10, sigma=1)),
        "slic-12": text(slic(image, n_segments=12, compactness=20, sigma=0)),
        "quickshift-1.5": shifted[1.5], "quickshift-3": shifted[3],
        "felzenszwalb-50": text(felzenszwalb(image, scale=50, sigma=0.8, min_size=9)),
        "felzenszwalb-5": text(felzenszwalb(image, scale=5, sigma=0.8, min_size=40)),
    }, indent=0))


if __name__ == "__main__":
    main()
