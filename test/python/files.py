"""Reads and writes tensors with PyTorch and NumPy; prints dtype, shape and sha256 of each as JSON.

files.py torch FILE | files.py numpy FILE | files.py write
"""

import hashlib
import json
import sys

import numpy as np


def digest(data, dtype, shape):
    return {"dtype": dtype, "shape": list(shape), "sha256": hashlib.sha256(data).hexdigest()}


def of_numpy(w):
    w = np.asarray(w)
    return digest(w.astype(w.dtype.newbyteorder("<")).tobytes(), w.dtype.name, w.shape)


def of_torch(w):
    import torch

    data = w.contiguous().reshape(-1).view(torch.uint8).numpy().tobytes()
    return digest(data, str(w.dtype).removeprefix("torch."), w.shape)


def write():
    import torch
    from safetensors.numpy import save_file as save_numpy
    from safetensors.torch import save_file

    torch.manual_seed(0)
    floats = [torch.float32, torch.float64, torch.float16, torch.bfloat16]
    integers = [torch.int8, torch.int16, torch.int32, torch.int64, torch.uint8]
    wide = [torch.uint16, torch.uint32, torch.uint64]
    tensors = {str(t): torch.randn(3, 5).to(t) for t in floats}
    tensors |= {str(t): torch.randint(0, 100, (2, 2, 3)).to(t) for t in integers + wide}
    tensors |= {
        "bool": torch.tensor([True, False]),
        "scalar": torch.tensor(0.1),
        "empty": torch.zeros(0, 4),
        "Größe/重み": torch.randn(7),
        "turned": torch.randn(4, 6).t().contiguous(),
    }
    save_file(tensors, "torch.safetensors", {"format": "pt"})
    arrays = {
        name: w.numpy() for name, w in tensors.items() if w.dtype != torch.bfloat16 and "/" not in name
    }
    save_numpy(arrays, "numpy.safetensors")
    arrays["Größe"] = np.arange(6.0).reshape(2, 3)
    np.savez("stored.npz", **arrays)
    np.savez_compressed("deflated.npz", **arrays)
    turned = np.asfortranarray(np.arange(24.0, dtype=np.float32).reshape(2, 3, 4))
    singles = {"turned.npy": turned, "scalar.npy": np.float64(2.5), "big.npy": turned.astype(">f4")}
    singles["empty.npy"] = np.zeros((0, 2), np.int32)
    for file, w in singles.items():
        np.save(file, w)
    numpy_digests = {name: of_numpy(w) for name, w in arrays.items()}
    return {
        "torch.safetensors": {name: of_torch(w) for name, w in tensors.items()},
        "numpy.safetensors": {n: d for n, d in numpy_digests.items() if n != "Größe"},
        "stored.npz": numpy_digests,
        "deflated.npz": numpy_digests,
    } | {file: {"": of_numpy(w)} for file, w in singles.items()}


command, *files = sys.argv[1:]
if command == "torch":
    from safetensors.torch import load_file

    result = {name: of_torch(w) for name, w in load_file(files[0]).items()}
elif command == "numpy":
    loaded = np.load(files[0], allow_pickle=False)
    result = {n: of_numpy(loaded[n]) for n in loaded} if files[0].endswith("z") else {"": of_numpy(loaded)}
else:
    result = write()
print(json.dumps(result))
