"""Losses of PyTorch and their gradients with respect to the outputs, written to losses.json.

Run with torch 2.13: python test/golden/losses.py
"""

import json
from pathlib import Path

import torch
from torch.nn import functional as F

torch.manual_seed(0)
OUTPUT = torch.randn(5, 4)
CLASSES = torch.tensor([3, 0, 1, 1, 2])
VALUES = torch.randn(5, 4)

CASES = {
    "crossEntropy": lambda y: F.cross_entropy(y, CLASSES),
    "crossEntropy(labelSmoothing=0.1)": lambda y: F.cross_entropy(y, CLASSES, label_smoothing=0.1),
    "hinge": lambda y: F.multi_margin_loss(y, CLASSES),
    "meanSquaredError": lambda y: F.mse_loss(y, VALUES),
}


def case(loss):
    y = OUTPUT.clone().requires_grad_()
    value = loss(y)
    value.backward()
    return {"loss": value.item(), "gradient": y.grad.flatten().tolist()}


if __name__ == "__main__":
    data = {
        "torch": torch.__version__.split("+")[0],
        "output": OUTPUT.flatten().tolist(),
        "classes": CLASSES.tolist(),
        "values": VALUES.flatten().tolist(),
        "cases": {name: case(loss) for name, loss in CASES.items()},
    }
    Path(__file__).with_suffix(".json").write_text(json.dumps(data) + "\n")
