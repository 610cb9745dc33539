"""Small files of data as numpy and pandas write them, and the numbers in them.

python3 test/golden/learning_files.py > test/golden/learning_files.json   (numpy, pandas)
"""

import base64
import io
import json

import numpy
import pandas

rng = numpy.random.default_rng(0)


def npz(compressed=False, **arrays):
    buffer = io.BytesIO()
    (numpy.savez_compressed if compressed else numpy.savez)(buffer, **arrays)
    return base64.b64encode(buffer.getvalue()).decode()


images = rng.integers(0, 256, (12, 4, 4, 3), dtype=numpy.uint8)
held = rng.integers(0, 256, (5, 4, 4, 3), dtype=numpy.uint8)
labels = rng.integers(0, 3, 12)
labels[0] = 2
held_labels = rng.integers(0, 3, 5).astype(numpy.uint8)
rows = rng.normal(size=(20, 3))
values = rng.normal(size=(20, 2)).astype(numpy.float32)
scaled = (images / 255.0 - images.mean((0, 1, 2)) / 255.0) / (images.std((0, 1, 2)) / 255.0)
held_scaled = (held - images.mean((0, 1, 2))) / images.std((0, 1, 2))

table = pandas.DataFrame(
    {
        "height": rng.normal(170, 10, 20).round(2),
        "age": rng.integers(20, 60, 20),
        "same": 3.5,
        "kind": pandas.Series(["ham, raw", 'egg "fried"', "egg", "ham, raw"] * 5),
        "price": rng.normal(5, 2, 20),
    }
)

print(
    json.dumps(
        {
            "numpy": numpy.__version__,
            "pandas": pandas.__version__,
            "keras": {
                "file": npz(True, x_train=images, y_train=labels, x_test=held, y_test=held_labels),
                # Channels first, normalised with mean and deviation of each channel of x_train.
                "x_train": scaled.transpose(0, 3, 1, 2).ravel().tolist(),
                "x_test": held_scaled.transpose(0, 3, 1, 2).ravel().tolist(),
                "y_train": labels.tolist(),
                "y_test": held_labels.tolist(),
            },
            "rows": {
                "file": npz(x=numpy.asfortranarray(rows), target=values),
                "x": rows.astype(numpy.float32).ravel().tolist(),
                "target": values.ravel().tolist(),
            },
            "table": {
                "indexed": table.to_csv(),
                "plain": table.to_csv(index=False, lineterminator="\r\n"),
                "bare": table.drop(columns="kind").to_csv(index=False, header=False),
                "height": table["height"].tolist(),
                "kind": table["kind"].tolist(),
                "price": table["price"].tolist(),
            },
        }
    )
)
