"""Steps of training of the networks of bench/train-networks.ts in PyTorch, for bench/train.ts.

`train_peer.py NETWORK FILE.npz` takes weights by our names, `all(input)` and `all(target)` (examples and
classes of every step, stacked) from the file, says the version of torch and then answers lines of standard
input, with a line of JSON each:

    compiler          what the compiler of C++ says of itself, or null where there is none
    eager             {"seconds", "losses"} of one step for each of the stacked batches, from the weights of the file
    compiled          the same through torch.compile of loss and gradient; the first asks for the compilation
    memory            bytes by which steps raised the peak of the process above what it held before

A step is the loss, its gradient and SGD with momentum 0.9 at learning rate 0.01.
"""

import json
import re
import shutil
import subprocess
import sys
import time

import numpy
import torch
from torch import nn
from torch.nn import functional as F

torch.set_num_threads(2)


class Perceptron(nn.Module):
    def __init__(self, widths):
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(a, b) for a, b in zip(widths, widths[1:]))

    def forward(self, x):
        for layer in self.layers[:-1]:
            x = F.relu(layer(x))
        return self.layers[-1](x)


class Vanilla(nn.Module):
    """Convolutions with tanh, the average over the places, a linear layer."""

    def __init__(self, channels, layers):
        super().__init__()
        self.layers = nn.ModuleList(
            nn.Conv2d(1 if layer == 0 else channels, channels, 3, padding=1)
            for layer in range(layers)
        )
        self.fc = nn.Linear(channels, 10)

    def forward(self, x):
        for layer in self.layers:
            x = torch.tanh(layer(x))
        return self.fc(x.mean((2, 3)))


class Block(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.stride, self.more = stride, outputs - inputs

    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        if self.stride != 1:
            half = self.more // 2
            x = F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, half, self.more - half))
        return F.relu(y + x)


class CifarResNet(nn.Module):
    def __init__(self, blocks):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        channels = 16
        for stage, width in enumerate([16, 32, 64]):
            list = []
            for block in range(blocks):
                list.append(Block(channels, width, 2 if stage > 0 and block == 0 else 1))
                channels = width
            setattr(self, f"layer{stage + 1}", nn.Sequential(*list))
        self.fc = nn.Linear(64, 10)

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        x = self.layer3(self.layer2(self.layer1(x)))
        return self.fc(x.mean((2, 3)))


class Memory(nn.Module):
    """An LSTM and a linear layer on its last state."""

    def __init__(self, inputs, width):
        super().__init__()
        self.rnn = nn.LSTM(inputs, width, batch_first=True)
        self.fc = nn.Linear(width, 10)

    def forward(self, x):
        return self.fc(self.rnn(x)[1][0][0])


NETWORKS = {
    "mlp": lambda: Perceptron([784, 1024, 1024, 1024, 1024, 10]),
    "cnn32": lambda: Vanilla(64, 32),
    "resnet20": lambda: CifarResNet(3),
    "lstm": lambda: Memory(128, 128),
    "cnn1000": lambda: Vanilla(16, 1000),
    "cnn10000": lambda: Vanilla(16, 10000),
}


def gates(values):
    """The gates of an LSTM along axis 0 in the order of PyTorch: ONNX has i, o, f, c, PyTorch i, f, c, o."""
    i, o, f, c = numpy.split(values, 4)
    return numpy.concatenate([i, f, c, o])


def theirs(name, given):
    """The value of a parameter of PyTorch from those of ours."""
    if not name.startswith("rnn."):
        return given[name]
    if name.startswith("rnn.weight"):
        return gates(given[name][0])
    first, second = numpy.split(given["rnn.bias_l0"][0], 2)
    return gates(first if name == "rnn.bias_ih_l0" else second)


def status(field):
    with open("/proc/self/status") as file:
        return 1024 * int(re.search(rf"{field}:\s*(\d+)", file.read())[1])


def compiler():
    """The first line of what the compiler that torch.compile would take says of itself, or None."""
    for name in ["c++", "g++", "clang++"]:
        if shutil.which(name):
            said = subprocess.run([name, "--version"], capture_output=True, text=True, check=True)
            return said.stdout.splitlines()[0]
    return None


def main():
    network, file = sys.argv[1:]
    given = dict(numpy.load(file))
    module = NETWORKS[network]().train()
    start = {
        name: torch.from_numpy(numpy.ascontiguousarray(theirs(name, given)))
        for name, _ in module.named_parameters()
    }
    xs = torch.from_numpy(given["all(input)"])
    ts = torch.from_numpy(given["all(target)"])
    del given

    def loss_of(x, t):
        return F.cross_entropy(module(x), t)

    compiled_loss = torch.compile(loss_of)

    def steps(function):
        with torch.no_grad():
            for name, parameter in module.named_parameters():
                parameter.copy_(start[name])
        optimizer = torch.optim.SGD(module.parameters(), lr=0.01, momentum=0.9)
        losses = []
        begun = time.perf_counter()
        for x, t in zip(xs, ts):
            optimizer.zero_grad()
            loss = function(x, t)
            loss.backward()
            optimizer.step()
            losses.append(loss.detach())
        seconds = time.perf_counter() - begun
        return {"seconds": seconds, "losses": [loss.item() for loss in losses]}

    def memory():
        with open("/proc/self/clear_refs", "w") as file:
            file.write("5")
        before = status("VmRSS")
        steps(loss_of)
        return status("VmHWM") - before

    answers = {
        "compiler": compiler,
        "eager": lambda: steps(loss_of),
        "compiled": lambda: steps(compiled_loss),
        "memory": memory,
    }
    print(torch.__version__, flush=True)
    for line in sys.stdin:
        print(json.dumps(answers[line.strip()]()), flush=True)


main()
