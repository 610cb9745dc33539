"""Runs the programs of `advise --emit torch` on models that PyTorch builds. Usage: emit_torch.py FOLDER"""

import pathlib
import sys

import torch
from torch import nn

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from check import check_runs, compare, load, program

folder = pathlib.Path(sys.argv[1]).resolve()
source = pathlib.Path(__file__).resolve().parent.parent / "golden" / "emit_models.py"
# The classes of the models alone: what stands before the table of models.
text = source.read_text(encoding="utf-8").split("\nMODELS = ")[0]
text = text.replace("import onnx\n", "").replace("from onnx import numpy_helper\n", "")
models = {}
exec(compile(text, str(source), "exec"), models)
BUILD = {
    "mlp": lambda: models["mlp"](nn.ReLU),
    "tanh": lambda: models["mlp"](nn.Tanh),
    "cnn": models["Cnn"],
    "tanhcnn": models["TanhCnn"],
    "recurrent": models["Recurrent"],
    "block": models["Block"],
    "encoder": models["Encoder"],
}


wrong = []
for case, expected in load(folder / "expected.json").items():
    module = program(folder, case, "torch")
    runs = []
    for seed in (0, 0, 1):
        model = BUILD[case.split("-")[0]]()
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
