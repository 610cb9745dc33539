"""Keys and words of jax.random, for src/init/as/jax: seeds beyond 32 bits, odd sizes, counters beyond 2^32.
Usage: python jax_random.py > jax_random.json (jax 0.10.2, CPU, x86-64)"""
import hashlib, json
import jax, numpy as np
from jax._src.random.threefry2x32 import threefry2x32_p

SEEDS = [0, 1, 42, 2**31, 2**32 - 1, 2**32 + 5, 2**53 - 1]
words = lambda a: [int(x) for x in np.asarray(a).reshape(-1)]
data = lambda key: words(jax.random.key_data(key))
sha = lambda a: hashlib.sha256(np.asarray(a).tobytes()).hexdigest()
key = jax.random.key(42)
u32 = lambda *values: np.array(values, np.uint32)
far = threefry2x32_p.bind(u32(3)[0], u32(7)[0], u32(0, 0, 1, 1, 2**21 - 1), u32(2**32 - 2, 2**32 - 1, 0, 1, 5))
out = {
    'keys': [{'seed': seed, 'key': data(jax.random.key(seed))} for seed in SEEDS],
    'split': [{'n': n, 'keys': data(jax.random.split(key, n))} for n in [1, 2, 5]],
    'fold_in': [{'data': d, 'key': data(jax.random.fold_in(key, d))} for d in [0, 1, 3, 2**31, 2**32 - 1]],
    'bits': [{'shape': list(shape), 'sha256': sha(jax.random.bits(key, shape))} for shape in [(), (1,), (7,), (3, 5), (100001,), (0, 4)]],
    'far': {'key': [3, 7], 'from': 2**32 - 2, 'words': words(far[0] ^ far[1])[:4], 'last': 2**53 - 2**32 + 5, 'word': words(far[0] ^ far[1])[4]},
    'uniform': sha(jax.random.uniform(key, (10007,), minval=-3.0, maxval=0.1)),
    'normal': sha(jax.random.normal(key, (100003,))),
    'truncated': [{'low': low, 'high': high, 'sha256': sha(jax.random.truncated_normal(key, float(low), float(high), (10007,)))}
                  for low, high in [('-2', '2'), ('-inf', '1'), ('0', 'inf'), ('-inf', 'inf'), ('1.5', '1.6'), ('0.67', '5.305'), ('-5.35', '5.29'), ('0.3', '0.31')]],
}
print(json.dumps(out, indent=1))
