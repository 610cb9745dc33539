"""Initial weights for model.onnx, from `stepzero advise --emit flax`.

    params = init(jax.random.key(0), variables["params"])  # nested dicts, as module.init makes them
"""

import zlib
from fnmatch import fnmatchcase

import jax
from flax.traverse_util import flatten_dict, unflatten_dict
from jax.nn import initializers as nn

# Names, what is drawn, and why.
# A dotted name is a path here: weight is kernel, scale or embedding, and list.0 is list_0. * stands for
# any text. Kernels are [..., in, out], other than in PyTorch, so standard deviations are told, not fans.
RULES = {
    # layers.0.weight: tanh follows: gain √q* = 0.6327 (fan_in 27, std 0.1218) brings inputs of unit second moment to q* = 0.4003, the size at which the next layers hold the signal over the depth of 3.
    "layers_0/kernel": nn.orthogonal(0.63269774),
    # layers.0.bias and 2 more: Biases start at 0: random weights already break the symmetry, and the variances above count no bias.
    "layers_*/bias": nn.zeros,
    "fc/bias": nn.zeros,
    # layers.1.weight: tanh feeds this layer: at gain 1.295 the second moment stays at q* = 0.4003 and the gradient's changes by χ₁^3 = 1.2 over the depth of 3; an orthogonal matrix keeps all singular values together, which no Gaussian does.
    "layers_1/kernel": nn.orthogonal(1.2948957),
    # fc.weight: The last layer has no activation to make up for: variance 1/fan_in (fan_in 8, std 0.3536) starts the outputs at the size of its inputs, small enough that a softmax starts undecided.
    "fc/kernel": nn.normal(0.35355339),
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
