"""Draws tensors on request, for bench/init.ts.

Reads lines `library operation n` from standard input and answers each with the seconds that one draw of an
n x n float32 tensor took, or `none` where the library is not installed or does not have the operation. The
first draw of everything is a warm-up that is not reported.
"""

import sys
import time

THREADS = 2


def torch_operations():
    import torch

    torch.set_num_threads(THREADS)
    init = torch.nn.init
    return torch.__version__, {
        "he_normal": lambda n: init.kaiming_normal_(torch.empty(n, n), nonlinearity="relu"),
        "uniform": lambda n: init.uniform_(torch.empty(n, n), -0.05, 0.05),
        "truncated_normal": lambda n: init.trunc_normal_(torch.empty(n, n), 0, 0.02, -0.04, 0.04),
        "orthogonal": lambda n: init.orthogonal_(torch.empty(n, n)),
    }


def jax_operations():
    import jax

    initializers = jax.nn.initializers
    key = jax.random.key(0)

    def draw(initializer):
        return lambda n: initializer(key, (n, n)).block_until_ready()

    return jax.__version__, {
        "he_normal": draw(initializers.he_normal()),
        "uniform": draw(initializers.uniform(0.05)),
        "truncated_normal": draw(initializers.truncated_normal(0.02)),
        "orthogonal": draw(initializers.orthogonal()),
    }


def numpy_operations():
    import numpy

    random = numpy.random.default_rng(0)

    def orthogonal(n):
        q, r = numpy.linalg.qr(random.standard_normal((n, n), dtype=numpy.float32))
        return q * numpy.sign(numpy.diag(r))

    def he_normal(n):
        values = random.standard_normal((n, n), dtype=numpy.float32)
        values *= (2 / n) ** 0.5
        return values

    def uniform(n):
        values = random.random((n, n), dtype=numpy.float32)
        values -= 0.5
        values *= 0.1
        return values

    return numpy.__version__, {"he_normal": he_normal, "uniform": uniform, "orthogonal": orthogonal}


LIBRARIES = {"torch": torch_operations, "jax": jax_operations, "numpy": numpy_operations}

libraries = {}
warm = set()
for line in sys.stdin:
    library, operation, n = line.split()
    if library not in libraries:
        try:
            libraries[library] = LIBRARIES[library]()
        except ImportError:
            libraries[library] = None
    found = libraries[library]
    if operation == "version":
        print(found[0] if found else "none", flush=True)
        continue
    if not found or operation not in found[1]:
        print("none", flush=True)
        continue
    draw = found[1][operation]
    if (library, operation) not in warm:
        draw(int(n))
        warm.add((library, operation))
    start = time.perf_counter()
    values = draw(int(n))
    print(time.perf_counter() - start, flush=True)
    del values
