#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Golden pictures of corruptions, computed with SciPy, OpenCV, scikit-image and Pillow by the published formulas and
constants of CIFAR-10-C (Hendrycks & Dietterich, make_cifar_c.py), with our generator's random draws.

usage: corruptions.py     writes Tests/Fixtures/corruptions.bin

A picture of 32 x 32 pixels, then the five severities of each corruption that is checked, 3,072 bytes each.
Left out: shot noise (checked by its moments) and frost (the published one pastes photographs).
Made with SciPy 1.17.1, OpenCV 4.13, scikit-image 0.26.0, Pillow 12.
"""
import io
import pathlib

import cv2
import numpy as np
from generator import Generator, uniform
from PIL import Image
from scipy.ndimage import gaussian_filter, map_coordinates, zoom
from skimage.color import hsv2rgb, rgb2hsv

SIDE = 32


def disk(radius, alias):
    grid = np.arange(-8, 9)
    x, y = np.meshgrid(grid, grid)
    inside = np.array((x**2 + y**2) <= radius**2, dtype=np.float32)
    return cv2.GaussianBlur(inside / inside.sum(), ksize=(3, 3), sigmaX=alias)


def clipped_zoom(image, factor):
    part = int(np.ceil(image.shape[0] / factor))
    top = (image.shape[0] - part) // 2
    view = zoom(image[top:top + part, top:top + part], (factor, factor, 1), order=1)
    trim = (view.shape[0] - image.shape[0]) // 2
    return view[trim:trim + image.shape[0], trim:trim + image.shape[0]]


def motion(image, radius, sigma, angle):
    """ImageMagick's MotionBlurImage with virtual pixels beyond the edge."""
    count = 2 * int(np.ceil(radius)) + 1
    kernel = np.exp(-np.arange(count) ** 2 / (2 * sigma**2))
    kernel /= kernel.sum()
    down, right = np.sin(np.radians(angle)), np.cos(np.radians(angle))
    result = np.zeros_like(image)
    rows, columns = np.mgrid[: image.shape[0], : image.shape[1]]
    for i, weight in enumerate(kernel):
        y = np.clip(rows + int(np.ceil(i * down - 0.5)), 0, image.shape[0] - 1)
        x = np.clip(columns + int(np.ceil(i * right - 0.5)), 0, image.shape[1] - 1)
        result += weight * image[y, x]
    return result


def blur(image, sigma):
    return gaussian_filter(image, (sigma, sigma, 0), mode="mirror", radius=(int(np.ceil(3 * sigma)),) * 2 + (0,))


def plasma(decay, random):
    size, wibble, step = SIDE, 100.0, SIDE
    heights = np.zeros((size, size))

    def wibbled(array):
        return array / 4 + wibble * random.uniforms(array.shape, -wibble, wibble)

    while step >= 2:
        half = step // 2
        corners = heights[::step, ::step]
        squares = corners + np.roll(corners, -1, 0)
        squares = squares + np.roll(squares, -1, 1)
        heights[half::step, half::step] = wibbled(squares)
        middles, corners = heights[half::step, half::step], heights[::step, ::step]
        heights[::step, half::step] = wibbled(middles + np.roll(middles, 1, 0) + corners + np.roll(corners, -1, 1))
        heights[half::step, ::step] = wibbled(middles + np.roll(middles, 1, 1) + corners + np.roll(corners, -1, 0))
        step //= 2
        wibble /= decay
    heights -= heights.min()
    return heights / heights.max()


def gaussian_noise(x, s, random):
    noise = np.array([random.normal() for _ in range(x.size)]).reshape(x.shape)
    return x + [0.04, 0.06, 0.08, 0.09, 0.10][s] * noise


def impulse_noise(x, s, random):
    result = x.copy().reshape(-1)
    for place in range(x.size):
        if random.uniform() <= [0.01, 0.02, 0.03, 0.05, 0.07][s]:
            result[place] = random.uniform() <= 0.5
    return result.reshape(x.shape)


def defocus_blur(x, s, random):
    kernel = disk(*[(0.3, 0.4), (0.4, 0.5), (0.5, 0.6), (1, 0.2), (1.5, 0.1)][s])
    return np.stack([cv2.filter2D(x[..., c], -1, kernel) for c in range(3)], -1)


def glass_blur(x, s, random):
    sigma, delta, rounds = [(0.05, 1, 1), (0.25, 1, 1), (0.4, 1, 1), (0.25, 1, 2), (0.4, 1, 2)][s]
    x = blur(x, sigma)
    for _ in range(rounds):
        for h in range(SIDE - delta, delta, -1):
            for w in range(SIDE - delta, delta, -1):
                dx, dy = random.index(2 * delta) - delta, random.index(2 * delta) - delta
                # As in the published loop, whose second half has no effect: both sides are views.
                x[h, w], x[h + dy, w + dx] = x[h + dy, w + dx], x[h, w]
    return blur(x, sigma)


def motion_blur(x, s, random):
    radius, sigma = [(6, 1), (6, 1.5), (6, 2), (8, 2), (9, 2.5)][s]
    return motion(x, radius, sigma, random.uniform(-45, 45))


def zoom_blur(x, s, random):
    factors = np.arange(1, [1.06, 1.11, 1.16, 1.21, 1.26][s], 0.01)
    return (x + sum(clipped_zoom(x, factor) for factor in factors)) / (len(factors) + 1)


def snow(x, s, random):
    c = [(0.1, 0.2, 1, 0.6, 8, 3, 0.95), (0.1, 0.2, 1, 0.5, 10, 4, 0.9), (0.15, 0.3, 1.75, 0.55, 10, 4, 0.9),
         (0.25, 0.3, 2.25, 0.6, 12, 6, 0.85), (0.3, 0.3, 1.25, 0.65, 14, 12, 0.8)][s]
    layer = np.array([c[0] + c[1] * random.normal() for _ in range(SIDE * SIDE)]).reshape(SIDE, SIDE, 1)
    layer = clipped_zoom(layer, c[2])
    layer[layer < c[3]] = 0
    layer = (np.clip(layer, 0, 1) * 255).astype(np.uint8) / 255
    layer = motion(layer, c[4], c[5], random.uniform(-135, -45))
    grey = (x @ [0.299, 0.587, 0.114])[..., None]
    return c[6] * x + (1 - c[6]) * np.maximum(x, grey * 1.5 + 0.5) + layer + np.rot90(layer, 2)


def fog(x, s, random):
    amount, decay = [(0.2, 3), (0.5, 3), (0.75, 2.5), (1, 2), (1.5, 1.75)][s]
    return (x + amount * plasma(decay, random)[..., None]) * x.max() / (x.max() + amount)


def brightness(x, s, random):
    hsv = rgb2hsv(x)
    hsv[..., 2] = np.clip(hsv[..., 2] + [0.05, 0.1, 0.15, 0.2, 0.3][s], 0, 1)
    return hsv2rgb(hsv)


def contrast(x, s, random):
    means = x.mean((0, 1), keepdims=True)
    return (x - means) * [0.75, 0.5, 0.4, 0.3, 0.15][s] + means


def elastic(x, s, random):
    amount, sigma, move = [
        (0, 0, 0.08), (0.05, 0.2, 0.07), (0.08, 0.06, 0.06), (0.1, 0.04, 0.05), (0.1, 0.03, 0.03)][s]
    middle, reach = SIDE // 2, SIDE // 3
    old = np.float32([[middle + reach] * 2, [middle + reach, middle - reach], [middle - reach] * 2])
    new = old + random.uniforms((3, 2), -move * SIDE, move * SIDE).astype(np.float32)
    matrix = cv2.invertAffineTransform(cv2.getAffineTransform(old, new))
    rows, columns = np.mgrid[:SIDE, :SIDE].astype(float)

    def sampled(image, y, x):
        return np.stack([map_coordinates(image[..., c], [y, x], order=1, mode="mirror") for c in range(3)], -1)

    x = sampled(x, matrix[1, 0] * columns + matrix[1, 1] * rows + matrix[1, 2],
                matrix[0, 0] * columns + matrix[0, 1] * rows + matrix[0, 2])
    if amount == 0:
        return x
    shifts = [blur(random.uniforms((SIDE, SIDE, 1), -1, 1), sigma * SIDE)[..., 0] * amount * SIDE for _ in range(2)]
    return sampled(x, rows + shifts[1], columns + shifts[0])


def pixelate(picture, s):
    small = int(SIDE * [0.95, 0.9, 0.85, 0.75, 0.65][s])
    return picture.resize((small, small), Image.BOX).resize((SIDE, SIDE), Image.BOX)


def jpeg(picture, s):
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=[80, 65, 58, 50, 40][s])
    return Image.open(buffer)


def main():
    # Smooth shapes with some texture, like a photograph.
    coarse = uniform("corruptions/picture", (6, 6, 3), 0, 1)
    x = np.clip(zoom(coarse, (SIDE / 6, SIDE / 6, 1), order=1) + uniform("corruptions/grain", (SIDE, SIDE, 3), -0.1, 0.1), 0, 1)
    picture = Image.fromarray(np.round(x * 255).astype(np.uint8))
    x = np.asarray(picture) / 255
    levels = [np.asarray(picture)]
    for corruption in [gaussian_noise, impulse_noise, defocus_blur, glass_blur, motion_blur, zoom_blur, snow, fog,
                       brightness, contrast, elastic]:
        for s in range(5):
            result = corruption(x.copy(), s, Generator(s + 1))
            levels.append(np.round(np.clip(result, 0, 1) * 255).astype(np.uint8))
    for corruption in [pixelate, jpeg]:
        levels += [np.asarray(corruption(picture, s)) for s in range(5)]
    path = pathlib.Path(__file__).parents[2] / "Tests/Fixtures/corruptions.bin"
    path.write_bytes(np.stack(levels).tobytes())


if __name__ == "__main__":
    main()
