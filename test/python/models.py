"""The PyTorch models of emit_models.py, without exporting them."""

import pathlib

from torch import nn

source = pathlib.Path(__file__).resolve().parent.parent / "golden" / "emit_models.py"
text = source.read_text(encoding="utf-8").split("\nMODELS = ")[0]
# What follows the models needs onnx; the models do not.
text = text.replace("import onnx\n", "").replace("from onnx import numpy_helper\n", "")
found = {}
exec(compile(text, str(source), "exec"), found)

BUILD = {
    "mlp": lambda: found["mlp"](nn.ReLU),
    "tanh": lambda: found["mlp"](nn.Tanh),
    "cnn": found["Cnn"],
    "tanhcnn": found["TanhCnn"],
    "recurrent": found["Recurrent"],
    "block": found["Block"],
    "encoder": found["Encoder"],
}
