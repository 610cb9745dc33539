"""Small networks that PyTorch exported with all names kept, for the programs of `advise --emit`.

    python test/golden/emit_models.py > test/golden/emit_models.json

Each is an ONNX file, gzipped, base64. The values of the parameters are set to 0 after the export: only
their names and shapes are of use.
"""

import base64
import contextlib
import gzip
import io
import json
import sys
import warnings

import onnx
import torch
from onnx import numpy_helper
from torch import nn


class Cnn(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 16, 3, padding=1)
        self.dw = nn.Conv2d(16, 32, 3, padding=1, groups=16)
        self.bn = nn.BatchNorm2d(32)
        self.up = nn.ConvTranspose2d(32, 12, 4, stride=2)
        self.head = nn.Linear(12, 10)

    def forward(self, x):
        x = torch.relu(self.bn(self.dw(torch.relu(self.conv(x)))))
        return self.head(torch.relu(self.up(x)).mean((2, 3)))


class TanhCnn(nn.Module):
    def __init__(self):
        super().__init__()
        self.convs = nn.ModuleList([nn.Conv2d(a, b, 3, padding=1) for a, b in [(3, 8), (8, 12), (12, 6)]])
        self.head = nn.Linear(6, 4)

    def forward(self, x):
        for conv in self.convs:
            x = torch.tanh(conv(x))
        return self.head(x.mean((2, 3)))


class Recurrent(nn.Module):
    def __init__(self):
        super().__init__()
        self.emb = nn.Embedding(50, 12)
        self.lstm = nn.LSTM(12, 16, batch_first=True)
        self.gru = nn.GRU(16, 8, batch_first=True)
        self.rnn = nn.RNN(8, 6, batch_first=True)
        self.head = nn.Linear(6, 5)

    def forward(self, x):
        x = self.gru(self.lstm(self.emb(x))[0])[0]
        return self.head(self.rnn(x)[0][:, -1])


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 16, 3, padding=1, bias=False)
        self.conv1 = nn.Conv2d(16, 16, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        self.conv2 = nn.Conv2d(16, 16, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(16)
        self.fc = nn.Linear(16, 10)

    def forward(self, x):
        x = torch.relu(self.stem(x))
        x = torch.relu(x + self.bn2(self.conv2(torch.relu(self.bn1(self.conv1(x))))))
        return self.fc(x.mean((2, 3)))


class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        layer = nn.TransformerEncoderLayer(32, 4, 64, 0.0, "gelu", batch_first=True)
        self.layers = nn.TransformerEncoder(layer, 1).layers

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return x


def mlp(activation):
    return nn.Sequential(
        nn.Linear(20, 64), activation(), nn.Linear(64, 48), activation(), nn.Linear(48, 10)
    )


MODELS = {
    "mlp": (mlp(nn.ReLU), torch.randn(2, 20)),
    "tanh": (mlp(nn.Tanh), torch.randn(2, 20)),
    "cnn": (Cnn(), torch.randn(2, 3, 8, 8)),
    "tanhcnn": (TanhCnn(), torch.randn(2, 3, 8, 8)),
    "recurrent": (Recurrent(), torch.randint(0, 50, (2, 7))),
    "block": (Block(), torch.randn(2, 3, 8, 8)),
    "encoder": (Encoder(), torch.randn(2, 5, 32)),
}


def exported(model, x) -> str:
    # Tensors of equal values would be stored once, under one of their names.
    for p in model.parameters():
        nn.init.normal_(p)
    for name, b in model.named_buffers():
        if b.is_floating_point():
            nn.init.uniform_(b)
    out = io.BytesIO()
    torch.onnx.export(
        model.train(),
        (x,),
        out,
        dynamo=False,
        training=torch.onnx.TrainingMode.PRESERVE,
        do_constant_folding=False,
    )
    file = onnx.load_from_string(out.getvalue())
    names = {name for name, _ in [*model.named_parameters(), *model.named_buffers()]}
    for tensor in file.graph.initializer:
        if tensor.name in names:
            zeros = numpy_helper.to_array(tensor) * 0
            tensor.CopyFrom(numpy_helper.from_array(zeros, tensor.name))
    file.graph.ClearField("doc_string")
    for node in file.graph.node:
        node.ClearField("doc_string")
    return base64.b64encode(gzip.compress(file.SerializeToString(), mtime=0)).decode()


warnings.simplefilter("ignore")
torch.manual_seed(0)
with contextlib.redirect_stdout(sys.stderr):
    files = {name: exported(model, x) for name, (model, x) in MODELS.items()}
json.dump({"made_by": f"torch {torch.__version__}, onnx {onnx.__version__}", "files": files}, sys.stdout)
print()
