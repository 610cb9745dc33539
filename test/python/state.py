"""Loads NAME.safetensors of this folder into the PyTorch model NAME; prints what is wrong."""

import pathlib
import sys

import torch
from safetensors.torch import load_file

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from models import BUILD

wrong = []
for path in sorted(pathlib.Path().glob("*.safetensors")):
    weights = load_file(path)
    # What the exporter stores besides: states of recurrent layers and the like, under names with a slash.
    weights = {name: w for name, w in weights.items() if not name.startswith("/")}
    model = BUILD[path.stem]()
    model.load_state_dict(weights)
    for name, w in model.state_dict().items():
        # Counters of batches are no weights.
        if w.is_floating_point() and not torch.equal(w, weights[name]):
            wrong.append(f"{path}: {name} must be what the file has")
print("\n".join(wrong))
