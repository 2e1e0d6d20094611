#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""PyTorch's side of `make bench`: the training steps of the three phases, and inference.

usage: torch_training.py [--threads N] [--steps N] [--workload WORKLOAD]

Each workload runs in a process of its own, so that peak memory is measured separately, once with
PyTorch's default layout and once with channels_last; the faster one is printed, one JSON object per
line: {"name", "threads", "ms", "mb", "layout", "torch"}. `ms` is the median of the steps after two
warm-up steps.
"""
import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import time

BATCH, SIZE, CLASSES = 16, 96, 10
LAYOUTS = ["default", "channels_last"]
WARM_UP_STEPS = 2


def vgg16(nn):
    """Configuration D, two dense layers of 512 with dropout."""
    layers, channels = [], 3
    for width, count in [(64, 2), (128, 2), (256, 3), (512, 3), (512, 3)]:
        for _ in range(count):
            layers += [nn.Conv2d(channels, width, 3, padding=1), nn.ReLU(inplace=True)]
            channels = width
        layers.append(nn.MaxPool2d(2))
    spatial = SIZE // 32
    return nn.Sequential(
        *layers, nn.Flatten(),
        nn.Linear(512 * spatial * spatial, 512), nn.ReLU(inplace=True), nn.Dropout(0.5),
        nn.Linear(512, 512), nn.ReLU(inplace=True), nn.Dropout(0.5), nn.Linear(512, CLASSES))


def unet(torch):
    """64 to 1024 channels, four levels, ReLU, transposed up-convolutions; the output is a logit."""
    nn = torch.nn

    def block(channels, width):
        return nn.Sequential(
            nn.Conv2d(channels, width, 3, padding=1), nn.ReLU(inplace=True),
            nn.Conv2d(width, width, 3, padding=1), nn.ReLU(inplace=True))

    class UNet(nn.Module):
        def __init__(self):
            super().__init__()
            widths = [64, 128, 256, 512, 1024]
            self.down = nn.ModuleList(
                block(channels, width) for channels, width in zip([3] + widths, widths))
            self.grow = nn.ModuleList(
                nn.ConvTranspose2d(2 * width, width, 2, stride=2) for width in widths[-2::-1])
            self.up = nn.ModuleList(block(2 * width, width) for width in widths[-2::-1])
            self.head = nn.Conv2d(64, 3, 1)

        def forward(self, x):
            skips = []
            for index, encode in enumerate(self.down):
                x = encode(x if index == 0 else nn.functional.max_pool2d(x, 2))
                skips.append(x)
            for grow, decode, skip in zip(self.grow, self.up, skips[-2::-1]):
                x = decode(torch.cat([skip, grow(x)], dim=1))
            return self.head(x)

    return UNet()


def step_of(workload, torch, layout):
    """A function that runs one step."""
    nn, functional = torch.nn, torch.nn.functional
    form = torch.channels_last if layout == "channels_last" else torch.contiguous_format
    images = torch.rand(BATCH, 3, SIZE, SIZE).to(memory_format=form)
    labels = torch.randint(CLASSES, (BATCH,))
    classifier = vgg16(nn).to(memory_format=form)

    if workload == "vgg16-inference":
        classifier.eval()

        def infer():
            with torch.inference_mode():
                classifier(images)

        return infer

    if workload == "vgg16-training":
        model = classifier
        optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9, nesterov=True)

        def loss():
            return functional.cross_entropy(model(images), labels)
    else:
        model = unet(torch).to(memory_format=form)
        optimizer = torch.optim.Adam(model.parameters(), lr=1e-4)
        if workload == "enhance":
            classifier.eval().requires_grad_(False)

            def loss():
                enhanced = torch.sigmoid(model(images))
                return functional.cross_entropy(classifier(enhanced), labels)
        else:
            del classifier

            def loss():
                return functional.binary_cross_entropy_with_logits(model(images), images)

    def train():
        optimizer.zero_grad()
        loss().backward()
        optimizer.step()

    return train


WORKLOADS = ["vgg16-training", "unet-reconstruct", "enhance", "vgg16-inference"]


def measure(workload, layout, threads, steps):
    """Measures in this process, and prints one JSON object."""
    import torch

    torch.set_num_threads(threads)
    torch.manual_seed(1)
    step = step_of(workload, torch, layout)
    times = []
    for _ in range(WARM_UP_STEPS + steps):
        start = time.perf_counter()
        step()
        times.append((time.perf_counter() - start) * 1000)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
    print(json.dumps({
        "name": workload, "threads": threads,
        "ms": round(statistics.median(times[WARM_UP_STEPS:]), 2), "mb": round(peak, 1),
        "layout": layout, "torch": torch.__version__}))


def run(workload, layout, threads, steps):
    """`measure` in a new process."""
    command = [
        sys.executable, __file__, "--measure", layout, "--workload", workload,
        "--threads", str(threads), "--steps", str(steps)]
    environment = os.environ | {"OMP_NUM_THREADS": str(threads)}
    result = subprocess.run(
        command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(result.stdout)


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--steps", type=int, default=5)
    parser.add_argument("--workload", choices=WORKLOADS)
    parser.add_argument("--measure", choices=LAYOUTS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        measure(options.workload, options.measure, options.threads, options.steps)
        return
    for workload in [options.workload] if options.workload else WORKLOADS:
        rows = [run(workload, layout, options.threads, options.steps) for layout in LAYOUTS]
        print(json.dumps(min(rows, key=lambda row: row["ms"])), flush=True)


if __name__ == "__main__":
    main()
