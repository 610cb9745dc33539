"""Forward and backward of the networks of bench/measure-networks.ts in PyTorch, for bench/measure.ts.

`measure_peer.py NETWORK FILE.npz` takes weights, input and cotangent by our names from the file, says the
version of torch and then answers lines of standard input:

    run              seconds of one pass, from the input to the gradients of all parameters
    gradients FILE   writes these gradients to a .npz file
    memory           bytes by which one pass raised the peak of the process above what it held before
"""

import re
import sys
import time

import numpy
import torch
from torch import nn
from torch.nn import functional as F

torch.set_num_threads(2)


class Block(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.downsample = None
        if stride != 1:
            conv = nn.Conv2d(inputs, outputs, 1, stride, bias=False)
            self.downsample = nn.Sequential(conv, nn.BatchNorm2d(outputs))

    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        return F.relu(y + (x if self.downsample is None else self.downsample(x)))


class SmallResNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        channels = 64
        for stage, width in enumerate([64, 128, 256, 512]):
            first = Block(channels, width, 1 if stage == 0 else 2)
            setattr(self, f"layer{stage + 1}", nn.Sequential(first, Block(width, width, 1)))
            channels = width
        self.fc = nn.Linear(512, 10)

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(x.mean((2, 3)))


class Attention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)
        self.proj = nn.Linear(width, width)

    def forward(self, x):
        n, steps, width = x.shape
        packed = self.qkv(x).view(n, steps, 3, self.heads, width // self.heads)
        q, k, v = packed.permute(2, 0, 3, 1, 4)
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.proj(y.transpose(1, 2).reshape(n, steps, width))


class Mlp(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.fc1 = nn.Linear(width, 4 * width)
        self.fc2 = nn.Linear(4 * width, width)

    def forward(self, x):
        return self.fc2(F.gelu(self.fc1(x)))


class Layer(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.norm1 = nn.LayerNorm(width)
        self.attn = Attention(width, heads)
        self.norm2 = nn.LayerNorm(width)
        self.mlp = Mlp(width)

    def forward(self, x):
        x = x + self.attn(self.norm1(x))
        return x + self.mlp(self.norm2(x))


class Transformer(nn.Module):
    def __init__(self, vocabulary, width, layers, heads, steps):
        super().__init__()
        self.embed = nn.Embedding(vocabulary, width)
        self.pos_embed = nn.Parameter(torch.zeros(1, steps, width))
        self.blocks = nn.Sequential(*(Layer(width, heads) for _ in range(layers)))
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, vocabulary)

    def forward(self, x):
        return self.head(self.norm(self.blocks(self.embed(x) + self.pos_embed)))


class Perceptron(nn.Module):
    def __init__(self, widths):
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(a, b) for a, b in zip(widths, widths[1:]))

    def forward(self, x):
        for layer in self.layers[:-1]:
            x = F.relu(layer(x))
        return self.layers[-1](x)


NETWORKS = {
    "mlp": lambda: Perceptron([784, 1024, 1024, 1024, 1024, 10]),
    "resnet": lambda: SmallResNet().eval(),
    "resnet_training": lambda: SmallResNet().train(),
    "transformer": lambda: Transformer(1000, 256, 12, 4, 128),
}


def status(field):
    with open("/proc/self/status") as file:
        return 1024 * int(re.search(rf"{field}:\s*(\d+)", file.read())[1])


def main():
    network, file = sys.argv[1:]
    given = dict(numpy.load(file))
    module = NETWORKS[network]()
    parameters = dict(module.named_parameters())
    with torch.no_grad():
        for name, parameter in parameters.items():
            parameter.copy_(torch.from_numpy(given[name]))
    x = torch.from_numpy(given["input"])
    cotangent = torch.from_numpy(given["cotangent(output)"])
    del given

    def once():
        for parameter in parameters.values():
            parameter.grad = None
        module(x).backward(cotangent)

    print(torch.__version__, flush=True)
    for line in sys.stdin:
        command, *rest = line.split()
        if command == "run":
            start = time.perf_counter()
            once()
            print(time.perf_counter() - start, flush=True)
        elif command == "gradients":
            once()
            numpy.savez(rest[0], **{name: p.grad.numpy() for name, p in parameters.items()})
            print("done", flush=True)
        elif command == "memory":
            with open("/proc/self/clear_refs", "w") as file:
                file.write("5")
            before = status("VmRSS")
            for _ in range(3):
                once()
            print(status("VmHWM") - before, flush=True)


main()
