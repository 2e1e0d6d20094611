#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Golden explanations of a small network: what pytorch-grad-cam, captum, lime, scikit-image and NumPy compute.

usage: explanation.py > Tests/ExplanationTests/Fixtures/explanation.json

Parameters and images are not stored: both sides draw them from the same generator (see generator.py).
Made with grad-cam 1.5.7, captum 0.9.0, lime 0.2.0.1 and scikit-image 0.26.0.
"""
import json
import sys
import warnings
from unittest.mock import MagicMock

import numpy as np
import torch
import torch.nn.functional as F

warnings.filterwarnings("ignore")
# grad-cam imports it only for methods that are not used here.
for name in ["torchvision", "torchvision.transforms", "torchvision.transforms.functional"]:
    sys.modules[name] = MagicMock()

import pytorch_grad_cam as cams  # noqa: E402
from captum.attr import GuidedBackprop, IntegratedGradients, Occlusion, Saliency  # noqa: E402
from lime.lime_base import LimeBase  # noqa: E402
from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget  # noqa: E402
from skimage.metrics import structural_similarity  # noqa: E402

from generator import uniform  # noqa: E402

SIDE, CLASSES, TARGETS = 12, 5, [1, 3]


class Small(torch.nn.Module):
    """Two convolutions, like `ExplainedNetwork` in the tests."""

    def __init__(self):
        super().__init__()
        self.first = torch.nn.Conv2d(3, 8, 3, padding=1)
        self.rectifier = torch.nn.ReLU()
        self.second = torch.nn.Conv2d(8, 10, 3, padding=1)
        self.layer = torch.nn.ReLU()
        self.logits = torch.nn.Linear(10, CLASSES)
        for name, module, shape in [
            ("first", self.first, (8, 3, 3, 3)), ("second", self.second, (10, 3, 3, 8)),
            ("logits", self.logits, (CLASSES, 10))]:
            bound = (6 / np.prod(shape[1:])) ** 0.5
            weights = torch.tensor(uniform(name + "/weights", shape, -bound, bound))
            if len(shape) == 4:
                weights = weights.permute(0, 3, 1, 2)
            module.weight.data = weights.contiguous()
            module.bias.data = torch.tensor(uniform(name + "/bias", shape[:1], -0.2, 0.2))

    def forward(self, x):
        x = F.max_pool2d(self.rectifier(self.first(x)), 2)
        return self.logits(self.layer(self.second(x)).mean((2, 3)))


class Enhancer(torch.nn.Module):
    """A convolution and a sigmoid, like `ExplainedNetwork.enhancer` in the tests."""

    def __init__(self):
        super().__init__()
        self.enhance = torch.nn.Conv2d(3, 3, 3, padding=1)
        bound = (6 / 27) ** 0.5
        weights = torch.tensor(uniform("enhance/weights", (3, 3, 3, 3), -bound, bound))
        self.enhance.weight.data = weights.permute(0, 3, 1, 2).contiguous()
        self.enhance.bias.data = torch.tensor(uniform("enhance/bias", (3,), -0.2, 0.2))

    def forward(self, x):
        return torch.sigmoid(self.enhance(x))


def numbers(values):
    return [float(f"{value:.9g}") for value in np.asarray(values).reshape(-1)]


def class_activation_maps(model, x):
    methods = {
        "grad-cam": cams.GradCAM, "grad-cam++": cams.GradCAMPlusPlus, "hires-cam": cams.HiResCAM,
        "layer-cam": cams.LayerCAM, "eigen-cam": cams.EigenCAM, "score-cam": cams.ScoreCAM}
    targets = [ClassifierOutputTarget(target) for target in TARGETS]
    result = {}
    for name, method in methods.items():
        with method(model=model, target_layers=[model.layer]) as cam:
            if name == "eigen-cam":
                orient(cam)
            result[name] = numbers(cam(input_tensor=x.float() if name == "score-cam" else x, targets=targets))
    return result


def orient(cam):
    """Gives a principal component the sign that Ocelli chooses."""
    plain = cam.get_cam_image

    def oriented(*arguments):
        activations = arguments[3]
        maps = plain(*arguments)
        totals = activations.sum(1)
        likeness = (maps * (totals - totals.mean((1, 2), keepdims=True))).sum((1, 2), keepdims=True)
        return maps * np.where(likeness < 0, -1, 1)

    cam.get_cam_image = oriented


def input_attributions(model, x):
    def nhwc(values):
        return numbers(values.detach().permute(0, 2, 3, 1))

    targets = torch.tensor(TARGETS)
    occlusion = Occlusion(model).attribute(
        x, (3, 5, 5), strides=(3, 3, 3), target=targets, baselines=0)
    return {
        "saliency": nhwc(Saliency(model).attribute(x, target=targets)),
        "integrated-gradients": nhwc(IntegratedGradients(model).attribute(x, target=targets, n_steps=20)),
        "guided-backpropagation": nhwc(GuidedBackprop(model).attribute(x, target=targets)),
        "occlusion": numbers(occlusion[:, 0].detach()),
    }


def composed(model, x):
    """Both networks as one, explained with respect to the original image."""
    both = torch.nn.Sequential(Enhancer().double(), model)
    saliency = Saliency(both).attribute(x, target=torch.tensor(TARGETS))
    with cams.HiResCAM(model=both, target_layers=[model.layer]) as cam:
        maps = cam(input_tensor=x, targets=[ClassifierOutputTarget(target) for target in TARGETS])
    return {
        "composed-saliency": numbers(saliency.permute(0, 2, 3, 1)), "composed-hires-cam": numbers(maps)}


def lime():
    bits = (uniform("lime/bits", (200, 8), 0, 1) >= 0.5).astype(np.float64)
    bits[0] = 1
    labels = uniform("lime/labels", (200, 1), 0, 1) + bits[:, :1] * 0.5
    distances = 1 - np.sqrt(bits.sum(1) / 8)
    base = LimeBase(lambda d: np.sqrt(np.exp(-(d**2) / 0.25**2)), random_state=1)
    intercept, weights, score, _ = base.explain_instance_with_data(
        bits, labels, distances, 0, 100000, feature_selection="highest_weights")
    return {
        "weights": numbers([weight for _, weight in sorted(weights)]), "intercept": float(intercept),
        "determination": float(score)}


def similarity():
    a, b = (uniform(f"similarity/{name}", (17, 23, 3), 0, 1) for name in "ab")
    b = 0.7 * a + 0.3 * b
    return float(structural_similarity(
        a.astype(np.float32).astype(np.float64), b.astype(np.float32).astype(np.float64), channel_axis=2,
        gaussian_weights=True, sigma=1.5, use_sample_covariance=False, data_range=1))


def spectrum():
    height, width = 6, 9
    image = uniform("spectrum", (height, width, 2), 0, 1)
    transform = np.fft.fftshift(np.fft.fft2(image, axes=(0, 1)), axes=(0, 1))
    power = np.mean(np.abs(transform) ** 2, axis=2) / (height * width) ** 2
    v, u = (np.fft.fftshift(np.fft.fftfreq(count)) for count in (height, width))
    frequency = np.hypot(v[:, None], u[None])
    ring = np.floor(frequency * width + 0.5).astype(int).ravel()
    return {
        "power": numbers(power), "radial": numbers(
            np.bincount(ring, power.ravel()) / np.bincount(ring)),
        "share": float(power[frequency > 0.25].sum() / power[frequency > 0].sum())}


def representations():
    """Two layers, one with more pixels than channels and one with fewer."""
    result = {}
    for name, shape in [("wide", (30, 7)), ("deep", (6, 20))]:
        a, b = (uniform(f"representation/{name}/{half}", shape, 0, 1) for half in "ab")
        b = 0.6 * a + 0.4 * b
        x, y = a - a.mean(0), b - b.mean(0)
        result[name] = [
            float((a * b).sum() / np.sqrt((a**2).sum() * (b**2).sum())),
            float(np.linalg.norm(b - a) / np.linalg.norm(a)),
            float(
                np.linalg.norm(x.T @ y) ** 2 / np.linalg.norm(x.T @ x) / np.linalg.norm(y.T @ y))]
    return result


def main():
    torch.set_default_dtype(torch.float64)
    model = Small().double().eval()
    x = torch.tensor(uniform("input", (2, SIDE, SIDE, 3), 0, 1)).permute(0, 3, 1, 2).contiguous()
    golden = {"logits": numbers(model(x).detach())}
    golden |= input_attributions(model, x.clone())
    golden |= composed(model, x.clone())
    golden |= class_activation_maps(model.float(), x.float())
    golden["lime"], golden["similarity"] = lime(), similarity()
    golden["spectrum"], golden["representations"] = spectrum(), representations()
    print(json.dumps(golden))


if __name__ == "__main__":
    main()
