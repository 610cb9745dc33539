"""Initial weights for model.onnx, from `stepzero advise --emit flax`.

    params = init(jax.random.key(0), variables["params"])  # nested dicts, as module.init makes them
"""

import zlib
from fnmatch import fnmatchcase

import jax
from flax.traverse_util import flatten_dict, unflatten_dict
from jax.nn import initializers as nn


def uniform(low, high):
    return lambda key, shape, dtype: jax.random.uniform(key, shape, dtype, low, high)


# Names, what is drawn, and why.
# A dotted name is a path here: weight is kernel, scale or embedding, and list.0 is list_0. * stands for
# any text. Kernels are [..., in, out], other than in PyTorch, so standard deviations are told, not fans.
RULES = {
    # embed.weight: A lookup adds nothing up: its fan_in is 1, so unit variance gives the next layer inputs of unit second moment.
    "embed/embedding": nn.normal(1),
    # rnn.weight_ih_l0: Each of 4 gates is a map of its own with 3 inputs and 4 outputs (std 0.5345), drawn by itself; the packed shape would count the gates as outputs.
    "rnn/*i[iofg]/kernel": uniform(-0.9258201, 0.9258201),
    # rnn.weight_hh_l0: Each gate's 4 × 4 matrix is orthogonal by itself: applied at every step, its singular values of exactly 1 neither blow up nor shrink the state, while a packed orthogonal matrix would leave no gate orthogonal.
    "rnn/*h[iofg]/kernel": nn.orthogonal(1),
    # rnn.bias_l0: The forget gate starts at sigmoid(1) = 0.731 rather than 0.5, so that the cell forgets over 3.2 steps rather than 1.4.
    "rnn/*h[iog]/bias": nn.zeros,
    # rnn.bias_l0: The forget gate starts at sigmoid(1) = 0.731 rather than 0.5, so that the cell forgets over 3.2 steps rather than 1.4.
    "rnn/*hf/bias": nn.ones,
    # fc.weight: The last layer has no activation to make up for: variance 1/fan_in (fan_in 4, std 0.5) starts the outputs at the size of its inputs, small enough that a softmax starts undecided.
    "fc/kernel": nn.normal(0.5),
    # fc.bias: Biases start at 0: random weights already break the symmetry, and the variances above count no bias.
    "fc/bias": nn.zeros,
}


def init(key, params):
    """The parameters anew; those that no rule names stay as they are."""
    def draw(path, w):
        rule = next((r for pattern, r in RULES.items() if fnmatchcase(path, pattern)), None)
        if rule is None:
            return w
        return rule(jax.random.fold_in(key, zlib.crc32(path.encode())), w.shape, w.dtype)

    flat = flatten_dict(params, sep="/")
    return unflatten_dict({path: draw(path, w) for path, w in flat.items()}, sep="/")
