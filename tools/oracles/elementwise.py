#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes Tests/KernelsTests/Fixtures/elementwise.json: small PyTorch results to compare the kernels with.

usage: tools/oracles/elementwise.py > Tests/KernelsTests/Fixtures/elementwise.json   (made with PyTorch 2.13, CPU)

Every case maps a name to flat arrays in NHWC order; the sizes are in the test that reads it.
"""
import json
import sys

import torch
import torch.nn.functional as F

torch.manual_seed(1)
cases = {}


def flat(tensor):
    """NCHW to a flat NHWC list with nine digits, enough for any float."""
    tensor = tensor.detach()
    if tensor.dim() == 4:
        tensor = tensor.permute(0, 2, 3, 1)
    return [float(f"{value:.9g}") for value in tensor.reshape(-1).tolist()]


def record(name, function, *inputs):
    """The output of `function` and its input gradients for a random output gradient."""
    inputs = [x.clone().requires_grad_() for x in inputs]
    y = function(*inputs)
    dy = torch.randn(y.shape)
    y.backward(dy)
    cases[name] = {"y": flat(y), "dy": flat(dy)}
    for letter, x in zip("xab", inputs):
        cases[name][letter] = flat(x)
        cases[name]["d" + letter] = flat(x.grad)


x = torch.randn(1, 3, 5, 4)
wide = 4 * x
record("relu", F.relu, wide)
record("relu6", F.relu6, wide)
record("leakyReLU", lambda x: F.leaky_relu(x, 0.1), wide)
record("gelu", F.gelu, wide)
record("sigmoid", torch.sigmoid, wide)
record("tanh", torch.tanh, wide)
record("softmax", lambda x: F.softmax(x, 1), wide)
record("maxPool2", lambda x: F.max_pool2d(x, 2), x)
record("maxPool3", lambda x: F.max_pool2d(x, 3, stride=2, padding=1), x)
record("averagePool3", lambda x: F.avg_pool2d(x, 3, stride=2, padding=1, count_include_pad=False), x)
record("globalAverage", lambda x: F.adaptive_avg_pool2d(x, 1), x)
record("nearest", lambda x: F.interpolate(x, size=(10, 8), mode="nearest"), x)
record("nearestOdd", lambda x: F.interpolate(x, size=(7, 3), mode="nearest"), x)
record("bilinear", lambda x: F.interpolate(x, size=(10, 8), mode="bilinear"), x)
record("bilinearOdd", lambda x: F.interpolate(x, size=(7, 3), mode="bilinear"), x)
record("reflect", lambda x: F.pad(x, (2, 1, 3, 4), mode="reflect"), x)

mean, variance = torch.rand(3), torch.rand(3) + 0.5
cases["batchNormalizationRunning"] = {"mean": flat(mean), "variance": flat(variance)}
scale, offset = torch.randn(3), torch.randn(3)
record(
    "batchNormalizationInference",
    lambda x, a, b: F.batch_norm(x, mean, variance, a, b, False, 0.1, 1e-5),
    x, scale, offset,
)
record(
    "batchNormalization",
    lambda x, a, b: F.batch_norm(x, mean, variance, a, b, True, 0.1, 1e-5),
    x, scale, offset,
)
cases["batchNormalization"] |= {"mean": flat(mean), "variance": flat(variance)}

logits = torch.randn(3, 7, requires_grad=True)
targets = F.softmax(torch.randn(3, 7), 1)
loss = F.cross_entropy(logits, targets, label_smoothing=0.1)
loss.backward()
cases["crossEntropy"] = {
    "x": flat(logits), "t": flat(targets), "dx": flat(logits.grad), "loss": [loss.item()]}

prediction = (2 * torch.randn(1, 3, 5, 4)).requires_grad_()
target = torch.rand(1, 3, 5, 4)
for name, function in {
    "binaryCrossEntropy": F.binary_cross_entropy_with_logits,
    "meanSquaredError": F.mse_loss,
}.items():
    prediction.grad = None
    loss = function(prediction, target)
    loss.backward()
    cases[name] = {
        "x": flat(prediction), "t": flat(target), "dx": flat(prediction.grad),
        "loss": [loss.item()]}

start, gradient = torch.randn(37), torch.randn(37)
for name, make in {
    "sgd": lambda p: torch.optim.SGD(p, 0.1, weight_decay=0.01),
    "momentum": lambda p: torch.optim.SGD(p, 0.1, 0.9, weight_decay=0.01),
    "nesterov": lambda p: torch.optim.SGD(p, 0.1, 0.9, weight_decay=0.01, nesterov=True),
    "adam": lambda p: torch.optim.Adam(p, 0.01, weight_decay=0.1),
    "adamW": lambda p: torch.optim.AdamW(p, 0.01, weight_decay=0.1),
}.items():
    parameter = start.clone().requires_grad_()
    optimizer = make([parameter])
    for _ in range(5):
        parameter.grad = gradient.clone()
        optimizer.step()
    cases[name] = {"x": flat(start), "dx": flat(gradient), "y": flat(parameter)}

record("hardSwish", F.hardswish, wide)

json.dump(cases, sys.stdout, separators=(",", ":"))
print()
