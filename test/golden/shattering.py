"""Gradients of random rectifier networks in NumPy, float64: how they resemble each other along a grid of inputs and
at independent inputs. Statistics over the batch are held: no gradient flows through them. Writes shattering.json.

Notation: L layers of width N, W ~ N(0, 2/N), no biases, after a first map of variance 1/inputs;
  feedforward  h <- W relu(n(h)),   residual  h <- h + beta W relu(n(h)),   y = v . h,  v ~ N(0, 1),
  n: nothing (plain), minus the mean over the batch (centred), and divided by the deviation (batchnorm).
"""

import json
import pathlib

import numpy as np

LAGS = [1, 2, 5, 10, 15]
EPSILON = 1e-5


def gradients(rng, x, width, depth, norm, beta=None):
    first = rng.standard_normal((x.shape[1], width)) / np.sqrt(x.shape[1])
    h = x @ first
    layers = []
    for _ in range(depth):
        weight = rng.standard_normal((width, width)) * np.sqrt(2 / width)
        mean = 0.0 if norm == "plain" else h.mean(0)
        scale = 1.0 if norm != "batchnorm" else 1 / np.sqrt(h.var(0) + EPSILON)
        z = (h - mean) * scale
        step = np.maximum(z, 0) @ weight
        layers.append((weight, (z > 0) * scale))
        h = step if beta is None else h + beta * step
    g = np.repeat(rng.standard_normal((1, width)), len(x), 0)
    for weight, slope in reversed(layers):
        back = (g @ weight.T) * slope
        g = back if beta is None else g + beta * back
    return g @ first.T


def autocorrelation(g):
    g = g - g.mean(0)
    total = np.sum(g * g)
    return [np.sum(g[:-k] * g[k:]) / total for k in LAGS]


def correlation(g):
    unit = g / np.linalg.norm(g, axis=1, keepdims=True)
    total, n = unit.sum(0), len(g)
    return (total @ total - n) / (n * (n - 1))


GRID = [
    ("centred", 4, None),
    ("centred", 10, None),
    ("centred", 24, None),
    ("batchnorm", 10, None),
    ("batchnorm", 50, 1.0),
    ("batchnorm", 50, 0.1),
]
APART = [
    ("plain", 10, None),
    ("centred", 10, None),
    ("batchnorm", 10, None),
    ("plain", 10, 1.0),
    ("centred", 10, 1.0),
    ("batchnorm", 10, 1.0),
    ("batchnorm", 10, 0.1),
]


def summary(values):
    values = np.array(values)
    return {"mean": values.mean(0).tolist(), "std": values.std(0, ddof=1).tolist()}


def main():
    line = np.linspace(-2, 2, 256)[:, None]
    grid = []
    for norm, depth, beta in GRID:
        nets = 100 if depth < 50 else 40
        found = [
            autocorrelation(gradients(np.random.default_rng(s), line, 200, depth, norm, beta))
            for s in range(nets)
        ]
        grid.append({"norm": norm, "depth": depth, "beta": beta, "nets": nets, **summary(found)})
    apart = []
    for norm, depth, beta in APART:
        found = []
        for s in range(20):
            rng = np.random.default_rng(s)
            inputs = rng.standard_normal((64, 512))
            found.append(correlation(gradients(rng, inputs, 512, depth, norm, beta)))
        apart.append({"norm": norm, "depth": depth, "beta": beta, "nets": 20, **summary(found)})
    result = {"numpy": np.__version__, "lags": LAGS, "grid": grid, "apart": apart}
    path = pathlib.Path(__file__).with_suffix(".json")
    path.write_text(json.dumps(result, indent=1) + "\n")


main()
