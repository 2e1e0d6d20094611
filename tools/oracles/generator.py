# SPDX-License-Identifier: Apache-2.0
"""The random numbers that the tests draw, too: those of `RandomGenerator`, one stream per name."""
import numpy as np

MASK = 2**64 - 1
GOLDEN = np.uint64(0x9E3779B97F4A7C15)


def mix(z):
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def stream_of(name):
    """FNV-1a of the name."""
    value = 0xCBF29CE484222325
    for byte in name.encode():
        value = (value ^ byte) * 0x100000001B3 % 2**64
    return value


def words(name, count):
    """The first `count` outputs of RandomGenerator(seed: 1, stream: stream_of(name))."""
    with np.errstate(over="ignore"):
        state = mix(np.uint64(1) + mix(np.uint64(stream_of(name)) + GOLDEN))
        return mix(state + np.arange(1, count + 1, dtype=np.uint64) * GOLDEN)


def uniform(name, shape, low, high):
    numbers = words(name, int(np.prod(shape))) >> np.uint64(40)
    unit = numbers.astype(np.float32) * np.float32(2**-24)
    low, high = np.float32(low), np.float32(high)
    return (low + (high - low) * unit).astype(np.float64).reshape(shape)


class Generator:
    """RandomGenerator(seed:), one number at a time."""

    def __init__(self, seed):
        self.state = seed

    def next(self):
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        return z ^ (z >> 31)

    def uniform(self, low=0.0, high=1.0):
        return low + (high - low) * (self.next() >> 40) * 2.0**-24

    def index(self, bound):
        return ((self.next() >> 32) * bound) >> 32

    def normal(self):
        while True:
            u, v = 2 * self.uniform() - 1, 2 * self.uniform() - 1
            square = u * u + v * v
            if 0 < square < 1:
                return u * np.sqrt(-2 * np.log(square) / square)

    def uniforms(self, shape, low=0.0, high=1.0):
        return np.array([self.uniform(low, high) for _ in range(int(np.prod(shape)))]).reshape(shape)
