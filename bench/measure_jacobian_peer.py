"""Jacobians and their singular values in PyTorch, for bench/measure-jacobian.ts.

    python measure_jacobian_peer.py WEIGHTS WIDTH DEPTH

WEIGHTS holds DEPTH matrices of WIDTH x WIDTH and then the input, all float32 in rows. Prints the version, then
answers each line `jacrev`, `vjp` or `product` (how the Jacobian is made) with seconds for it, seconds for its
singular values, and the largest and the smallest of these.
"""

import sys
import time

import numpy
import torch

torch.set_num_threads(2)
path, width, depth = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
numbers = torch.from_numpy(numpy.fromfile(path, dtype=numpy.float32))
weights = list(numbers[: depth * width * width].view(depth, width, width))
x = numbers[depth * width * width :]


def network(h):
    for w in weights:
        h = torch.tanh(h @ w.T)
    return h


def vjp():
    h = x[None, :].clone().requires_grad_()
    units = torch.eye(width)[:, None, :]
    (rows,) = torch.autograd.grad(network(h), h, units, is_grads_batched=True)
    return rows[:, 0, :]


def product():
    h, slopes = x, []
    for w in weights:
        h = torch.tanh(w @ h)
        slopes.append(1 - h * h)
    rows = torch.eye(width)
    for w, slope in zip(reversed(weights), reversed(slopes)):
        rows = (rows * slope) @ w
    return rows


ways = {"jacrev": lambda: torch.func.jacrev(network)(x), "vjp": vjp, "product": product}

print(torch.__version__, flush=True)
for line in sys.stdin:
    make = ways[line.strip()]
    with torch.no_grad() if line.strip() == "product" else torch.enable_grad():
        start = time.perf_counter()
        jacobian = make().detach()
        middle = time.perf_counter()
        values = torch.linalg.svdvals(jacobian)
        end = time.perf_counter()
    print(middle - start, end - middle, values[0].item(), values[-1].item(), flush=True)
