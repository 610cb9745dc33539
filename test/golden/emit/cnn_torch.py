"""Initial weights for model.onnx, from `stepzero advise --emit torch`.

    left = init_(model, seed=0)  # left: the parameters that no rule names, as they were
"""

from fnmatch import fnmatchcase

import torch
from torch import nn

# Names, what is drawn, and why.
# A name is that of the file; * stands for any text. Weights are [out, in, ...].
RULES = {
    # layers.0.weight: tanh follows: gain √q* = 0.6327 (fan_in 27, std 0.1218) brings inputs of unit second moment to q* = 0.4003, the size at which the next layers hold the signal over the depth of 3.
    "layers.0.weight": lambda w: nn.init.orthogonal_(w, gain=0.63269774),
    # layers.0.bias and 2 more: Biases start at 0: random weights already break the symmetry, and the variances above count no bias.
    "layers.*.bias": nn.init.zeros_,
    "fc.bias": nn.init.zeros_,
    # layers.1.weight: tanh feeds this layer: at gain 1.295 the second moment stays at q* = 0.4003 and the gradient's changes by χ₁^3 = 1.2 over the depth of 3; an orthogonal matrix keeps all singular values together, which no Gaussian does.
    "layers.1.weight": lambda w: nn.init.orthogonal_(w, gain=1.2948957),
    # fc.weight: The last layer has no activation to make up for: variance 1/fan_in (fan_in 8, std 0.3536) starts the outputs at the size of its inputs, small enough that a softmax starts undecided.
    "fc.weight": lambda w: nn.init.kaiming_normal_(w, nonlinearity="linear"),
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
