"""Initial weights for model.onnx, from `stepzero advise --emit torch`.

    left = init_(model, seed=0)  # left: the parameters that no rule names, as they were
"""

from fnmatch import fnmatchcase

import torch
from torch import nn


def each(count, rule, dim=0):
    """Draws each of the equal parts of a packed tensor by itself."""
    return lambda w: [rule(part) for part in w.chunk(count, dim)]


def parts(*rules, dim=0):
    """Draws the parts of a packed tensor, of these sizes, one after another."""
    sizes = [size for size, _ in rules]
    return lambda w: [rule(part) for part, (_, rule) in zip(w.split(sizes, dim), rules)]


# Names, what is drawn, and why.
# A name is that of the file; * stands for any text. Weights are [out, in, ...].
RULES = {
    # embed.weight: A lookup adds nothing up: its fan_in is 1, so unit variance gives the next layer inputs of unit second moment.
    "embed.weight": lambda w: nn.init.normal_(w, std=1),
    # rnn.weight_ih_l0: Each of 4 gates is a map of its own with 3 inputs and 4 outputs (std 0.5345), drawn by itself; the packed shape would count the gates as outputs.
    "rnn.weight_ih_l0": each(4, nn.init.xavier_uniform_),
    # rnn.weight_hh_l0: Each gate's 4 × 4 matrix is orthogonal by itself: applied at every step, its singular values of exactly 1 neither blow up nor shrink the state, while a packed orthogonal matrix would leave no gate orthogonal.
    "rnn.weight_hh_l0": each(4, nn.init.orthogonal_),
    # rnn.bias_l0: The forget gate starts at sigmoid(1) = 0.731 rather than 0.5, so that the cell forgets over 3.2 steps rather than 1.4.
    "rnn.bias_l0": parts((8, nn.init.zeros_), (4, nn.init.ones_), (20, nn.init.zeros_), dim=1),
    # fc.weight: The last layer has no activation to make up for: variance 1/fan_in (fan_in 4, std 0.5) starts the outputs at the size of its inputs, small enough that a softmax starts undecided.
    "fc.weight": lambda w: nn.init.kaiming_normal_(w, nonlinearity="linear"),
    # fc.bias: Biases start at 0: random weights already break the symmetry, and the variances above count no bias.
    "fc.bias": nn.init.zeros_,
}


@torch.no_grad()
def init_(model, seed=0):
    left = []
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        for name, w in [*model.named_parameters(), *model.named_buffers()]:
            rule = next((r for pattern, r in RULES.items() if fnmatchcase(name, pattern)), None)
            if rule is not None:
                rule(w)
            elif isinstance(w, nn.Parameter):
                left.append(name)
    return left
