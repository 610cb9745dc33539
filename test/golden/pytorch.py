"""Draws of PyTorch on the CPU (x86-64 with AVX2 or more), as SHA-256 of little-endian float32 in row-major order.

`tensors`: one function after `torch.manual_seed`. `streams`: several in a row. `architectures`: the modules of
our named architectures, built in order, with recurrent gates restacked as ONNX has them. `close`: values that are
promised within a tolerance, among them `trunc_normal_` of PyTorch 2.11 as its source computes it (uniform, erfinv,
scale, shift, clamp). Run with torch 2.13: python pytorch.py > pytorch.json; with the reference draws of the issue as
an argument, their PyTorch cases are copied too; with --draw, prints the hashes of cases from standard input.
"""

import hashlib
import json
import math
import sys
import warnings

import torch
import torch.nn as nn
import torch.nn.init as init

warnings.simplefilter("ignore")

CALLS = {
    "zeros": lambda w: init.zeros_(w),
    "ones": lambda w: init.ones_(w),
    "constant": lambda w, value: init.constant_(w, value),
    "uniform": lambda w, low=0.0, high=1.0: init.uniform_(w, low, high),
    "normal": lambda w, mean=0.0, std=1.0: init.normal_(w, mean, std),
    "truncated_normal": lambda w, mean=0.0, std=1.0, a=-2.0, b=2.0: init.trunc_normal_(w, mean, std, a, b),
    "glorot_normal": lambda w, gain=1.0: init.xavier_normal_(w, gain),
    "glorot_uniform": lambda w, gain=1.0: init.xavier_uniform_(w, gain),
    "he_normal": lambda w, negative_slope=0, **o: init.kaiming_normal_(w, negative_slope, **o),
    "he_uniform": lambda w, negative_slope=0, **o: init.kaiming_uniform_(w, negative_slope, **o),
    "orthogonal": lambda w, gain=1: init.orthogonal_(w, gain),
    "sparse": lambda w, sparsity=0.1, std=0.01: init.sparse_(w, sparsity, std),
    "identity": lambda w: init.eye_(w),
    "dirac": lambda w: init.dirac_(w),
}


def sha(tensor):
    return hashlib.sha256(tensor.detach().contiguous().numpy().tobytes()).hexdigest()


def draw(scheme, options, shape):
    w = torch.zeros(shape)
    CALLS[scheme](w, **options)
    return w


def tensor_cases():
    list_ = []

    def add(scheme, shape, seed=0, **options):
        torch.manual_seed(seed)
        w = draw(scheme, options, shape)
        list_.append(dict(scheme=scheme, options=options, shape=list(shape), seed=seed, sha256=sha(w)))

    for n in list(range(0, 41)) + [100, 255, 257, 16384, 16385, 16400, 40000]:
        add("normal", (n,), seed=n)
        add("uniform", (n,), seed=n, low=-1.5, high=0.25)
    for seed in (1, 42, 12345, 2**31, 2**32 - 1, 2**32, 2**32 + 5, 2**53 - 1):
        add("normal", (7, 9), seed=seed, mean=0.3, std=2.5)
        add("uniform", (7, 9), seed=seed)
        add("he_normal", (12, 5, 3), seed=seed)
        add("truncated_normal", (33,), seed=seed)
    for shape in ((2, 3, 4), (3, 2, 2, 2), (2, 3, 2, 2, 3), (1, 1), (1, 16), (17, 1), (), (4, 0), (0, 4), (0,)):
        add("normal", shape, seed=5, std=0.02)
        add("uniform", shape, seed=5)
        add("truncated_normal", shape, seed=5, std=0.02, a=-0.04, b=0.04)
        if len(shape) >= 2:
            for scheme in ("glorot_normal", "glorot_uniform", "he_normal", "he_uniform"):
                add(scheme, shape, seed=6)
    for mean, std in ((0.0, 0.0), (1e-3, 1e-6), (-4.0, 1e4), (1e10, 1.0), (0.0, 1e-40)):
        add("normal", (50,), seed=7, mean=mean, std=std)
        add("normal", (5,), seed=7, mean=mean, std=std)
    for low, high in ((0.0, 0.0), (-1e-3, 1e-3), (1.0, 1.0000002), (-3e38, 1.0), (-0.1, 0.7)):
        add("uniform", (300,), seed=8, low=low, high=high)
    for a, b in ((-2.0, 2.0), (-1.0, 1.0), (-0.3, 0.3), (-0.01, 0.02), (0.0, 3.0), (1.0, 2.0), (2.0, 5.0), (-5.0, -1.5),
                 (-math.inf, 0.0), (-1.0, math.inf), (-10.0, 10.0), (3.0, 3.5)):
        for shape in ((10,), (64, 9), (100, 33)):
            add("truncated_normal", shape, seed=9, a=a, b=b)
    add("truncated_normal", (500,), seed=10, mean=1.5, std=0.5, a=0.0, b=1.0)
    add("truncated_normal", (500,), seed=10, mean=-3.0, std=2.0, a=0.0, b=0.1)
    for gain in (1.0, math.sqrt(2), 0.1, 5 / 3):
        add("glorot_uniform", (20, 30), seed=11, gain=gain)
        add("glorot_normal", (20, 30, 3), seed=11, gain=gain)
    for mode in ("fan_in", "fan_out"):
        for nonlinearity in ("relu", "leaky_relu", "tanh", "linear", "selu", "sigmoid"):
            for slope in (0, 0.01, 0.2, math.sqrt(5)):
                for scheme in ("he_normal", "he_uniform"):
                    add(scheme, (9, 6, 3, 2), seed=12, mode=mode, nonlinearity=nonlinearity, negative_slope=slope)
    for sparsity in (0.0, 0.1, 0.35, 0.9, 1.0):
        add("sparse", (20, 7), seed=13, sparsity=sparsity)
        add("sparse", (3, 2), seed=13, sparsity=sparsity, std=0.5)
    for shape in ((3, 3), (2, 5), (5, 2), (0, 3)):
        add("identity", shape)
        add("zeros", shape)
        add("ones", shape)
        add("constant", shape, value=0.1)
    for shape in ((3, 3, 3), (2, 4, 4), (4, 2, 3, 2), (2, 2, 1, 2, 3)):
        add("dirac", shape)
    return list_


def stream_cases():
    """Normal numbers below 16 come in pairs whose second waits, through other calls, until manual_seed."""
    n3 = ["normal", {}, [3]]
    lists = [
        [n3, ["uniform", {}, [5]], n3, ["normal", {"std": 2.0}, [17]], n3, ["normal", {}, [1]]],
        [["normal", {}, [1]], ["truncated_normal", {}, [9]], ["he_normal", {}, [3, 4]], ["normal", {}, [2]]],
        [["sparse", {"sparsity": 0.5}, [4, 3]], ["normal", {}, [15]], ["sparse", {"sparsity": 0.5}, [6, 5]], n3],
    ]
    result = []
    for seed, calls in enumerate(lists):
        torch.manual_seed(seed)
        shas = [sha(draw(scheme, options, shape)) for scheme, options, shape in calls]
        result.append(dict(seed=seed, calls=calls, sha256=shas))
    return result


def close_cases():
    list_ = []

    def add(dialect, scheme, shape, seed, options, tolerance, w):
        list_.append(dict(dialect=dialect, scheme=scheme, options=options, shape=list(shape), seed=seed,
                          tolerance=tolerance, values=[float(x) for x in w.flatten()]))

    for shape in ((8, 5), (5, 8), (1, 3), (6, 2, 3), (3, 3), (4, 4, 2, 2), (40, 25)):
        for gain in (1, 0.5):
            torch.manual_seed(3)
            add("torch@2.13", "orthogonal", shape, 3, {"gain": gain}, 2e-6, draw("orthogonal", {"gain": gain}, shape))

    def trunc_normal_211(shape, mean, std, a, b):
        cdf = lambda x: (1.0 + math.erf(x / math.sqrt(2.0))) / 2.0
        w = torch.empty(shape)
        w.uniform_(2 * cdf((a - mean) / std) - 1, 2 * cdf((b - mean) / std) - 1)
        w.erfinv_().mul_(std * math.sqrt(2.0)).add_(mean).clamp_(min=a, max=b)
        return w

    for mean, std, a, b in ((0.0, 1.0, -2.0, 2.0), (0.0, 0.02, -2.0, 2.0), (0.5, 1.0, 0.0, 3.0), (0.0, 1.0, 1.5, 1.75)):
        torch.manual_seed(4)
        w = trunc_normal_211((20, 10), mean, std, a, b)
        options = dict(mean=mean, std=std, a=a, b=b)
        add("torch@2.11", "truncated_normal", (20, 10), 4, options, 5e-7 * max(1, std), w)
    return list_


ONNX_GATES = {nn.RNN: "h", nn.LSTM: "iofc", nn.GRU: "zrh"}
TORCH_GATES = {nn.RNN: "h", nn.LSTM: "ifco", nn.GRU: "rzh"}


def affine(path, module):
    names = {"weight": module.weight, "bias": module.bias}
    return {f"{path}.{name}": value for name, value in names.items() if value is not None}


def norm(path, module):
    result = affine(path, module)
    if isinstance(module, nn.BatchNorm2d):
        result[f"{path}.running_mean"] = module.running_mean
        result[f"{path}.running_var"] = module.running_var
    return result


def mlp(*widths):
    result = {}
    for i, (a, b) in enumerate(zip(widths, widths[1:])):
        result |= affine(f"layers.{i}", nn.Linear(a, b))
    return result


def recurrent(kind, inputs, hidden, layers, both, outputs, embedding=None):
    result = {} if embedding is None else {"embed.weight": nn.Embedding(*embedding).weight}
    net = kind(inputs, hidden, layers, bidirectional=both)
    gates = [TORCH_GATES[kind].index(g) for g in ONNX_GATES[kind]]
    restack = lambda w: torch.cat([w.unflatten(0, (len(gates), hidden))[g] for g in gates])
    sides = ("", "_reverse")[: 2 if both else 1]
    for layer in range(layers):
        part = lambda name, side: restack(getattr(net, f"{name}_l{layer}{side}"))
        stack = lambda name: torch.stack([part(name, side) for side in sides])
        result[f"rnn.weight_ih_l{layer}"] = stack("weight_ih")
        result[f"rnn.weight_hh_l{layer}"] = stack("weight_hh")
        both_biases = [torch.cat([part("bias_ih", side), part("bias_hh", side)]) for side in sides]
        result[f"rnn.bias_l{layer}"] = torch.stack(both_biases)
    return result | affine("fc", nn.Linear(hidden * len(sides), outputs))


def cnn():
    result = affine("layers.0", nn.Conv2d(2, 4, 3)) | affine("layers.1", nn.Conv2d(4, 3, 3))
    return result | affine("fc", nn.Linear(3, 5))


def resnet8():
    result = affine("conv1", nn.Conv2d(3, 16, 3, bias=False)) | norm("bn1", nn.BatchNorm2d(16))
    channels = 16
    for stage, width in enumerate((16, 32, 64), 1):
        path = f"layer{stage}.0"
        result |= affine(f"{path}.conv1", nn.Conv2d(channels, width, 3, bias=False))
        result |= norm(f"{path}.bn1", nn.BatchNorm2d(width))
        result |= affine(f"{path}.conv2", nn.Conv2d(width, width, 3, bias=False))
        result |= norm(f"{path}.bn2", nn.BatchNorm2d(width))
        if stage > 1:
            result |= affine(f"{path}.downsample.0", nn.Conv2d(channels, width, 1, bias=False))
            result |= norm(f"{path}.downsample.1", nn.BatchNorm2d(width))
        channels = width
    return result | affine("fc", nn.Linear(64, 10))


def transformer():
    result = {"embed.weight": nn.Embedding(7, 8).weight}
    for i in range(2):
        path = f"blocks.{i}"
        result |= norm(f"{path}.norm1", nn.LayerNorm(8)) | affine(f"{path}.attn.qkv", nn.Linear(8, 24))
        result |= affine(f"{path}.attn.proj", nn.Linear(8, 8)) | norm(f"{path}.norm2", nn.LayerNorm(8))
        result |= affine(f"{path}.mlp.fc1", nn.Linear(8, 32)) | affine(f"{path}.mlp.fc2", nn.Linear(32, 8))
    return result | norm("norm", nn.LayerNorm(8)) | affine("head", nn.Linear(8, 7))


ARCHITECTURES = {
    "mlp:5-7x2-3:tanh": lambda: mlp(5, 7, 7, 3),
    "cnn:2x7x6-4s2-3-5": cnn,
    "resnet:8:projection": resnet8,
    "lstm:3-4x2-2:t5:bi": lambda: recurrent(nn.LSTM, 3, 4, 2, True, 2),
    "lstm:v7e3-4-2:t5": lambda: recurrent(nn.LSTM, 3, 4, 1, False, 2, (7, 3)),
    "gru:3-4x2-2:t5": lambda: recurrent(nn.GRU, 3, 4, 2, False, 2),
    "gru:3-4-2:t5:bi": lambda: recurrent(nn.GRU, 3, 4, 1, True, 2),
    "rnn:3-4x2-2:t5:bi": lambda: recurrent(nn.RNN, 3, 4, 2, True, 2),
    "transformer:v7-8x2h2-7:t5": transformer,
}


def architecture_cases():
    result = {}
    for text, build in ARCHITECTURES.items():
        torch.manual_seed(21)
        result[text] = {name: sha(value) for name, value in build().items()}
    return dict(seed=21, networks=result)


if sys.argv[1:] == ["--draw"]:
    drawn = []
    for case in json.load(sys.stdin):
        torch.manual_seed(case["seed"])
        drawn.append(sha(draw(case["scheme"], case["options"], case["shape"])))
    print(json.dumps(drawn))
    sys.exit()

copied = []
if len(sys.argv) > 1:
    cases = json.load(open(sys.argv[1]))["cases"]
    copied = [case for case in cases if case["stream"].startswith("torch")]
result = dict(torch=torch.__version__, tensors=tensor_cases(), streams=stream_cases(), close=close_cases(),
              architectures=architecture_cases(), copied=copied)
# A case a line; an infinite number as one that every parser of JSON reads as infinite.
text = json.dumps(result).replace("Infinity", "1e999")
print(text.replace("}, {", "},\n{").replace(', "', ',\n"', 0))
