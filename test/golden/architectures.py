"""Outputs of small named architectures as PyTorch computes them, with parameters set by a formula.

Every parameter is filled by `fill(name, shape)` below, which the test repeats; the modules here are
PyTorch's own. Run with torch 2.13: python architectures.py > architectures.json
"""

import json
import math

import torch
import torch.nn as nn
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)


def fill(name, shape):
    """0.3 sin(0.7 i + the sum of the name's character codes), plus 1 for scales and variances."""
    offset = sum(map(ord, name))
    base = 1.0 if ("running_var" in name or ("weight" in name and len(shape) == 1)) else 0.0
    count = math.prod(shape)
    values = [base + 0.3 * math.sin(0.7 * i + offset) for i in range(count)]
    return torch.tensor(values).reshape(shape)


def put(parameter, name, shape=None, rows=None):
    value = fill(name, tuple(shape or parameter.shape))
    parameter.data.copy_(value if rows is None else value[rows])


def real(*shape):
    return torch.sin(torch.arange(math.prod(shape)) * 1.3).reshape(shape)


def tokens(vocabulary, *shape):
    return (torch.arange(math.prod(shape)) * 5 % vocabulary).reshape(shape)


def linear(name, inputs, outputs):
    layer = nn.Linear(inputs, outputs)
    put(layer.weight, f"{name}.weight")
    put(layer.bias, f"{name}.bias")
    return layer


def conv(kind, name, *arguments, bias=True, **options):
    layer = kind(*arguments, bias=bias, **options)
    put(layer.weight, f"{name}.weight")
    if bias:
        put(layer.bias, f"{name}.bias")
    return layer


def norm(name, channels, kind=nn.BatchNorm2d):
    layer = kind(channels)
    put(layer.weight, f"{name}.weight")
    put(layer.bias, f"{name}.bias")
    if kind is nn.BatchNorm2d:
        put(layer.running_mean, f"{name}.running_mean")
        put(layer.running_var, f"{name}.running_var")
    return layer.eval()


def mlp():
    x = real(2, 5)
    x = torch.tanh(linear("layers.0", 5, 7)(x))
    x = torch.tanh(linear("layers.1", 7, 7)(x))
    return linear("layers.2", 7, 3)(x)


def cnn2d():
    x = real(2, 2, 7, 6)
    circular = {"padding": 1, "padding_mode": "circular"}
    x = F.relu(conv(nn.Conv2d, "layers.0", 2, 4, 3, stride=2, **circular)(x))
    x = F.relu(conv(nn.Conv2d, "layers.1", 4, 3, 3, **circular)(x))
    return linear("fc", 3, 5)(x.mean((2, 3)))


def cnn1d():
    x = real(2, 2, 9)
    for i, inputs in enumerate((2, 4)):
        x = torch.tanh(conv(nn.Conv1d, f"layers.{i}", inputs, 4, 5, padding=2)(x))
    return linear("fc", 4, 3)(x.mean(2))


def cnn3d():
    x = real(2, 2, 4, 3, 5)
    x = torch.tanh(conv(nn.Conv3d, "layers.0", 2, 4, 3, padding=1)(x))
    return linear("fc", 4, 3)(x.mean((2, 3, 4)))


def resnet8(projection, normalised):
    def conv_norm(number, path, inputs, outputs, kernel, stride, norm_path=None):
        half = kernel // 2
        options = {"stride": stride, "padding": half, "bias": not normalised}
        layer = conv(nn.Conv2d, path, inputs, outputs, kernel, **options)
        return nn.Sequential(layer, norm(norm_path, outputs)) if normalised else layer

    x = F.relu(conv_norm(1, "conv1", 3, 16, 3, 1, "bn1")(real(2, 3, 32, 32)))
    channels = 16
    for stage, width in enumerate((16, 32, 64), 1):
        path, stride = f"layer{stage}.0", 1 if stage == 1 else 2
        y = conv_norm(1, f"{path}.conv1", channels, width, 3, stride, f"{path}.bn1")(x)
        y = conv_norm(2, f"{path}.conv2", width, width, 3, 1, f"{path}.bn2")(F.relu(y))
        if stride == 2 and projection:
            down = f"{path}.downsample"
            x = conv_norm(0, f"{down}.0", channels, width, 1, 2, f"{down}.1")(x)
        elif stride == 2:
            x = F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, channels // 2, channels // 2))
        x = F.relu(x + y)
        channels = width
    return linear("fc", 64, 10)(x.mean((2, 3)))


GATES = {nn.RNN: "h", nn.LSTM: "iofc", nn.GRU: "zrh"}
TORCH_GATES = {nn.RNN: "h", nn.LSTM: "ifco", nn.GRU: "rzh"}


def recurrent(kind, inputs, hidden, layers, both, x, outputs, **options):
    """PyTorch stacks gates in another order than ONNX, whose order the stored tensors have."""
    net = kind(inputs, hidden, layers, bidirectional=both, batch_first=True, **options)
    directions, gates = 2 if both else 1, len(GATES[kind])
    rows = [GATES[kind].index(g) * hidden + i for g in TORCH_GATES[kind] for i in range(hidden)]
    for layer in range(layers):
        width = inputs if layer == 0 else directions * hidden
        w = fill(f"rnn.weight_ih_l{layer}", (directions, gates * hidden, width))
        r = fill(f"rnn.weight_hh_l{layer}", (directions, gates * hidden, hidden))
        b = fill(f"rnn.bias_l{layer}", (directions, 2, gates * hidden))
        for d, suffix in enumerate(("", "_reverse")[:directions]):
            getattr(net, f"weight_ih_l{layer}{suffix}").data.copy_(w[d, rows])
            getattr(net, f"weight_hh_l{layer}{suffix}").data.copy_(r[d, rows])
            getattr(net, f"bias_ih_l{layer}{suffix}").data.copy_(b[d, 0, rows])
            getattr(net, f"bias_hh_l{layer}{suffix}").data.copy_(b[d, 1, rows])
    state = net(x)[1]
    state = state[0] if kind is nn.LSTM else state
    last = torch.cat([state[-directions + d] for d in range(directions)], 1)
    return linear("fc", directions * hidden, outputs)(last)


def transformer(x, blocks, width, heads, outputs, norm_first, causal, phi):
    steps = x.shape[1]
    x = x + fill("pos_embed", (1, steps, width))
    mask = nn.Transformer.generate_square_subsequent_mask(steps) if causal else None
    for i in range(blocks):
        path = f"blocks.{i}"
        block = nn.TransformerEncoderLayer(
            width, heads, 4 * width, 0.0, phi, batch_first=True, norm_first=norm_first
        )
        put(block.self_attn.in_proj_weight, f"{path}.attn.qkv.weight")
        put(block.self_attn.in_proj_bias, f"{path}.attn.qkv.bias")
        block.self_attn.out_proj = linear(f"{path}.attn.proj", width, width)
        block.linear1 = linear(f"{path}.mlp.fc1", width, 4 * width)
        block.linear2 = linear(f"{path}.mlp.fc2", 4 * width, width)
        block.norm1 = norm(f"{path}.norm1", width, nn.LayerNorm)
        block.norm2 = norm(f"{path}.norm2", width, nn.LayerNorm)
        x = block.train()(x, src_mask=mask)
    if norm_first:
        x = norm("norm", width, nn.LayerNorm)(x)
    return linear("head", width, outputs)(x)


embedded = F.embedding(tokens(7, 2, 5), fill("embed.weight", (7, 8)))
cases = {
    "mlp:5-7x2-3:tanh": mlp(),
    "cnn:2x7x6-4s2-3-5:relu:circular": cnn2d(),
    "cnn:2x9-4x2-3:tanh:k5": cnn1d(),
    "cnn:2x4x3x5-4-3:tanh": cnn3d(),
    "resnet:8": resnet8(False, True),
    "resnet:8:projection": resnet8(True, True),
    "resnet:8:projection:nonorm": resnet8(True, False),
    "rnn:3-4x2-2:relu:t5": recurrent(nn.RNN, 3, 4, 2, False, real(2, 5, 3), 2, nonlinearity="relu"),
    "rnn:3-4x2-2:tanh:t5:bi": recurrent(nn.RNN, 3, 4, 2, True, real(2, 5, 3), 2),
    "gru:3-4x2-2:t5:bi": recurrent(nn.GRU, 3, 4, 2, True, real(2, 5, 3), 2),
    "lstm:3-4x2-2:t5": recurrent(nn.LSTM, 3, 4, 2, False, real(2, 5, 3), 2),
    "lstm:v7e3-4x2-2:t5:bi": recurrent(
        nn.LSTM, 3, 4, 2, True, F.embedding(tokens(7, 2, 5), fill("embed.weight", (7, 3))), 2
    ),
    "transformer:v7-8x2h2-7:t5": transformer(embedded, 2, 8, 2, 7, True, True, "gelu"),
    "transformer:3-8x2h4-2:t5:post:full:relu": transformer(
        linear("embed", 3, 8)(real(2, 5, 3)), 2, 8, 4, 2, False, False, "relu"
    ),
}
result = {text: {"shape": list(y.shape), "output": y.flatten().tolist()} for text, y in cases.items()}
print(json.dumps({"torch": torch.__version__, "cases": result}, indent=1))
