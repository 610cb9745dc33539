"""Trajectories of PyTorch's optimizers in float32, written to optimizers.json.

Two parameters at once: x in R^2 with Rosenbrock's function, W in R^(2x3) with a parabola. Run with torch 2.13:
python test/golden/optimizers.py
"""

import json
from pathlib import Path

import torch

TARGET = torch.tensor([[1.0, -2.0, 0.5], [0.25, 3.0, -1.0]])
CURVATURE = torch.tensor([[1.0, 0.1, 2.0], [0.5, 3.0, 0.02]])


def loss(x, w):
    rosenbrock = (1 - x[0]) ** 2 + 100 * (x[1] - x[0] ** 2) ** 2
    return rosenbrock + 0.5 * (CURVATURE * (w - TARGET) ** 2).sum()


CASES = {
    "sgd": (torch.optim.SGD, {"lr": 1e-4}, None),
    "sgd(weightDecay=0.1)": (torch.optim.SGD, {"lr": 1e-4, "weight_decay": 0.1}, None),
    "momentum": (torch.optim.SGD, {"lr": 1e-4, "momentum": 0.9}, None),
    "nesterov": (torch.optim.SGD, {"lr": 1e-4, "momentum": 0.9, "nesterov": True, "weight_decay": 0.01}, None),
    "momentum, clipped at 10": (torch.optim.SGD, {"lr": 1e-3, "momentum": 0.5}, 10.0),
    "rmsprop": (torch.optim.RMSprop, {"lr": 1e-2}, None),
    "rmsprop(alpha=0.9, epsilon=1e-3, weightDecay=0.1)": (
        torch.optim.RMSprop,
        {"lr": 1e-2, "alpha": 0.9, "eps": 1e-3, "weight_decay": 0.1},
        None,
    ),
    "adam": (torch.optim.Adam, {"lr": 0.05}, None),
    "adam(beta1=0.8, beta2=0.9, weightDecay=0.1)": (
        torch.optim.Adam,
        {"lr": 0.05, "betas": (0.8, 0.9), "weight_decay": 0.1},
        None,
    ),
    "adamw": (torch.optim.AdamW, {"lr": 0.05, "weight_decay": 0.2}, None),
}


def trajectory(kind, options, clip):
    x = torch.tensor([-1.2, 1.0], requires_grad=True)
    w = torch.zeros(2, 3, requires_grad=True)
    optimizer = kind([x, w], **options)
    steps = []
    for _ in range(20):
        optimizer.zero_grad()
        value = loss(x, w)
        value.backward()
        if clip is not None:
            torch.nn.utils.clip_grad_norm_([x, w], clip)
        optimizer.step()
        steps.append([v.item() for v in [*x.detach(), *w.detach().flatten()]])
    return steps


if __name__ == "__main__":
    data = {
        "torch": torch.__version__.split("+")[0],
        "cases": {name: {"rate": case[1]["lr"], "steps": trajectory(*case)} for name, case in CASES.items()},
    }
    path = Path(__file__).with_suffix(".json")
    path.write_text(json.dumps(data) + "\n")
