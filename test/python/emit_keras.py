"""Runs the programs of `advise --emit keras` on Keras models. Usage: emit_keras.py FOLDER"""

import os
import pathlib
import sys

os.environ.setdefault("KERAS_BACKEND", sys.argv[2])

import keras
import numpy as np
from keras import layers

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from check import check_runs, compare, load, program


def mlp(activation):
    dense = lambda n, name, act=None: layers.Dense(n, act, name=name)
    sizes = [dense(64, "layers_0", activation), dense(48, "layers_2", activation), dense(10, "layers_4")]
    return keras.Sequential([keras.Input((20,)), *sizes])


def cnn():
    x = inputs = keras.Input((8, 8, 3))
    x = layers.Conv2D(16, 3, padding="same", activation="relu", name="conv")(x)
    x = layers.DepthwiseConv2D(3, padding="same", depth_multiplier=2, name="dw")(x)
    x = layers.ReLU()(layers.BatchNormalization(name="bn")(x))
    x = layers.Conv2DTranspose(12, 4, 2, activation="relu", name="up")(x)
    x = layers.Dense(10, name="head")(layers.GlobalAveragePooling2D()(x))
    return keras.Model(inputs, x)


def tanhcnn():
    convs = [layers.Conv2D(n, 3, padding="same", activation="tanh", name=f"convs_{i}") for i, n in enumerate((8, 12, 6))]
    head = layers.Dense(4, name="head")
    return keras.Sequential([keras.Input((8, 8, 3)), *convs, layers.GlobalAveragePooling2D(), head])


def recurrent():
    cells = [
        layers.LSTM(16, return_sequences=True, name="lstm"),
        layers.GRU(8, return_sequences=True, name="gru"),
        layers.SimpleRNN(6, name="rnn"),
    ]
    return keras.Sequential(
        [keras.Input((7,)), layers.Embedding(50, 12, name="emb"), *cells, layers.Dense(5, name="head")]
    )


def block():
    conv = lambda name: layers.Conv2D(16, 3, padding="same", use_bias=False, name=name)
    x = inputs = keras.Input((8, 8, 3))
    x = layers.ReLU()(conv("stem")(x))
    y = layers.ReLU()(layers.BatchNormalization(name="bn1")(conv("conv1")(x)))
    x = layers.ReLU()(x + layers.BatchNormalization(name="bn2")(conv("conv2")(y)))
    return keras.Model(inputs, layers.Dense(10, name="fc")(layers.GlobalAveragePooling2D()(x)))


class Packed(layers.Layer):
    def build(self, shape):
        self.w = self.add_weight((32, 96), name="in_proj_weight")
        self.b = self.add_weight((96,), name="in_proj_bias")

    def call(self, x):
        return x @ self.w + self.b


def encoder():
    x = inputs = keras.Input((5, 32))
    q, k, v = keras.ops.split(Packed(name="layers_0_self_attn")(x), 3, -1)
    y = keras.ops.softmax(q @ keras.ops.swapaxes(k, -1, -2)) @ v
    x = layers.LayerNormalization(name="layers_0_norm1")(
        x + layers.Dense(32, name="layers_0_self_attn_out_proj")(y)
    )
    y = layers.Dense(64, "gelu", name="layers_0_linear1")(x)
    x = x + layers.Dense(32, name="layers_0_linear2")(y)
    return keras.Model(inputs, layers.LayerNormalization(name="layers_0_norm2")(x))


BUILD = {
    "mlp": lambda: mlp("relu"),
    "tanh": lambda: mlp("tanh"),
    "cnn": cnn,
    "tanhcnn": tanhcnn,
    "recurrent": recurrent,
    "block": block,
    "encoder": encoder,
}
LEAVES = {
    "kernel": "weight",
    "embeddings": "weight",
    "gamma": "weight",
    "beta": "bias",
    "moving_mean": "running_mean",
    "moving_variance": "running_var",
}


def of_file(weights):
    """Arrays by the names and in the layout of the file, written down without the rules of the program."""
    found = {}
    for path, w in weights.items():
        *modules, leaf = path.split("/")
        module = modules[0]
        for part in ("layers_0_self_attn_", "layers_0_", "convs_", "layers_"):
            module = module.replace(part, part.replace("self_attn", "self#attn").replace("_", "."))
        module = module.replace("self#attn", "self_attn")
        if module in ("layers.0", "layers.2", "layers.4"):
            module = module.removeprefix("layers.")
        if leaf == "in_proj_weight":
            w = w.T
        if "cell" in path:
            found |= of_cell(module, leaf, w)
            continue
        if leaf == "kernel" and module == "dw":
            w = w.reshape(3, 3, 32, 1).transpose(2, 3, 0, 1)
        elif leaf == "kernel":
            w = w.transpose((3, 2, 0, 1) if w.ndim == 4 else (1, 0))
        found[f"{module}.{LEAVES.get(leaf, leaf)}"] = w
    return found


def of_cell(module, leaf, w):
    """torch has the gates of an LSTM in the same order, those of a GRU with reset and update exchanged."""
    count = {"lstm": 4, "gru": 3, "rnn": 1}[module]
    order = [1, 0, 2] if module == "gru" else range(count)
    gates = np.split(w, count, -1)
    packed = np.concatenate([gates[i] for i in order], -1)
    if leaf == "bias":
        rows = packed if packed.ndim == 2 else [packed, np.zeros_like(packed)]
        return {f"{module}.bias_ih_l0": rows[0], f"{module}.bias_hh_l0": rows[1]}
    return {f"{module}.weight_{'hh' if leaf == 'recurrent_kernel' else 'ih'}_l0": packed.T}


folder = pathlib.Path(sys.argv[1]).resolve()
wrong = []
for case, expected in load(folder / "expected.json").items():
    module = program(folder, case, "keras")
    runs = []
    for seed in (0, 0, 1):
        model = BUILD[case.split("-")[0]]()
        for v in model.weights:
            if "seed" not in v.path:
                v.assign(keras.ops.full(v.shape, 7.25))
        left = module.init(model, seed=seed)
        if left:
            wrong.append(f"{case}: must draw {left}")
        runs.append({v.path.removeprefix(f"{model.name}/"): np.array(v) for v in model.weights})
    wrong += compare(expected["parameters"], of_file(runs[0]), case)
    wrong += check_runs(runs, case)
print("\n".join(wrong))
