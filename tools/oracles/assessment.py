#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Golden figures of faithfulness, attacks and statistics: pytorch-grad-cam's ROAD and confidence metrics, captum's
attacks, SciPy's correlations, scikit-learn's calibration, and plain NumPy where there is no library.

usage: assessment.py > Tests/Fixtures/assessment.json

The network and the images are those of explanation.py; the maps are drawn from the same generator.
Made with grad-cam 1.5.7, captum 0.9.0, SciPy 1.17.1, scikit-learn 1.9.0.
"""
import copy
import json

import numpy as np
import torch
import torch.nn.functional as F
from explanation import SIDE, TARGETS, Small, numbers
from captum.robust import FGSM, PGD
from generator import uniform
from pytorch_grad_cam.metrics.cam_mult_image import DropInConfidence, IncreaseInConfidence
from pytorch_grad_cam.metrics.road import NoisyLinearImputer, ROADCombined
from scipy.ndimage import gaussian_filter1d
from scipy.stats import pearsonr, spearmanr
from sklearn.metrics import brier_score_loss, log_loss

STEPS, EPSILON = 6, 0.03


class Probability(torch.nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, x):
        return F.softmax(self.model(x), dim=1)


def target(index):
    return lambda output: output[index]


def probability(model, image, index):
    x = torch.tensor(image).permute(2, 0, 1)[None]
    return float(model(x)[0, index])


def area(curve):
    return float(np.trapezoid(curve, np.linspace(0, 1, len(curve))))


def curves(model, image, cam, index):
    """Areas of deletion (to the mean colour) and insertion (from the blurred image), most relevant first."""
    order = np.argsort(-cam.reshape(-1), kind="stable")
    mean = np.broadcast_to(image.mean((0, 1)), image.shape).reshape(-1, 3)
    blurred = image
    for axis in (0, 1):
        blurred = gaussian_filter1d(blurred, SIDE / 8, axis=axis)
    areas = []
    for start, end in [(image.reshape(-1, 3), mean), (blurred.reshape(-1, 3), image.reshape(-1, 3))]:
        curve = []
        for step in range(STEPS + 1):
            picture = start.copy()
            chosen = order[: round(len(order) * step / STEPS)]
            picture[chosen] = end[chosen]
            curve.append(probability(model, picture.reshape(image.shape), index))
        areas.append(area(curve))
    return areas


def faithfulness(model, x):
    soft = Probability(model)
    NoisyLinearImputer.__init__.__defaults__ = (0.0, None)  # No noise: ours is drawn differently.
    # The library imputes in single precision.
    single, road = copy.deepcopy(model).float(), ROADCombined(percentiles=[20, 40, 60, 80])
    cams = uniform("faithfulness/maps", (2, SIDE, SIDE), 0, 1)
    rows = []
    for image, cam, index in zip(x.permute(0, 2, 3, 1).numpy(), cams, TARGETS):
        tensor = torch.tensor(image).permute(2, 0, 1)[None]
        targets = [target(index)]
        scaled = (cam - cam.min()) / (cam.max() - cam.min() + 1e-7)
        whole = probability(soft, image, index)
        deletion, insertion = curves(soft, image, cam, index)
        # The library does not divide; the average drop is a share of the probability.
        drop = DropInConfidence()(tensor, scaled[None], targets, soft)[0] / whole
        rows.append({
            "deletion": deletion, "insertion": insertion, "drop": float(drop),
            "increase": bool(IncreaseInConfidence()(tensor, scaled[None], targets, soft)[0]),
            "road": float(road(tensor.float(), cam[None], targets, Probability(single))[0])})
    return rows


def localization():
    cam = uniform("localization/map", (9, 11), -0.5, 1)
    yy, xx = np.mgrid[:9, :11]
    mask = (yy - 4) ** 2 + (xx - 6) ** 2 <= 9
    positive = np.maximum(cam, 0)
    top = np.argsort(-cam.reshape(-1))[: mask.sum()]
    distance = np.hypot(yy - top[0] // 11, xx - top[0] % 11)
    return {
        "energy": float(positive[mask].sum() / positive.sum()), "rank": float(mask.reshape(-1)[top].mean()),
        "hit": bool((distance[mask] <= 0.07 * 9).any())}


def attacks(model, x):
    labels = torch.tensor(TARGETS)
    loss = torch.nn.CrossEntropyLoss(reduction="none")
    fgsm = FGSM(model, loss_func=loss, lower_bound=0, upper_bound=1).perturb(x, EPSILON, labels)
    pgd = PGD(model, loss_func=loss, lower_bound=0, upper_bound=1).perturb(
        x, radius=EPSILON, step_size=2.5 * EPSILON / 4, step_num=4, target=labels)
    return {name: numbers(value.detach().permute(0, 2, 3, 1)) for name, value in [("fgsm", fgsm), ("pgd", pgd)]}


def correlation():
    a = np.round(uniform("correlation/a", (40,), 0, 3), 1)
    b = np.round(a + uniform("correlation/b", (40,), 0, 3), 1)
    return {"a": list(a), "b": list(b), "pearson": float(pearsonr(a, b)[0]), "spearman": float(spearmanr(a, b)[0])}


def calibration():
    logits = uniform("calibration/logits", (300, 4), -3, 3)
    labels = (uniform("calibration/labels", (300,), 0, 4)).astype(int)
    # Half of the labels are the predicted class.
    labels[::2] = logits[::2].argmax(1)
    probabilities = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    confidence, right = probabilities.max(1), probabilities.argmax(1) == labels

    def error(members):
        return sum(abs(right[m].mean() - confidence[m].mean()) * len(m) for m in members if len(m)) / len(right)

    edges = np.linspace(0, 1, 16)
    equal_width = [np.flatnonzero((confidence > a) & (confidence <= b)) for a, b in zip(edges, edges[1:])]
    order = np.argsort(confidence, kind="stable")
    return {
        "labels": labels.tolist(), "expected": float(error(equal_width)),
        "adaptive": float(error([order[len(order) * i // 15: len(order) * (i + 1) // 15] for i in range(15)])),
        "brier": float(brier_score_loss(labels, probabilities, scale_by_half=False)),
        "logLoss": float(log_loss(labels, probabilities)),
        "counts": [len(m) for m in equal_width]}


def main():
    torch.set_default_dtype(torch.float64)
    model = Small().double().eval()
    x = torch.tensor(uniform("input", (2, SIDE, SIDE, 3), 0, 1)).permute(0, 3, 1, 2).contiguous()
    golden = {
        "faithfulness": faithfulness(model, x), "localization": localization(), "attacks": attacks(model, x),
        "correlation": correlation(), "calibration": calibration()}
    print(json.dumps(golden))


if __name__ == "__main__":
    main()
