"""Runs the programs of `advise --emit flax` on linen modules. Usage: emit_flax.py FOLDER"""

import pathlib
import sys

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
from flax.traverse_util import flatten_dict

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from check import check_runs, compare, load, program


def mlp(activation):
    return nn.Sequential([nn.Dense(64), activation, nn.Dense(48), activation, nn.Dense(10)])


class Cnn(nn.Module):
    @nn.compact
    def __call__(self, x):
        x = nn.relu(nn.Conv(16, (3, 3), name="conv")(x))
        x = nn.Conv(32, (3, 3), feature_group_count=16, name="dw")(x)
        x = nn.relu(nn.BatchNorm(use_running_average=True, name="bn")(x))
        x = nn.relu(nn.ConvTranspose(12, (4, 4), (2, 2), name="up")(x))
        return nn.Dense(10, name="head")(x.mean((1, 2)))


class TanhCnn(nn.Module):
    def setup(self):
        self.convs = [nn.Conv(n, (3, 3)) for n in (8, 12, 6)]
        self.head = nn.Dense(4)

    def __call__(self, x):
        for conv in self.convs:
            x = nn.tanh(conv(x))
        return self.head(x.mean((1, 2)))


class Recurrent(nn.Module):
    @nn.compact
    def __call__(self, x):
        x = nn.Embed(50, 12, name="emb")(x)
        x = nn.RNN(nn.LSTMCell(16, name="lstm"))(x)
        x = nn.RNN(nn.GRUCell(8, name="gru"))(x)
        x = nn.RNN(nn.SimpleCell(6, name="rnn"))(x)
        return nn.Dense(5, name="head")(x[:, -1])


class Block(nn.Module):
    @nn.compact
    def __call__(self, x):
        norm = lambda name: nn.BatchNorm(use_running_average=True, name=name)
        x = nn.relu(nn.Conv(16, (3, 3), use_bias=False, name="stem")(x))
        y = nn.relu(norm("bn1")(nn.Conv(16, (3, 3), use_bias=False, name="conv1")(x)))
        x = nn.relu(x + norm("bn2")(nn.Conv(16, (3, 3), use_bias=False, name="conv2")(y)))
        return nn.Dense(10, name="fc")(x.mean((1, 2)))


class Attention(nn.Module):
    @nn.compact
    def __call__(self, x):
        zeros = nn.initializers.zeros
        w = self.param("in_proj_weight", zeros, (32, 96))
        q, k, v = jnp.split(x @ w + self.param("in_proj_bias", zeros, (96,)), 3, -1)
        return nn.Dense(32, name="out_proj")(jax.nn.softmax(q @ k.mT) @ v)


class Layer(nn.Module):
    @nn.compact
    def __call__(self, x):
        x = nn.LayerNorm(name="norm1")(x + Attention(name="self_attn")(x))
        y = nn.Dense(32, name="linear2")(nn.gelu(nn.Dense(64, name="linear1")(x)))
        return nn.LayerNorm(name="norm2")(x + y)


class Encoder(nn.Module):
    @nn.compact
    def __call__(self, x):
        return Layer(name="layers_0")(x)


IMAGE = jnp.zeros((1, 8, 8, 3))
BUILD = {
    "mlp": (lambda: mlp(nn.relu), jnp.zeros((1, 20))),
    "tanh": (lambda: mlp(nn.tanh), jnp.zeros((1, 20))),
    "cnn": (Cnn, IMAGE),
    "tanhcnn": (TanhCnn, IMAGE),
    "recurrent": (Recurrent, jnp.zeros((1, 7), jnp.int32)),
    "block": (Block, IMAGE),
    "encoder": (Encoder, jnp.zeros((1, 5, 32))),
}
KERNEL = {2: (1, 0), 4: (3, 2, 0, 1)}


def of_file(flat):
    """Arrays by the names and in the layout of the file, written down without the rules of the program."""
    found = {}
    for path, w in flat.items():
        *modules, leaf = path.split("/")
        module = ".".join(modules)
        for dotted in ("layers.0", "layers.2", "layers.4", "convs.0", "convs.1", "convs.2"):
            module = module.replace(dotted.replace(".", "_"), dotted)
        if "attn" not in module and "norm" not in module and "linear" not in module:
            module = module.removeprefix("layers.")
        name = {"kernel": "weight", "embedding": "weight", "scale": "weight"}.get(leaf, leaf)
        if leaf == "kernel":
            w = w.transpose((2, 3, 0, 1) if module == "up" else KERNEL[w.ndim])
        if leaf == "in_proj_weight":
            w = w.T
        found[f"{module}.{name}"] = w
    for cell, gates, width in (("lstm", "ifgo", 16), ("gru", "rzn", 8)):
        if f"{cell}.i{gates[0]}.weight" in found:
            for side, end in (("i", "ih"), ("h", "hh")):
                maps = [f"{cell}.{side}{gate}" for gate in gates]
                found[f"{cell}.weight_{end}_l0"] = np.concatenate([found[f"{m}.weight"] for m in maps])
                zero = np.zeros(width)
                biases = [found.get(f"{m}.bias", zero) for m in maps]
                found[f"{cell}.bias_{end}_l0"] = np.concatenate(biases)
    if "lstm.bias_hh_l0" in found:
        # linen has one bias, at the state's maps; the file has two, of which the input's is planned.
        found["lstm.bias_ih_l0"], found["lstm.bias_hh_l0"] = found["lstm.bias_hh_l0"], np.zeros(64)
        found["rnn.weight_ih_l0"], found["rnn.weight_hh_l0"] = found["rnn.i.weight"], found["rnn.h.weight"]
        found["rnn.bias_ih_l0"], found["rnn.bias_hh_l0"] = found["rnn.i.bias"], np.zeros(6)
    return found


folder = pathlib.Path(sys.argv[1]).resolve()
wrong = []
for case, expected in load(folder / "expected.json").items():
    module = program(folder, case, "flax")
    build, x = BUILD[case.split("-")[0]]
    # Shapes alone: nothing has to be compiled for them.
    params = jax.eval_shape(build().init, jax.random.key(9), x)["params"]
    params = jax.tree.map(lambda w: np.full(w.shape, 7.25, w.dtype), params)
    runs = []
    for seed in (0, 0, 1):
        drawn = module.init(jax.random.key(seed), params)
        flat = flatten_dict(drawn, sep="/")
        if jax.tree.structure(drawn) != jax.tree.structure(params):
            wrong.append(f"{case}: the tree must stay as it is")
        if any(np.any(w == 7.25) for w in flat.values()):
            wrong.append(f"{case}: must draw {[p for p, w in flat.items() if np.any(w == 7.25)]}")
        runs.append({path: np.asarray(w) for path, w in flat.items()})
    items = {n: i for n, i in expected["parameters"].items() if "running" not in n}
    wrong += compare(items, of_file(runs[0]), case)
    wrong += check_runs(runs, case)
print("\n".join(wrong))
