"""Files written by numpy and safetensors, for the readers in src/tensor.

    python test/golden/tensor_files.py > test/golden/tensor_files.json

Every file is base64; `values` are the numbers in row-major order, `dtype` in numpy's words.
"""

import base64
import io
import json
import struct
import sys

import numpy as np
import safetensors
import torch
from numpy.lib import format as npy_format
from safetensors.torch import save


def text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def npy(array, version=None) -> dict:
    out = io.BytesIO()
    npy_format.write_array(out, array, version=version)
    values = [None if v != v else v for v in array.ravel(order="C").tolist()]
    return {
        "file": text(out.getvalue()),
        "dtype": array.dtype.newbyteorder("=").name,
        "shape": list(array.shape),
        "values": values,
    }


grid = np.arange(24).reshape(2, 3, 4)
npy_files = {
    "float32": npy(grid.astype("<f4") / 8),
    "float64 of format 2": npy(grid.astype("<f8") / 8, (2, 0)),
    "float16 of format 3": npy(grid.astype("<f2") / 8, (3, 0)),
    "int64": npy(grid.astype("<i8") - 2**40),
    "uint8": npy(grid.astype("u1") * 10),
    "bool": npy(grid % 3 == 0),
    "big-endian float32": npy(grid.astype(">f4") / 8),
    "big-endian int16": npy(grid.astype(">i2") - 7),
    "column-major float64": npy(np.asfortranarray(grid.astype("<f8") / 8)),
    "big-endian column-major int32": npy(np.asfortranarray(grid.astype(">i4"))),
    "scalar": npy(np.array(2.5)),
    "empty": npy(np.zeros((0, 3), "f4")),
    "vector": npy(np.array([1.5, -2.5], "f4")),
}

out = io.BytesIO()
np.savez(out, a=grid.astype("f4") / 8, b=np.array([1, 2, 3]))
stored = out.getvalue()
out = io.BytesIO()
np.savez_compressed(out, a=np.zeros((50, 50), "f4"), b=np.array([1, 2, 3]))
deflated = out.getvalue()

tensors = {
    "bf16": torch.tensor([1.0, -2.5, 3.140625], dtype=torch.bfloat16),
    "f16": torch.tensor([1.0, -2.5, 65504.0], dtype=torch.float16),
    "f32": torch.arange(6, dtype=torch.float32).reshape(2, 3) / 4,
    "f64": torch.tensor(0.1, dtype=torch.float64),
    "i64": torch.tensor([[-1], [2**40]]),
    "i8": torch.tensor([-128, 127], dtype=torch.int8),
    "bool": torch.tensor([True, False, True]),
}
json.dump(
    {
        "made_by": f"numpy {np.__version__}, safetensors {safetensors.__version__}, torch {torch.__version__}",
        "npy": npy_files,
        "npz": {"stored": text(stored), "deflated": text(deflated)},
        "safetensors": text(save(tensors, {"format": "pt"})),
    },
    sys.stdout,
    separators=(",", ":"),
)
print()
