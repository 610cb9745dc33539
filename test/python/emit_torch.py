"""Runs the programs of `advise --emit torch` on models that PyTorch builds. Usage: emit_torch.py FOLDER"""

import pathlib
import sys

import torch
from torch import nn

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from check import check_runs, compare, load, program
from models import BUILD



def plain(parameters):
    """A module that holds parameters of these names and nothing else."""
    model = nn.Module()
    for name, item in parameters.items():
        *modules, leaf = name.split(".")
        at = model
        for step in modules:
            if not hasattr(at, step):
                at.add_module(step, nn.Module())
            at = getattr(at, step)
        at.register_parameter(leaf, nn.Parameter(torch.empty(item["shape"])))
    return model


folder = pathlib.Path(sys.argv[1]).resolve()
wrong = []
for case, expected in load(folder / "expected.json").items():
    module = program(folder, case, "torch")
    runs = []
    for seed in (0, 0, 1):
        build = BUILD.get(case.split("-")[0], lambda: plain(expected["parameters"]))
        model = build()
        for tensor in [*model.parameters(), *model.buffers()]:
            if tensor.is_floating_point():
                nn.init.constant_(tensor, 7.25)
        state = torch.random.get_rng_state()
        left = module.init_(model, seed=seed)
        if left != expected["left"]:
            wrong.append(f"{case}: must leave {expected['left']}, got {left}")
        if not torch.equal(state, torch.random.get_rng_state()):
            wrong.append(f"{case}: must not touch the global generator")
        runs.append({n: w.numpy() for n, w in model.state_dict().items() if w.is_floating_point()})
    wrong += compare(expected["parameters"], runs[0], case)
    wrong += check_runs(runs, case)
print("\n".join(wrong))
