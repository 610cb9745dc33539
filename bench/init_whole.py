"""Draws the parameters that a JSON list of [name, shape, scheme, std] asks for with torch and saves them.

    python bench/init_whole.py parameters.json OUT.pt
"""

import json
import sys

import torch

torch.set_num_threads(2)
weights = {}
for name, shape, scheme, std in json.load(open(sys.argv[1])):
    tensor = torch.empty(shape)
    if scheme == "zeros":
        torch.nn.init.zeros_(tensor)
    elif scheme == "ones":
        torch.nn.init.ones_(tensor)
    elif scheme == "glorot_uniform":
        torch.nn.init.uniform_(tensor, -(3**0.5) * std, 3**0.5 * std)
    elif scheme == "truncated_normal":
        torch.nn.init.trunc_normal_(tensor, 0, std, -2 * std, 2 * std)
    else:
        torch.nn.init.normal_(tensor, 0, std)
    weights[name] = tensor
torch.save(weights, sys.argv[2])
