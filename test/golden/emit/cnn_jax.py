"""Initial weights for model.onnx, from `stepzero advise --emit jax`.

    params = init(jax.random.key(0), params)  # a dict from names to arrays, or to their shapes and dtypes
"""

import zlib
from fnmatch import fnmatchcase

import jax
from jax.nn import initializers as nn

# Names, what is drawn, and why.
# Names and shapes are those of the file; * stands for any text.
RULES = {
    # layers.0.weight: tanh follows: gain √q* = 0.6327 (fan_in 27, std 0.1218) brings inputs of unit second moment to q* = 0.4003, the size at which the next layers hold the signal over the depth of 3.
    "layers.0.weight": nn.orthogonal(0.63269774, column_axis=0),
    # layers.0.bias and 2 more: Biases start at 0: random weights already break the symmetry, and the variances above count no bias.
    "layers.*.bias": nn.zeros,
    "fc.bias": nn.zeros,
    # layers.1.weight: tanh feeds this layer: at gain 1.295 the second moment stays at q* = 0.4003 and the gradient's changes by χ₁^3 = 1.2 over the depth of 3; an orthogonal matrix keeps all singular values together, which no Gaussian does.
    "layers.1.weight": nn.orthogonal(1.2948957, column_axis=0),
    # fc.weight: The last layer has no activation to make up for: variance 1/fan_in (fan_in 8, std 0.3536) starts the outputs at the size of its inputs, small enough that a softmax starts undecided.
    "fc.weight": nn.normal(0.35355339),
}


def init(key, params):
    """The parameters anew; those that no rule names stay as they are."""
    def draw(name, w):
        rule = next((r for pattern, r in RULES.items() if fnmatchcase(name, pattern)), None)
        if rule is None:
            return w
        return rule(jax.random.fold_in(key, zlib.crc32(name.encode())), w.shape, w.dtype)

    return {name: draw(name, w) for name, w in params.items()}
