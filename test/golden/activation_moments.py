"""E f(sqrt(q) z)^2, E f'(sqrt(q) z)^2 and E f(sqrt(q) z) of every activation, z ~ N(0, 1).

    python test/golden/activation_moments.py > test/golden/activation_moments.json

By mpmath's tanh-sinh quadrature with 25 digits, from definitions of its own; derivatives by mpmath's
numerical differentiation. Keys are the activation's text, values [q, second, derivative, mean].
"""

import json

from mpmath import atan, diff, erf, exp, expm1, log1p, mp, mpf, npdf, quad, sin, sqrt, tanh, pi

mp.dps = 25

SELU_SCALE = mpf("1.0507009873554804934193349852946")
SELU_ALPHA = mpf("1.6732632423543772848170429916717")


def softplus(x):
    return log1p(exp(x)) if x < 50 else x + log1p(exp(-x))


def clip(x, low, high):
    return min(max(x, mpf(low)), mpf(high))


def leaky(a):
    return lambda x: x if x > 0 else mpf(a) * x


def elu(a):
    return lambda x: x if x > 0 else a * expm1(x)


def celu(a):
    return lambda x: x if x > 0 else a * expm1(x / a)


def logistic(x):
    return 1 / (1 + exp(-x))


GELU_TANH = lambda x: x / 2 * (1 + tanh(sqrt(2 / pi) * (x + mpf("0.044715") * x**3)))

ACTIVATIONS = {
    "linear": (lambda x: x, []),
    "relu": (leaky("0"), [0]),
    "leaky_relu:0.01": (leaky("0.01"), [0]),
    "leaky_relu:-0.3": (leaky("-0.3"), [0]),
    "prelu:0.25": (leaky("0.25"), [0]),
    "relu6": (lambda x: clip(x, 0, 6), [0, 6]),
    "tanh": (tanh, []),
    "sigmoid": (logistic, []),
    "hard_tanh": (lambda x: clip(x, -1, 1), [-1, 1]),
    "hard_sigmoid:0.2": (lambda x: clip(mpf("0.2") * x + mpf("0.5"), 0, 1), [-2.5, 2.5]),
    "hard_sigmoid:0.125": (lambda x: clip(x / 8 + mpf("0.5"), 0, 1), [-4, 4]),
    "hard_swish": (lambda x: x * clip(x / 6 + mpf("0.5"), 0, 1), [-3, 3]),
    "erf": (erf, []),
    "arctan": (atan, []),
    "softsign": (lambda x: x / (1 + abs(x)), [0]),
    "softplus": (softplus, []),
    "elu:1": (elu(mpf(1)), [0]),
    "elu:0.5": (elu(mpf("0.5")), [0]),
    "celu:1": (celu(mpf(1)), [0]),
    "celu:2": (celu(mpf(2)), [0]),
    "selu": (lambda x: SELU_SCALE * elu(SELU_ALPHA)(x), [0]),
    "gelu": (lambda x: x / 2 * (1 + erf(x / sqrt(2))), []),
    "gelu_tanh": (GELU_TANH, []),
    "silu": (lambda x: x * logistic(x), []),
    "mish": (lambda x: x * tanh(softplus(x)), []),
    "sin": (sin, []),
    "abs": (abs, [0]),
}


def moments(f, kinks, q):
    std = sqrt(mpf(q))
    ends = sorted({mpf(k) / std for k in [*kinks, -20, -4, 0, 4, 20]} | {mpf(-3), mpf(3)})
    ends = [mpf(-14)] + [e for e in ends if abs(e) < 14] + [mpf(14)]

    def mean(g):
        return float(quad(lambda z: g(std * z) * npdf(z), ends))

    return [q, mean(lambda x: f(x) ** 2), mean(lambda x: diff(f, x) ** 2), mean(f)]


print(
    json.dumps(
        {
            name: [moments(f, kinks, q) for q in (0.01, 1, 30)]
            for name, (f, kinks) in ACTIVATIONS.items()
        },
        indent=1,
    )
)
