"""Gradients of half the sum of squares of the output, by PyTorch's autograd in float64.

Runs each ONNX file of shared/models/torch operator by operator with the functions of torch (an LSTM with
`torch.nn.LSTM`), all stored floats as parameters. Inputs are ((7919 i) mod 2003) / 1001 - 1 for element i, tokens
(7 i) mod 50. For each tensor: the norm of its gradient and five elements, at i * (size - 1) // 4. Run with torch 2.13
and onnx 1.23: python gradients.py FOLDER > gradients.json.
"""

import json
import sys
from pathlib import Path

import onnx
import torch
import torch.nn.functional as F
from onnx import numpy_helper

torch.set_default_dtype(torch.float64)


def conv(x, w, b, a):
    n = w.ndim - 2
    pads = a.get("pads", [0] * 2 * n)
    assert pads[:n] == pads[n:]
    f = {1: F.conv1d, 2: F.conv2d, 3: F.conv3d}[n]
    return f(x, w, b, a.get("strides", 1), pads[:n], a.get("dilations", 1), a.get("group", 1))


def pool(kind, x, a):
    pads = a.get("pads", [0, 0, 0, 0])
    assert pads[:2] == pads[2:]
    common = dict(kernel_size=a["kernel_shape"], stride=a.get("strides", 1), padding=pads[:2], ceil_mode=bool(a.get("ceil_mode", 0)))
    if kind == "MaxPool":
        return F.max_pool2d(x, **common)
    return F.avg_pool2d(x, **common, count_include_pad=bool(a.get("count_include_pad", 0)))


def lstm(x, w, r, b, a, h0=None, c0=None):
    """One direction; gates i, o, f, c of ONNX become i, f, g, o of torch."""
    assert w.shape[0] == 1
    hidden = a["hidden_size"]
    order = torch.cat([torch.arange(k * hidden, (k + 1) * hidden) for k in (0, 2, 3, 1)])
    halves = b[0].split(4 * hidden)
    flat = [w[0][order], r[0][order], halves[0][order], halves[1][order]]
    zeros = torch.zeros(1, x.shape[1], hidden)
    state = (zeros if h0 is None else h0, zeros if c0 is None else c0)
    y, h, c = torch.lstm(x, state, flat, True, 1, 0.0, False, False, False)
    return y.unsqueeze(1), h, c


def sliced(x, starts, ends, axes, steps):
    index = [slice(None)] * x.ndim
    for start, end, axis, step in zip(starts, ends, axes, steps):
        index[axis] = slice(start, min(end, 2**31), step)
    return x[tuple(index)]


def ints(value):
    return [int(v) for v in value.reshape(-1)]


def run(op, v, a):
    x = v[0] if v else None
    match op:
        case "Add": return x + v[1]
        case "Mul": return x * v[1]
        case "Relu": return F.relu(x)
        case "Tanh": return torch.tanh(x)
        case "Sigmoid": return torch.sigmoid(x)
        case "Gelu": return F.gelu(x, approximate=a.get("approximate", "none"))
        case "Softmax": return F.softmax(x, a.get("axis", -1))
        case "MatMul": return x @ v[1]
        case "Gemm":
            left = x.T if a.get("transA", 0) else x
            right = v[1].T if a.get("transB", 0) else v[1]
            product = a.get("alpha", 1.0) * (left @ right)
            return product if len(v) < 3 else product + a.get("beta", 1.0) * v[2]
        case "Conv": return conv(x, v[1], v[2] if len(v) > 2 else None, a)
        case "MaxPool" | "AveragePool": return pool(op, x, a)
        case "LayerNormalization":
            axis = a.get("axis", -1) % x.ndim
            return F.layer_norm(x, x.shape[axis:], v[1], v[2] if len(v) > 2 else None, a.get("epsilon", 1e-5))
        case "LSTM": return lstm(x, v[1], v[2], v[3], a, *(v[5:7] if len(v) > 5 else ()))
        case "ReduceMean": return x.mean(ints(v[1]), keepdim=bool(a.get("keepdims", 1)))
        case "Reshape":
            shape = [x.shape[i] if e == 0 and not a.get("allowzero", 0) else e for i, e in enumerate(ints(v[1]))]
            return x.reshape(shape)
        case "Transpose": return x.permute(a["perm"])
        case "Concat": return torch.cat(v, a["axis"])
        case "Unsqueeze":
            for axis in sorted(ints(v[1])):
                x = x.unsqueeze(axis)
            return x
        case "Squeeze":
            for axis in sorted(ints(v[1]), reverse=True):
                x = x.squeeze(axis)
            return x
        case "Gather":
            axis = a.get("axis", 0)
            flat = torch.index_select(x, axis, v[1].reshape(-1) % x.shape[axis])
            return flat.reshape(*x.shape[:axis], *v[1].shape, *x.shape[axis + 1:])
        case "Slice":
            starts, ends = ints(v[1]), ints(v[2])
            axes = ints(v[3]) if len(v) > 3 else list(range(len(starts)))
            return sliced(x, starts, ends, axes, ints(v[4]) if len(v) > 4 else [1] * len(starts))
    raise ValueError(op)


def gradients(path):
    graph = onnx.load(path).graph
    values, parameters = {"": None}, {}
    for tensor in graph.initializer:
        value = torch.tensor(numpy_helper.to_array(tensor))
        if value.is_floating_point():
            value = value.double().requires_grad_()
            parameters[tensor.name] = value
        values[tensor.name] = value
    for info in graph.input:
        shape = [d.dim_value for d in info.type.tensor_type.shape.dim]
        index = torch.arange(int(torch.tensor(shape).prod()))
        if info.type.tensor_type.elem_type == onnx.TensorProto.INT64:
            values[info.name] = (7 * index % 50).reshape(shape)
        else:
            x = ((7919 * index % 2003).double() / 1001 - 1).reshape(shape)
            values[info.name] = x.float().double().requires_grad_()
            parameters[info.name] = values[info.name]
    for node in graph.node:
        a = {t.name: onnx.helper.get_attribute_value(t) for t in node.attribute}
        a = {k: t.decode() if isinstance(t, bytes) else t for k, t in a.items()}
        made = run(node.op_type, [values[name] for name in node.input], a)
        for name, value in zip(node.output, made if isinstance(made, tuple) else (made,)):
            values[name] = value
    y = values[graph.output[0].name]
    (y.square().sum() / 2).backward()
    found = {}
    for name, value in parameters.items():
        if value.grad is None:
            continue
        flat = value.grad.reshape(-1)
        places = [i * (flat.numel() - 1) // 4 for i in range(5)]
        found[name] = [float(f"{float(v):.12g}") for v in [flat.norm(), *flat[places]]]
    return found


if __name__ == "__main__":
    models = {path.stem: gradients(path) for path in sorted(Path(sys.argv[1]).glob("*.onnx"))}
    lines = [
        f'"{model}": {{\n' + ",\n".join(f"  {json.dumps(name)}: {json.dumps(v)}" for name, v in of.items()) + "\n}"
        for model, of in models.items()
    ]
    print("{\n" + ",\n".join(lines) + "\n}")
