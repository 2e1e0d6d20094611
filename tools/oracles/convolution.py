#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes Tests/KernelsTests/Fixtures/convolution.json: convolutions and their gradients, computed by PyTorch.

Operands are multiples of 1/8 from a formula that the test repeats (`operand`), so that only results are stored and
every sum is exact in float32 in any order.
"""
import json
import pathlib

import torch
import torch.nn.functional as F

CASES = [
    # transposed, batch, height, width, channels, output channels, kernel, stride, dilation, padding, groups
    (False, 2, 5, 6, 3, 4, (3, 3), (1, 1), (1, 1), (1, 1), 1),
    (False, 1, 7, 5, 3, 5, (2, 2), (1, 1), (1, 1), (0, 0), 1),
    (False, 2, 6, 7, 4, 6, (3, 2), (2, 3), (1, 1), (1, 0), 2),
    (False, 1, 9, 8, 2, 3, (3, 3), (1, 2), (2, 3), (2, 1), 1),
    (False, 1, 6, 5, 6, 6, (3, 3), (2, 1), (1, 1), (1, 1), 6),
    (False, 1, 4, 5, 3, 6, (3, 3), (1, 1), (1, 1), (1, 1), 3),
    (False, 3, 1, 1, 20, 7, (1, 1), (1, 1), (1, 1), (0, 0), 1),
    (True, 2, 3, 4, 5, 3, (2, 2), (2, 2), (1, 1), (0, 0), 1),
    (True, 1, 4, 3, 3, 4, (3, 3), (2, 2), (1, 1), (1, 1), 1),
    (True, 1, 3, 3, 2, 2, (4, 4), (2, 2), (1, 1), (1, 1), 1),
]


def operand(shape, seed):
    """Element i, in memory order, is ((i · 37 + seed · 11) mod 29 − 14) / 8."""
    count = int(torch.tensor(shape).prod())
    index = torch.arange(count, dtype=torch.int64)
    return (((index * 37 + seed * 11) % 29 - 14).to(torch.float32) / 8).reshape(shape)


def flat(tensor):
    return [float(value) for value in tensor.detach().contiguous().flatten()]


def run(transposed, batch, height, width, channels, outputs, kernel, stride, dilation, padding, groups):
    x = operand((batch, height, width, channels), 1).permute(0, 3, 1, 2).requires_grad_()
    w = operand((outputs, *kernel, channels // groups), 2).requires_grad_()  # OHWI
    b = operand((outputs,), 3)
    if transposed:
        y = F.conv_transpose2d(x, w.permute(3, 0, 1, 2), b, stride, padding, 0, groups, dilation)
    else:
        y = F.conv2d(x, w.permute(0, 3, 1, 2), b, stride, padding, dilation, groups)
    n, o, h, v = y.shape
    y.backward(operand((n, h, v, o), 4).permute(0, 3, 1, 2))
    return {
        "transposed": transposed, "batch": batch, "height": height, "width": width,
        "channels": channels, "outputChannels": outputs, "outputHeight": h, "outputWidth": v,
        "kernel": kernel, "stride": stride, "dilation": dilation, "padding": padding,
        "groups": groups, "output": flat(y.permute(0, 2, 3, 1)),
        "inputGradient": flat(x.grad.permute(0, 2, 3, 1)), "weightGradient": flat(w.grad),
    }


target = pathlib.Path(__file__).parents[2] / "Tests/KernelsTests/Fixtures/convolution.json"
target.write_text("[\n" + ",\n".join(json.dumps(run(*case)) for case in CASES) + "\n]\n")
