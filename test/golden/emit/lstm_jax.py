"""Initial weights for model.onnx, from `stepzero advise --emit jax`.

    params = init(jax.random.key(0), params)  # a dict from names to arrays, or to their shapes and dtypes
"""

import zlib
from fnmatch import fnmatchcase

import jax
import jax.numpy as jnp
from jax.nn import initializers as nn


def uniform(low, high):
    return lambda key, shape, dtype: jax.random.uniform(key, shape, dtype, low, high)


def each(count, rule, axis):
    """Draws each of the equal parts of a packed array by itself."""
    def draw(key, shape, dtype):
        part = list(shape)
        part[axis] //= count
        keys = jax.random.split(key, count)
        return jnp.concatenate([rule(k, tuple(part), dtype) for k in keys], axis)

    return draw


def parts(*rules, axis):
    """Draws the parts of a packed array, of these sizes, one after another."""
    def draw(key, shape, dtype):
        keys = jax.random.split(key, len(rules))
        part = lambda size: tuple(size if i == axis % len(shape) else n for i, n in enumerate(shape))
        return jnp.concatenate([rule(k, part(n), dtype) for k, (n, rule) in zip(keys, rules)], axis)

    return draw


# Names, what is drawn, and why.
# Names and shapes are those of the file; * stands for any text.
RULES = {
    # embed.weight: A lookup adds nothing up: its fan_in is 1, so unit variance gives the next layer inputs of unit second moment.
    "embed.weight": nn.normal(1),
    # rnn.weight_ih_l0: Each of 4 gates is a map of its own with 3 inputs and 4 outputs (std 0.5345), drawn by itself; the packed shape would count the gates as outputs.
    "rnn.weight_ih_l0": uniform(-0.9258201, 0.9258201),
    # rnn.weight_hh_l0: Each gate's 4 × 4 matrix is orthogonal by itself: applied at every step, its singular values of exactly 1 neither blow up nor shrink the state, while a packed orthogonal matrix would leave no gate orthogonal.
    "rnn.weight_hh_l0": each(4, nn.orthogonal(1, column_axis=1), axis=1),
    # rnn.bias_l0: The forget gate starts at sigmoid(1) = 0.731 rather than 0.5, so that the cell forgets over 3.2 steps rather than 1.4.
    "rnn.bias_l0": parts((8, nn.zeros), (4, nn.ones), (20, nn.zeros), axis=1),
    # fc.weight: The last layer has no activation to make up for: variance 1/fan_in (fan_in 4, std 0.5) starts the outputs at the size of its inputs, small enough that a softmax starts undecided.
    "fc.weight": nn.normal(0.5),
    # fc.bias: Biases start at 0: random weights already break the symmetry, and the variances above count no bias.
    "fc.bias": nn.zeros,
}


def init(key, params):
    """The parameters anew; those that no rule names stay as they are."""
    def draw(name, w):
        rule = next((r for pattern, r in RULES.items() if fnmatchcase(name, pattern)), None)
        if rule is None:
            return w
        return rule(jax.random.fold_in(key, zlib.crc32(name.encode())), w.shape, w.dtype)

    return {name: draw(name, w) for name, w in params.items()}
