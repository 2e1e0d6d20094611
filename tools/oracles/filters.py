#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Golden values of contrast-limited adaptive histogram equalisation, from OpenCV.

usage: filters.py     writes Tests/Fixtures/equalization.bin

A grey picture of 37 x 29 pixels, sides that the tiles do not divide; then the same equalised with 4 x 4 tiles and
limits of 2, 4 and none.
Made with OpenCV 5.0.0.
"""
import pathlib

import cv2
import numpy as np
from generator import uniform

WIDTH, HEIGHT = 37, 29


def main():
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    smooth = 110 + 50 * np.sin(x / 7) * np.cos(y / 9)
    picture = np.round(smooth + uniform("equalization/grain", (HEIGHT, WIDTH), -15, 15)).astype(np.uint8)
    levels = [picture]
    for limit in [2, 4, 0]:
        levels.append(cv2.createCLAHE(clipLimit=limit, tileGridSize=(4, 4)).apply(picture))
    path = pathlib.Path(__file__).parents[2] / "Tests/Fixtures/equalization.bin"
    path.write_bytes(np.stack(levels).tobytes())


if __name__ == "__main__":
    main()
