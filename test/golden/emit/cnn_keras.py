"""Initial weights for model.onnx, from `stepzero advise --emit keras`.

    left = init(model, seed=0)  # left: the variables that no rule names, as they were
"""

from fnmatch import fnmatchcase

import keras


def constant(value):
    return lambda shape, seed: keras.ops.full(shape, value)


def normal(std, mean=0.0):
    return lambda shape, seed: keras.random.normal(shape, mean, std, seed=seed)


def orthogonal(gain):
    return lambda shape, seed: keras.initializers.Orthogonal(gain, seed=seed)(shape)


# Names, what is drawn, and why.
# A dotted name is layer/variable here: dots in the name of a layer are _, weight is kernel, gamma or
# embeddings. * stands for any text. Kernels are [..., in, out], other than in PyTorch, and transposed
# convolutions [..., out, in], so standard deviations are told, not fans.
RULES = {
    # layers.0.weight: tanh follows: gain √q* = 0.6327 (fan_in 27, std 0.1218) brings inputs of unit second moment to q* = 0.4003, the size at which the next layers hold the signal over the depth of 3.
    "layers_0/kernel": orthogonal(0.63269774),
    # layers.0.bias and 2 more: Biases start at 0: random weights already break the symmetry, and the variances above count no bias.
    "layers_*/bias": constant(0),
    "fc/bias": constant(0),
    # layers.1.weight: tanh feeds this layer: at gain 1.295 the second moment stays at q* = 0.4003 and the gradient's changes by χ₁^3 = 1.2 over the depth of 3; an orthogonal matrix keeps all singular values together, which no Gaussian does.
    "layers_1/kernel": orthogonal(1.2948957),
    # fc.weight: The last layer has no activation to make up for: variance 1/fan_in (fan_in 8, std 0.3536) starts the outputs at the size of its inputs, small enough that a softmax starts undecided.
    "fc/kernel": normal(0.35355339),
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
