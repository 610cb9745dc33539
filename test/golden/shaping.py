"""Shaping parameters by google-deepmind/dks itself, for networks that its own tests do not cover.

    python shaping.py > shaping.json

Needs dks 0.1.2, jax, numpy and scipy. Two parts of dks are replaced: its derivatives come from jax instead of
autograd, and its averages from 40 Gauss-Legendre panels of 64 points instead of one rule of 100 000 points, which
is as exact for smooth functions. Functions with kinks are left out for that reason, leaky ReLU apart, which TAT
treats in closed form. Solutions that dks gives as mirror images of others (alpha < 0, or beta < 0 for functions
that are odd about a point) are mirrored; degenerate ones (output scale above 1e6) are left out.
"""

import json
import sys
import types

import jax
import numpy as np

jax.config.update("jax_enable_x64", True)
import jax.numpy as jnp


def elementwise_grad(f):
    slope = jax.grad(lambda x: f(x).sum())
    return lambda x: slope(jnp.asarray(x, dtype=jnp.float64))


autograd = types.ModuleType("autograd")
autograd.elementwise_grad = elementwise_grad
autograd.numpy = types.ModuleType("autograd.numpy")
autograd.numpy.__dict__.update(jnp.__dict__)
autograd.numpy.random = np.random
autograd.scipy = jax.scipy
sys.modules["autograd"] = autograd
sys.modules["autograd.numpy"] = autograd.numpy

import scipy.integrate._quadrature as quadrature

if not hasattr(quadrature, "_cached_roots_legendre"):
    quadrature._cached_roots_legendre = types.SimpleNamespace(cache={})

from dks.base import activation_transform as dks

NODES, WEIGHTS = np.polynomial.legendre.leggauss(64)
ENDS = np.linspace(-10, 10, 41)
Z = np.concatenate([(a + b) / 2 + (b - a) / 2 * NODES for a, b in zip(ENDS, ENDS[1:])])
P = np.concatenate([(b - a) / 2 * WEIGHTS for a, b in zip(ENDS, ENDS[1:])])
P = P * np.exp(-(Z**2) / 2) / np.sqrt(2 * np.pi)
dks._estimate_gaussian_mean = lambda f, order=None: float((jnp.asarray(f(Z)) * P).sum())


def plain(depth):
    def function(x, r):
        for _ in range(depth):
            x = r(x)
        return x

    return function


def residual(blocks, calls, weight):
    def function(x, r):
        def branch(y):
            for _ in range(calls):
                y = r(y)
            return y

        alone = branch(x)
        for _ in range(blocks):
            x = weight**2 * x + (1 - weight**2) * branch(x)
        return max(r(x), alone)

    return function


NETWORKS = {
    "plain 3": plain(3),
    "plain 10": plain(10),
    "plain 100": plain(100),
    "residual 16 x 2, 0.8": residual(16, 2, 0.8),
    "residual 50 x 2, 0.5": residual(50, 2, 0.5),
}
NAMES = {
    "tanh": "tanh",
    "softplus": "softplus",
    "gelu": "gelu_tanh",
    "gelu_exact": "gelu",
    "swish": "silu",
    "erf": "erf",
    "atan": "arctan",
    "sigmoid": "sigmoid",
    "leaky_relu": "leaky_relu",
}
CENTRES = {"tanh": 0, "erf": 0, "atan": 0, "sigmoid": 0.5}


def mirrored(name, p):
    if p.get("input_scale", 1) < 0:  # x -> -x leaves every local map as it is
        p = {**p, "input_scale": -p["input_scale"]}
    if name in CENTRES and p["input_shift"] < 0:  # phi(-x) = 2 centre - phi(x)
        p = {**p, "input_shift": -p["input_shift"], "output_shift": -2 * CENTRES[name] - p["output_shift"]}
    return p


rows = []
for network, function in NETWORKS.items():
    for method in ("DKS", "TAT"):
        for theirs, ours in NAMES.items():
            try:
                found = dks._get_activations_params((theirs,), method=method, subnet_max_func=function)[theirs]
            except ValueError:
                continue
            p = mirrored(theirs, {key: float(value) for key, value in found.items()})
            if p["output_scale"] < 1e6:
                rows.append({"network": network, "method": method.lower(), "activation": ours, **p})

print("[")
print(",\n".join("  " + json.dumps(row) for row in rows))
print("]")
