"""Singular values of matrices and of the symbols of kernels, by LAPACK.

    python test/golden/certificates.py > test/golden/certificates.json

Element i (in the order of storage) of every tensor is ((7919 i + 104729 i^2 + 17) mod 1009) / 1009 - 1/2, the
sum being an integer, times 2^-(i mod columns) in `graded` ones. `matrices` have all singular values of
[rows, columns]. `kernels` have shape [out, in / groups, ...kernel]: the smallest and the largest singular
value of the circulant matrix of every group, which is built tap by tap for images of 2k - 1 pixels per axis
and never sees a Fourier transform; and of the symbol on a grid ten times as fine.
"""

import itertools
import json

import numpy as np


def elements(count):
    i = np.arange(count, dtype=np.int64)
    return ((7919 * i + 104729 * i * i + 17) % 1009) / 1009 - 0.5


def matrix(rows, columns, graded=False):
    a = elements(rows * columns).reshape(rows, columns)
    return a * 2.0 ** -np.arange(columns) if graded else a


def circulant(k):
    out, inputs, *kernel = k.shape
    size = [2 * extent - 1 for extent in kernel]
    pixels = list(itertools.product(*map(range, size)))
    at = {p: n for n, p in enumerate(pixels)}
    a = np.zeros((out, len(pixels), inputs, len(pixels)))
    for p in pixels:
        for t in itertools.product(*map(range, kernel)):
            q = tuple((x + d) % n for x, d, n in zip(p, t, size))
            a[:, at[p], :, at[q]] += k[(slice(None), slice(None), *t)]
    return a.reshape(out * len(pixels), inputs * len(pixels))


def ends(a, count):
    s = np.linalg.svd(a, compute_uv=False)[:count]
    return float(s[-1]), float(s[0])


def kernel_row(shape, groups):
    k = elements(int(np.prod(shape))).reshape(groups, shape[0] // groups, *shape[1:])
    axes = tuple(range(2, 2 + len(shape) - 2))
    on_grid, fine = [], []
    for one in k:
        a = circulant(one)
        on_grid.append(ends(a, min(a.shape)))
        size = [10 * (2 * extent - 1) for extent in shape[2:]]
        symbol = np.moveaxis(np.fft.fftn(one, s=size, axes=axes), (0, 1), (-2, -1))
        s = np.linalg.svd(symbol, compute_uv=False)
        fine.append((float(s.min()), float(s.max())))
    low = lambda rows: min(row[0] for row in rows)
    high = lambda rows: max(row[1] for row in rows)
    return {
        "shape": shape,
        "groups": groups,
        "grid": [low(on_grid), high(on_grid)],
        "fine": [low(fine), high(fine)],
    }


matrices = [(1, 1), (5, 1), (1, 6), (3, 3), (40, 17), (17, 40), (64, 64), (90, 33)]
kernels = [
    ([4, 4, 3], 1),
    ([5, 3, 2], 1),
    ([3, 5, 4], 1),
    ([4, 3, 3, 3], 1),
    ([3, 4, 2, 3], 1),
    ([6, 2, 3, 1], 2),
    ([4, 1, 3, 3], 4),
    ([3, 2, 2, 2, 3], 1),
]
print(
    json.dumps(
        {
            "matrices": [
                {
                    "rows": rows,
                    "columns": columns,
                    "graded": graded,
                    "values": np.linalg.svd(matrix(rows, columns, graded), compute_uv=False)[::-1].tolist(),
                }
                for rows, columns in matrices
                for graded in ([False, True] if columns <= 20 else [False])
            ],
            "kernels": [kernel_row(shape, groups) for shape, groups in kernels],
        },
        indent=1,
    )
)
