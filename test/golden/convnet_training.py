"""Five steps of PyTorch's SGD with momentum on a small convolutional network with batch normalisation, in float64,
written to convnet_training.json. Weights and data are numbers of a formula, which the test makes again. Run with torch 2.13:
python test/golden/convnet_training.py
"""

import json
import math
from pathlib import Path

import torch

BATCH, STEPS = 6, 5
RATE, MOMENTUM, DECAY = 0.1, 0.9, 0.01


def numbers(start, shape, scale):
    count = math.prod(shape)
    values = [scale * math.sin(start + 1.7 * i + 0.013 * i * i) for i in range(count)]
    # As float32, so that both start from the same numbers.
    return torch.tensor(values, dtype=torch.float32).reshape(shape).double()


net = torch.nn.Sequential()
net.add_module("conv", torch.nn.Conv2d(2, 4, 3, padding=1, stride=2, bias=False))
net.add_module("bn", torch.nn.BatchNorm2d(4))
net.add_module("act", torch.nn.Tanh())
net.add_module("conv2", torch.nn.Conv2d(4, 3, 3, padding=1))
net.add_module("bn2", torch.nn.BatchNorm2d(3))
net.add_module("act2", torch.nn.Tanh())
net.add_module("flatten", torch.nn.Flatten())
net.add_module("fc", torch.nn.Linear(27, 3))
net = net.double()
with torch.no_grad():
    for index, (name, parameter) in enumerate(net.named_parameters()):
        if name in ("bn.weight", "bn2.weight"):
            continue
        parameter.copy_(numbers(index, parameter.shape, 0.5))

optimizer = torch.optim.SGD(net.parameters(), lr=RATE, momentum=MOMENTUM, weight_decay=DECAY)
losses, means, variances = [], [], []
for step in range(STEPS):
    x = numbers(100 + step, (BATCH, 2, 6, 6), 1.0)
    t = torch.tensor([(step + i) % 3 for i in range(BATCH)])
    optimizer.zero_grad()
    loss = torch.nn.functional.cross_entropy(net(x), t)
    loss.backward()
    optimizer.step()
    losses.append(loss.item())

data = {
    "torch": torch.__version__,
    "losses": losses,
    "parameters": {name: p.detach().flatten().tolist() for name, p in net.named_parameters()},
    # PyTorch moves the running variance by the unbiased variance.
    "running_mean": {name: b.flatten().tolist() for name, b in net.named_buffers() if "mean" in name},
    "running_var": {name: b.flatten().tolist() for name, b in net.named_buffers() if "var" in name},
}
Path(__file__).with_suffix(".json").write_text(json.dumps(data, indent=1) + "\n")
