"""Compares what a program drew with the plan: every box of every parameter, in the layout of the file."""

import importlib.util
import json
import math
import os

import numpy as np
from safetensors.numpy import load_file


def program(folder, case, framework):
    """The emitted program as a module, run beside its file of weights."""
    os.chdir(folder / case)
    path = folder / case / f"{framework}.py"
    spec = importlib.util.spec_from_file_location(f"{case}_{framework}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def load(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def compare(expected, found, where):
    """Messages, one per thing that is not as planned; `found` maps names of the file to arrays."""
    wrong = []
    stored = load_file("weights.safetensors")
    for name, item in expected.items():
        if name not in found:
            wrong.append(f"{where}: {name} is missing")
            continue
        w = np.asarray(found[name], np.float64)
        if list(w.shape) != item["shape"]:
            wrong.append(f"{where}: {name} must be {item['shape']}, got {w.shape}")
            continue
        if item["exact"]:
            if not np.array_equal(w, np.asarray(stored[name], np.float64)):
                wrong.append(f"{where}: {name} must be what StepZero drew")
            continue
        for box in item["boxes"]:
            part = w[tuple(slice(a, a + n) for a, n in zip(box["start"], box["shape"]))]
            for message in check_box(part, box, item["layout"]):
                wrong.append(f"{where}: {name} {box['start']}: {message}")
    return wrong


def check_box(part, box, layout):
    kind, mean, std = box["kind"], box["mean"], box["std"]
    n = part.size
    if kind == "constant":
        if not np.all(part == np.float32(mean)):
            yield f"must be {mean}, got {part.ravel()[:3]}"
    elif kind in ("normal", "uniform", "truncated"):
        # The fourth moment of a truncated normal is between those of the other two.
        spread = math.sqrt((0.8 if kind == "uniform" else 2) / n)
        if abs(part.mean() - mean) > 5 * std / math.sqrt(n):
            yield f"mean must be {mean}, got {part.mean()}"
        if abs(((part - mean) ** 2).mean() / std**2 - 1) > 5 * spread:
            yield f"std must be {std}, got {math.sqrt(((part - mean) ** 2).mean())}"
        if box["bound"] is not None and np.abs(part - mean).max() > box["bound"] * (1 + 1e-6):
            yield f"must stay within {box['bound']}, got {np.abs(part - mean).max()}"
        if np.unique(part).size < 0.9 * n:
            yield "must be drawn one by one"
    else:
        axes = [i for i, role in enumerate(layout) if role == "out"]
        m = np.moveaxis(part, axes, range(len(axes))).reshape(part.shape[axes[0]], -1)
        if kind == "delta_orthogonal":
            taps = [i for i, role in enumerate(layout) if role == "kernel"]
            centre = tuple((part.shape[i] - 1) // 2 if i in taps else slice(None) for i in range(part.ndim))
            m = part[centre]
            if layout.index("in") < layout.index("out"):
                m = m.T
            if np.count_nonzero(part) != np.count_nonzero(m):
                yield "must be zero but for the centre tap"
        gain = box["gain"]
        gram = m @ m.T if m.shape[0] <= m.shape[1] else m.T @ m
        error = np.abs(gram / gain**2 - np.eye(len(gram))).max()
        if error > 1e-5:
            yield f"must be orthogonal times {gain}, got an error of {error}"
        if abs(math.sqrt((part**2).mean()) / std - 1) > 1e-5:
            yield f"root mean square must be {std}"


def check_runs(runs, where):
    """The same seed gives the same values, another seed others (but for what comes from a file)."""
    first, again, other = runs
    for name, w in first.items():
        if not np.array_equal(w, again[name]):
            yield f"{where}: {name} must be the same for the same seed"
        if np.unique(w).size > 8 and "stored" not in where and np.array_equal(w, other[name]):
            yield f"{where}: {name} must differ for another seed"
