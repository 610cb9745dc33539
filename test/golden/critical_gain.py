"""Critical gains of tanh and a run of a tanh network at one of them.

    python test/golden/critical_gain.py > test/golden/critical_gain.json

`critical` are [depth, gain, q] from Gauss-Hermite quadrature (200 points) and bisection of
depth * ln chi_1(q) = ln 1.2. `signal` are the second moments of pre-activations, in units of q, after
1, 10, 25 and 50 layers of width 128 with Haar orthogonal weights times the gain: the mean over 10
networks and 256 Gaussian inputs each, the first layer being scaled to give q.
"""

import json

import numpy as np

nodes, weights = np.polynomial.hermite_e.hermegauss(200)
weights = weights / weights.sum()


def second(q):
    return weights @ np.tanh(np.sqrt(q) * nodes) ** 2


def chi_1(q):
    return q * (weights @ np.cosh(np.sqrt(q) * nodes) ** -4.0) / second(q)


def critical(depth):
    low, high = 1e-9, 1.0
    if depth * np.log(chi_1(high)) > np.log(1.2):
        for _ in range(200):
            middle = (low + high) / 2
            if depth * np.log(chi_1(middle)) > np.log(1.2):
                high = middle
            else:
                low = middle
    else:
        low = high
    return float(np.sqrt(low / second(low))), float(low)


def haar(rng, n):
    q, r = np.linalg.qr(rng.standard_normal((n, n)))
    return q * np.sign(np.diag(r))


def signal(depth, width, networks, inputs):
    gain, q = critical(depth)
    rng = np.random.default_rng(1)
    moments = np.zeros(depth)
    for _ in range(networks):
        h = np.sqrt(q) * haar(rng, width) @ rng.standard_normal((width, inputs))
        for layer in range(depth):
            moments[layer] += np.mean(h**2) / q / networks
            h = gain * haar(rng, width) @ np.tanh(h)
    return [[layer, float(moments[layer - 1])] for layer in (1, 10, 25, 50)]


print(
    json.dumps(
        {
            "critical": [[depth, *critical(depth)] for depth in (1, 2, 5, 20, 50, 200)],
            "signal": signal(50, 128, 10, 256),
        },
        indent=1,
    )
)
