"""Special functions to 40 digits, for src/numeric.

    python test/golden/special.py > test/golden/special.json

`chebyshev` are the coefficients c_k of (1 + 2x) erfcx(x) = sum c_k T_k(t), t = (x - 3)/(x + 3),
x >= 0, by interpolation at 60 Chebyshev points; the values are pairs [x, f(x)].
"""

import json

from mpmath import cos, erf, erfc, exp, log1p, mp, mpf, ncdf, nstr, pi, sqrt

mp.dps = 40


def erfcx(x):
    if x < 1e4:
        with mp.workdps(60):
            return exp(x * x) * erfc(x)
    total, term = mpf(0), mpf(1)
    for n in range(30):
        total += term
        term *= -(2 * n + 1) / (2 * x * x)
    return total / (x * sqrt(pi))


def chebyshev(terms):
    points = 60
    samples = []
    for j in range(points):
        t = cos(pi * (j + mpf(1) / 2) / points)
        x = 3 * (1 + t) / (1 - t)
        samples.append((1 + 2 * x) * erfcx(x))
    return [
        (2 if k else 1)
        * sum(s * cos(pi * k * (j + mpf(1) / 2) / points) for j, s in enumerate(samples))
        / points
        for k in range(terms)
    ]


def table(f, xs):
    return [[float(x), float(f(mpf(float(x))))] for x in xs]


near = [1e-300, 1e-20, 1e-9, 1e-3, 0.1, 0.3, 0.5, 0.649, 0.65, 0.651, 0.8, 1, 1.5, 2, 2.7, 3, 4, 5]
both = [-x for x in near] + near
print(
    json.dumps(
        {
            "chebyshev": [float(nstr(c, 20)) for c in chebyshev(26)],
            "erf": table(erf, both + [-30, 5.9, 6, 40]),
            "erfc": table(erfc, both + [-30, 8, 12.3, 20, 26.5]),
            "erfcx": table(erfcx, both + [-20, 8, 12.3, 20, 100, 1e5, 1e10, 1e100]),
            "normal_cdf": table(ncdf, both + [-37, -20, -8.5, 8.5]),
            "softplus": table(
                lambda x: log1p(exp(x)), both + [-700, -40, -20, 20, 33, 34, 40, 700]
            ),
        },
        indent=1,
    )
)
