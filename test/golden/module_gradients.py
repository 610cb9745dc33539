"""Gradients of half the sum of squares of the outputs of the modules in pytorch_modules.py, by autograd in float64.

Modules are built after `torch.manual_seed(7)`, as for their ONNX files. Inputs are ((7919 i) mod 2003) / 1001 - 1 for
element i, tokens (7 i) mod 11. By module and parameter: the shape, the norm of the gradient and five of its elements,
at i * (size - 1) // 4. Run with torch 2.13: python module_gradients.py > module_gradients.json.
"""

import json

import torch

from pytorch_modules import CASES


def fed(value):
    at = torch.arange(value.numel()).reshape(value.shape)
    if value.dtype == torch.int64:
        return (7 * at) % 11
    return ((7919 * at) % 2003).double() / 1001 - 1


def numbers(gradient):
    flat = gradient.reshape(-1)
    size = flat.numel()
    return [float(gradient.norm())] + [float(flat[i * (size - 1) // 4]) for i in range(5)]


found = {}
for name, (make, inputs, modes) in CASES.items():
    torch.manual_seed(7)
    module = make().double().train(modes == "raw")
    torch.set_default_dtype(torch.float64)
    outputs = module(*[fed(value) for value in inputs()])
    torch.set_default_dtype(torch.float32)
    (outputs.square().sum() / 2).backward()
    found[name] = {
        parameter: [list(value.shape), numbers(value.grad)]
        for parameter, value in module.named_parameters()
        if value.grad is not None
    }
print(json.dumps(found, separators=(",", ":")))
