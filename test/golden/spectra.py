"""Densities of Jacobian spectra by another way than the library's: writes spectra.json.

The library finds, for every |w|, the angle at which the boundary curve has real eigenvalues. Here the equation
lambda(w) = lambda is solved by Newton steps in the complex plane for ln w, continued from large lambda at a fixed
angle and then down to the real line, with 4 001 points of the trapezoidal rule in z: exact but for the kink of ELU, which leaves some 1e-6.

    python test/golden/spectra.py
"""

import json
from pathlib import Path

import numpy as np
from scipy.special import erf

z = np.linspace(-10, 10, 4_001)
omega = np.exp(-(z**2) / 2)
omega /= omega.sum()

SLOPES = {
    "tanh": lambda x: np.cosh(x) ** -2,
    "gelu": lambda x: (1 + erf(x / np.sqrt(2))) / 2 + x * np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi),
    "elu": lambda x: np.exp(np.minimum(x, 0)),
}


def density(name, q, weights, depth, s):
    """s rho(s) of the critical network."""
    d = SLOPES[name](np.sqrt(q) * z) ** 2
    d = d / (omega @ d)
    gauss = weights == "gaussian"

    def log_lambda(x):
        w = np.exp(x)
        m = omega @ (d / (w - d))
        slope = -w * (omega @ (d / (w - d) ** 2))
        value = depth * x + (depth - 1) * np.log(m) + (1 if gauss else 1 - depth) * np.log(1 + m)
        change = depth + (depth - 1) * slope / m + (1 if gauss else 1 - depth) * slope / (1 + m)
        return value, change, m

    target = 2 * np.log(s)
    path = [(rise, 1.0) for rise in np.linspace(8, 0, 17)]
    path += [(0, angle) for angle in [*np.geomspace(1, 1e-2, 12), 0]]
    x = target + 8 + 1j
    for rise, angle in path:
        goal = target + rise + 1j * angle
        for _ in range(60):
            value, change, m = log_lambda(x)
            gap = value - goal
            gap -= 2j * np.pi * np.round(gap.imag / (2 * np.pi))
            step = gap / change
            x -= step * min(1, 0.3 / abs(step)) if step != 0 else 0
            if abs(step) < 1e-13:
                break
        assert abs(step) < 1e-11 and 0 < x.imag < np.pi, (name, weights, depth, s, rise, angle, x)
    return -2 * m.imag / np.pi


CASES = [
    ("tanh", 1, "orthogonal", 2, [0.2, 0.9, 1.7]),
    ("tanh", 1, "gaussian", 1, [0.1, 0.8, 1.9]),
    ("tanh", 1, "gaussian", 4, [0.05, 0.5, 2.5]),
    ("gelu", 2, "orthogonal", 3, [0.1, 0.7, 2.0]),
    ("gelu", 2, "gaussian", 2, [0.1, 0.7, 2.0]),
    ("elu", 1, "orthogonal", 3, [0.1, 0.6, 1.5]),
    ("elu", 1, "gaussian", 2, [0.1, 0.6, 1.5]),
]

if __name__ == "__main__":
    out = [
        {"activation": name, "q": q, "weights": weights, "depth": depth, "s": s}
        | {"sRho": density(name, q, weights, depth, s)}
        for name, q, weights, depth, values in CASES
        for s in values
    ]
    Path(__file__).with_suffix(".json").write_text(json.dumps(out, indent=1) + "\n")
