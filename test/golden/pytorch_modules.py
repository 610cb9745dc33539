"""Small PyTorch modules as ONNX files, exported right after `torch.manual_seed(7)` and building them.

Their stored weights are therefore what building gives. `ts` is the TorchScript exporter, `raw` the same without
folding of constants, `dyn` the exporter of torch 2.9 and later, `dynraw` the same without its optimiser. What tells
where a node came from is stripped. Run with torch 2.13, onnx 1.22 and onnxscript 0.7: python pytorch_modules.py FOLDER
"""

import contextlib
import io
import sys
import warnings

import onnx
import torch
import torch.nn as nn

warnings.filterwarnings("ignore")
torch.backends.mha.set_fastpath_enabled(False)


class Block(nn.Module):
    def __init__(self, inputs, outputs, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.down = None
        if stride != 1:
            self.down = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x):
        y = self.bn2(self.conv2(torch.relu(self.bn1(self.conv1(x)))))
        return torch.relu(y + (x if self.down is None else self.down(x)))


class ResNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 4, 3, 1, 1, bias=False)
        self.bn = nn.BatchNorm2d(4)
        self.layers = nn.Sequential(Block(4, 4), Block(4, 8, 2))
        self.fc = nn.Linear(8, 5)

    def forward(self, x):
        return self.fc(self.layers(torch.relu(self.bn(self.stem(x)))).mean((2, 3)))


class Recurrent(nn.Module):
    def __init__(self, kind, **options):
        super().__init__()
        self.e = nn.Embedding(20, 6)
        self.r = kind(6, 5, batch_first=True, **options)
        self.o = nn.Linear(10 if options.get("bidirectional") else 5, 3)

    def forward(self, x):
        return self.o(self.r(self.e(x))[0][:, -1])


class Attention(nn.Module):
    def __init__(self, bias=True):
        super().__init__()
        self.inp = nn.Linear(7, 8)
        self.a = nn.MultiheadAttention(8, 2, bias=bias, batch_first=True)
        self.o = nn.Linear(8, 3)

    def forward(self, x):
        x = self.inp(x)
        return self.o(x + self.a(x, x, x, need_weights=False)[0])


class OtherWidths(nn.Module):
    def __init__(self):
        super().__init__()
        self.q = nn.Linear(3, 8)
        self.a = nn.MultiheadAttention(8, 2, kdim=6, vdim=5, batch_first=True)
        self.k = nn.Linear(3, 6)
        self.v = nn.Linear(3, 5)
        self.o = nn.Linear(8, 3)

    def forward(self, x):
        return self.o(self.a(self.q(x), self.k(x), self.v(x), need_weights=False)[0])


class Cross(nn.Module):
    def __init__(self):
        super().__init__()
        self.q = nn.Linear(3, 8)
        self.a = nn.MultiheadAttention(8, 2, batch_first=True)
        self.k = nn.Linear(4, 8)
        self.o = nn.Linear(8, 3)

    def forward(self, x, y):
        k = self.k(y)
        return self.o(self.a(self.q(x), k, k, need_weights=False)[0])


class Encoder(nn.Module):
    """One layer is drawn, the others are copies."""

    def __init__(self, norm_first=False):
        super().__init__()
        self.e = nn.Embedding(11, 8)
        layer = nn.TransformerEncoderLayer(8, 2, 16, 0.0, batch_first=True, norm_first=norm_first)
        self.t = nn.TransformerEncoder(layer, 3, enable_nested_tensor=False)
        self.o = nn.Linear(8, 11)

    def forward(self, x):
        return self.o(self.t(self.e(x)))


class Blocks(nn.Module):
    """Every layer is drawn."""

    def __init__(self):
        super().__init__()
        self.e = nn.Embedding(11, 8)
        layers = [nn.TransformerEncoderLayer(8, 2, 16, 0.0, batch_first=True) for _ in range(2)]
        self.blocks = nn.ModuleList(layers)
        self.o = nn.Linear(8, 11)

    def forward(self, x):
        x = self.e(x)
        for block in self.blocks:
            x = block(x)
        return self.o(x)


class Decoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.e = nn.Embedding(11, 8)
        self.m = nn.Linear(4, 8)
        self.t = nn.TransformerDecoder(nn.TransformerDecoderLayer(8, 2, 16, 0.0, batch_first=True), 2)
        self.o = nn.Linear(8, 11)

    def forward(self, x, y):
        return self.o(self.t(self.e(x), self.m(y)))


class Transformer(nn.Module):
    """Draws every matrix once more when both stacks are built."""

    def __init__(self):
        super().__init__()
        self.e = nn.Embedding(11, 8)
        self.t = nn.Transformer(8, 2, 1, 2, 16, 0.0, batch_first=True)
        self.o = nn.Linear(8, 11)

    def forward(self, x):
        x = self.e(x)
        return self.o(self.t(x, x * 0.5))


class Misc(nn.Module):
    def __init__(self):
        super().__init__()
        self.c = nn.Conv1d(3, 6, 3, groups=3)
        self.p = nn.PReLU()
        self.t = nn.ConvTranspose1d(6, 4, 2, stride=2, groups=2)
        self.l = nn.Linear(4, 5, bias=False)
        self.n = nn.LayerNorm(5)

    def forward(self, x):
        return self.n(self.l(self.t(self.p(self.c(x))).transpose(1, 2)))


class Volume(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Conv3d(1, 4, 2)
        self.b = nn.ConvTranspose3d(4, 2, 2)
        self.g = nn.GroupNorm(2, 4)

    def forward(self, x):
        return self.b(torch.relu(self.g(self.a(x))))


class Separable(nn.Module):
    def __init__(self):
        super().__init__()
        self.dw = nn.Conv2d(4, 8, 3, padding=1, groups=4)
        self.pw = nn.Conv2d(8, 6, 1)
        self.up = nn.ConvTranspose2d(6, 3, 3, stride=2)
        self.i = nn.InstanceNorm2d(3, affine=True)

    def forward(self, x):
        return self.i(self.up(torch.relu(self.pw(self.dw(x)))))


class OtherOrder(nn.Module):
    """Built in another order than run."""

    def __init__(self):
        super().__init__()
        self.head = nn.Linear(6, 2)
        self.body = nn.Linear(4, 6)
        self.first = nn.Linear(3, 4)

    def forward(self, x):
        return self.head(torch.relu(self.body(torch.relu(self.first(x)))))


class Gpt(nn.Module):
    """Its packed projection is a Linear, its positions are an Embedding, its head has no bias."""

    def __init__(self):
        super().__init__()
        self.tok = nn.Embedding(13, 8)
        self.pos = nn.Embedding(5, 8)
        self.qkv = nn.Linear(8, 24)
        self.proj = nn.Linear(8, 8)
        self.ln = nn.LayerNorm(8)
        self.fc = nn.Linear(8, 16)
        self.out = nn.Linear(16, 8)
        self.head = nn.Linear(8, 13, bias=False)

    def forward(self, i):
        x = self.tok(i) + self.pos(torch.arange(i.shape[1]))
        batch, steps, width = x.shape
        parts = self.qkv(self.ln(x)).split(8, 2)
        q, k, v = [part.view(batch, steps, 2, 4).transpose(1, 2) for part in parts]
        mixed = torch.softmax(q @ k.transpose(2, 3) * 0.5, -1) @ v
        x = x + self.proj(mixed.transpose(1, 2).reshape(batch, steps, width))
        return self.head(x + self.out(nn.functional.gelu(self.fc(x))))


class Cells(nn.Module):
    def __init__(self):
        super().__init__()
        self.c = nn.LSTMCell(4, 5)
        self.g = nn.GRUCell(5, 5)
        self.o = nn.Linear(5, 2)

    def forward(self, x):
        h, _ = self.c(x)
        return self.o(self.g(h, h * 0.5))


class Padded(nn.Module):
    def __init__(self):
        super().__init__()
        self.e = nn.Embedding(11, 8, padding_idx=2)
        self.o = nn.Linear(8, 2)

    def forward(self, x):
        return self.o(self.e(x))


def mlp():
    return nn.Sequential(
        nn.Linear(5, 7), nn.ReLU(), nn.Linear(7, 3, bias=False), nn.ReLU(), nn.Linear(3, 20)
    )


def real(*shape):
    return torch.zeros(shape)


def tokens(*shape):
    return torch.zeros(shape, dtype=torch.int64)


STEPS = lambda: (tokens(2, 4),)
CASES = {
    "mlp": (mlp, lambda: (real(2, 5),), "ts dyn"),
    "resnet": (ResNet, lambda: (real(2, 3, 8, 8),), "dynraw"),
    "lstm": (lambda: Recurrent(nn.LSTM), STEPS, "ts dyn"),
    "lstm_bi2": (lambda: Recurrent(nn.LSTM, num_layers=2, bidirectional=True), STEPS, "ts raw dyn"),
    "lstm_nobias": (lambda: Recurrent(nn.LSTM, bias=False), STEPS, "ts"),
    "gru2": (lambda: Recurrent(nn.GRU, num_layers=2), STEPS, "ts dyn"),
    "gru_bi": (lambda: Recurrent(nn.GRU, bidirectional=True), STEPS, "raw dyn"),
    "rnn_bi2": (lambda: Recurrent(nn.RNN, num_layers=2, bidirectional=True), STEPS, "ts dyn"),
    "cells": (Cells, lambda: (real(2, 4),), "ts"),
    "mha": (Attention, lambda: (real(2, 4, 7),), "ts dyn"),
    "mha_nobias": (lambda: Attention(False), lambda: (real(2, 4, 7),), "ts dyn"),
    "mha_widths": (OtherWidths, lambda: (real(2, 4, 3),), "ts dyn"),
    "mha_cross": (Cross, lambda: (real(2, 5, 3), real(2, 4, 4)), "ts dyn"),
    "encoder": (Encoder, lambda: (tokens(2, 5),), "ts dyn"),
    "encoder_prenorm": (lambda: Encoder(True), lambda: (tokens(2, 5),), "raw"),
    "blocks": (Blocks, lambda: (tokens(2, 5),), "ts dyn"),
    "decoder": (Decoder, lambda: (tokens(2, 5), real(2, 3, 4)), "ts dyn"),
    "transformer": (Transformer, lambda: (tokens(2, 5),), "raw"),
    "misc": (Misc, lambda: (real(2, 3, 9),), "ts dyn"),
    "volume": (Volume, lambda: (real(1, 1, 4, 4, 4),), "ts"),
    "separable": (Separable, lambda: (real(1, 4, 6, 6),), "ts dyn"),
    "order": (OtherOrder, lambda: (real(2, 3),), "ts dyn"),
    "gpt": (Gpt, lambda: (tokens(2, 5),), "ts dyn"),
    "padded": (Padded, lambda: (tokens(2, 5),), "ts dyn"),
}


def export(module, inputs, path, mode):
    if mode.startswith("dyn"):
        options = dict(dynamo=True, external_data=False, optimize=mode == "dyn")
    else:
        options = dict(dynamo=False, opset_version=17, do_constant_folding=mode == "ts")
    if mode == "raw":
        options["training"] = torch.onnx.TrainingMode.PRESERVE
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        torch.onnx.export(module, inputs, path, **options)


def strip(path):
    model = onnx.load(path)
    del model.metadata_props[:]
    graph = model.graph
    graph.doc_string = ""
    del graph.metadata_props[:]
    del graph.value_info[:]
    for item in [*graph.node, *graph.input, *graph.output, *graph.initializer]:
        item.doc_string = ""
        del item.metadata_props[:]
    for function in model.functions:
        function.doc_string = ""
        del function.metadata_props[:]
        del function.value_info[:]
        for node in function.node:
            node.doc_string = ""
            del node.metadata_props[:]
    onnx.save(model, path)


if __name__ == "__main__":
    for name, (make, inputs, modes) in CASES.items():
        for mode in modes.split():
            torch.manual_seed(7)
            module = make().train(mode == "raw")
            path = f"{sys.argv[1]}/{name}.{mode}.onnx"
            export(module, inputs(), path, mode)
            strip(path)
