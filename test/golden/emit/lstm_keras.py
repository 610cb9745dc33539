"""Initial weights for model.onnx, from `stepzero advise --emit keras`.

    left = init(model, seed=0)  # left: the variables that no rule names, as they were
"""

from fnmatch import fnmatchcase

import keras


def constant(value):
    return lambda shape, seed: keras.ops.full(shape, value)


def normal(std, mean=0.0):
    return lambda shape, seed: keras.random.normal(shape, mean, std, seed=seed)


def uniform(low, high):
    return lambda shape, seed: keras.random.uniform(shape, low, high, seed=seed)


def orthogonal(gain):
    return lambda shape, seed: keras.initializers.Orthogonal(gain, seed=seed)(shape)


def each(count, rule, axis):
    """Draws each of the equal parts of a packed variable by itself."""
    def draw(shape, seed):
        part = list(shape)
        part[axis] //= count
        return keras.ops.concatenate([rule(tuple(part), seed) for _ in range(count)], axis)

    return draw


def parts(*rules, axis):
    """Draws the parts of a packed variable, of these sizes, one after another."""
    def draw(shape, seed):
        part = lambda size: tuple(size if i == axis % len(shape) else n for i, n in enumerate(shape))
        return keras.ops.concatenate([rule(part(size), seed) for size, rule in rules], axis)

    return draw


# Names, what is drawn, and why.
# A dotted name is layer/variable here: dots in the name of a layer are _, weight is kernel, gamma or
# embeddings. * stands for any text. Kernels are [..., in, out], other than in PyTorch, and transposed
# convolutions [..., out, in], so standard deviations are told, not fans.
RULES = {
    # embed.weight: A lookup adds nothing up: its fan_in is 1, so unit variance gives the next layer inputs of unit second moment.
    "embed/embeddings": normal(1),
    # rnn.weight_ih_l0: Each of 4 gates is a map of its own with 3 inputs and 4 outputs (std 0.5345), drawn by itself; the packed shape would count the gates as outputs.
    "rnn/lstm_cell/kernel": uniform(-0.9258201, 0.9258201),
    # rnn.weight_hh_l0: Each gate's 4 × 4 matrix is orthogonal by itself: applied at every step, its singular values of exactly 1 neither blow up nor shrink the state, while a packed orthogonal matrix would leave no gate orthogonal.
    "rnn/lstm_cell/recurrent_kernel": each(4, orthogonal(1), axis=-1),
    # rnn.bias_l0: The forget gate starts at sigmoid(1) = 0.731 rather than 0.5, so that the cell forgets over 3.2 steps rather than 1.4.
    "rnn/lstm_cell/bias": parts((4, constant(0)), (4, constant(1)), (8, constant(0)), axis=-1),
    # fc.weight: The last layer has no activation to make up for: variance 1/fan_in (fan_in 4, std 0.5) starts the outputs at the size of its inputs, small enough that a softmax starts undecided.
    "fc/kernel": normal(0.5),
    # fc.bias: Biases start at 0: random weights already break the symmetry, and the variances above count no bias.
    "fc/bias": constant(0),
}


def init(model, seed=0):
    left = []
    seeds = keras.random.SeedGenerator(seed)
    for v in model.weights:
        # The name of the model itself may stand before those of its layers.
        names = {v.path, v.path.split("/", 1)[-1]}
        rules = (r for pattern, r in RULES.items() if any(fnmatchcase(n, pattern) for n in names))
        rule = next(rules, None)
        if rule is None:
            left.append(v.path)
        else:
            v.assign(rule(tuple(v.shape), seeds))
    return left
