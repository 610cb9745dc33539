"""Runs the programs of `advise --emit jax` on dicts of arrays. Usage: emit_jax.py FOLDER"""

import pathlib
import sys

import jax
import jax.numpy as jnp
import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from check import check_runs, compare, load, program

folder = pathlib.Path(sys.argv[1]).resolve()
wrong = []
for case, expected in load(folder / "expected.json").items():
    module = program(folder, case, "jax")
    items = expected["parameters"]
    params = {name: np.full(item["shape"], 7.25, np.float32) for name, item in items.items()}
    params |= {"of no rule": np.ones(3, np.float32)}
    runs = []
    for seed in (0, 0, 1):
        drawn = module.init(jax.random.key(seed), params)
        if drawn.keys() != params.keys() or drawn["of no rule"] is not params["of no rule"]:
            wrong.append(f"{case}: what no rule names must stay")
        if any(w.dtype != jnp.float32 for w in drawn.values()):
            wrong.append(f"{case}: must be float32")
        runs.append({n: np.asarray(drawn[n]) for n in items})
    wrong += compare(items, runs[0], case)
    wrong += check_runs(runs, case)

# Shapes without values do, as jax.eval_shape gives them.
shapes = {n: jax.ShapeDtypeStruct(i["shape"], jnp.float32) for n, i in items.items()}
drawn = module.init(jax.random.key(0), shapes)
if any(not np.array_equal(drawn[n], runs[0][n]) for n in items):
    wrong.append("shapes alone must give the same values")
print("\n".join(wrong))
