"""What frameworks draw, for src/init/as: for each case the SHA-256 of the little-endian float32 values in row-major
order, or, where the last bits are not promised, some of the values. A case that the framework refuses has "raises".
Usage: python dialects.py jax|tf|keras-jax|keras-torch|keras-tf > dialects_NAME.json (CPU, x86-64), each in a process
of its own. Made with jax 0.10.2, keras 3.15.1, tensorflow 2.21.0, torch 2.13.0, numpy 2.4.6."""
import hashlib, json, os, sys

NAME = sys.argv[1]
os.environ['TF_CPP_MIN_LOG_LEVEL'] = '3'
os.environ['JAX_PLATFORMS'] = 'cpu'
os.environ['KERAS_BACKEND'] = {'keras-torch': 'torch', 'keras-tf': 'tensorflow'}.get(NAME, 'jax')
import numpy as np

SIX = ['glorot_uniform', 'glorot_normal', 'he_uniform', 'he_normal', 'lecun_uniform', 'lecun_normal']
PAIRS = [(0, [3, 5]), (1, [64, 33]), (42, [300, 1001]), (7, [3, 3, 7, 9]), (2**31 - 1, [5, 1, 4]),
         (2**31 + 12345, [2, 3, 3, 4, 5]), (2**32 - 1, [17, 16]), (2**32 + 5, [9, 4]), (2**53 - 1, [4, 9]),
         (3, [1, 1]), (4, [1, 2, 1, 2, 3, 4]), (5, []), (6, [1]), (8, [7]), (9, [16]), (10, [1000]), (11, [0, 3]),
         (12, [3, 0]), (13, [0]), (14, [1, 100003])]
LARGE = 20000


def cases():
    draws = ['uniform', 'normal', 'truncated_normal', 'variance_scaling', *SIX]
    for scheme in draws:
        for seed, shape in PAIRS:
            yield scheme, seed, shape, {}
    for seed, shape in PAIRS:
        if int(np.prod(shape)) < LARGE:
            yield 'orthogonal', seed, shape, {}
    for seed, shape, gain in [(1, [40, 30], 1.5), (2, [30, 40], 0.1), (3, [64, 64], 1.0), (4, [5, 5, 7, 32], 2.0)]:
        yield 'orthogonal', seed, shape, {'gain': gain}
    for scheme in ['zeros', 'ones', 'identity']:
        for shape in [[], [3], [2, 3], [3, 2], [2, 0], [2, 2, 2]]:
            yield scheme, 1, shape, {}
    for value in [0.1, -3.5, 1e-30]:
        yield 'constant', 1, [2, 3], {'value': value}
    for gain in [0.1, -2.0]:
        yield 'identity', 1, [3, 3], {'gain': gain}
    for low, high in [(0.0, 1.0), (-0.3, 0.7), (1.0, 1.0), (2.0, -1.0), (-1e-3, 1e-3), (100.0, 101.0)]:
        yield 'uniform', 21, [33, 31], {'low': low, 'high': high}
    for scheme in ['normal', 'truncated_normal']:
        for mean, std in [(0.0, 1.0), (1.0, 0.02), (-2.5, 3.0), (0.1, 1e-6), (0.5, 0.0)]:
            yield scheme, 22, [33, 31], {'mean': mean, 'std': std}
    modes = ['fan_in', 'fan_out', 'fan_avg'] + (['fan_geo_avg'] if NAME == 'jax' else [])
    kinds = ['truncated_normal', 'normal', 'uniform'] + ([] if NAME == 'jax' else ['untruncated_normal'])
    for mode in modes:
        for kind in kinds:
            for scale in [1.0, 0.3, 7.0]:
                for seed, shape in [(23, [24, 37]), (24, [3, 2, 5, 11])]:
                    yield 'variance_scaling', seed, shape, {'scale': scale, 'mode': mode, 'distribution': kind}
    if NAME != 'jax':
        return
    for low, high in [(-0.1, 0.1), (1.0, 2.0), (2.0, 3.0), (-3.0, -2.5), (4.0, 5.0), (5.0, 6.0), (-9.0, 9.0), (-1.0, 8.0)]:
        yield 'truncated_normal', 25, [50, 41], {'mean': 0.0, 'std': 1.0, 'low': low, 'high': high}
    for seed, shape in [(1, [3, 3, 4, 6]), (2, [4, 2, 5, 5]), (3, [5, 3, 4]), (4, [3, 2, 3, 2, 4]), (5, [3, 4, 3]),
                        (6, [4, 4]), (7, [0, 3, 3]), (8, [3, 0, 3]), (9, [1, 1, 1, 1, 2, 2])]:
        yield 'delta_orthogonal', seed, shape, {}
    yield 'delta_orthogonal', 1, [3, 3, 4, 6], {'gain': 0.5}


def jax_draw(scheme, seed, shape, o):
    import jax
    from jax.nn import initializers as init
    key = jax.random.key(seed)
    if scheme == 'uniform':
        return jax.random.uniform(key, shape, minval=o.get('low', 0.0), maxval=o.get('high', 0.01))
    if scheme == 'normal':
        return jax.random.normal(key, shape) * o.get('std', 0.01) + o.get('mean', 0.0)
    if scheme == 'truncated_normal':
        return jax.random.truncated_normal(key, o.get('low', -2.0), o.get('high', 2.0), shape) * o.get('std', 0.01) + o.get('mean', 0.0)
    if scheme == 'variance_scaling':
        return init.variance_scaling(o.get('scale', 1.0), o.get('mode', 'fan_in'), o.get('distribution', 'truncated_normal'))(key, shape)
    if scheme in ('zeros', 'ones'):
        return getattr(init, scheme)(key, shape)
    if scheme == 'constant':
        return init.constant(o['value'])(key, shape)
    if scheme in ('orthogonal', 'delta_orthogonal'):
        return getattr(init, scheme)(o.get('gain', 1.0))(key, shape)
    return getattr(init, scheme)()(key, shape)


NAMES = {'low': 'minval', 'high': 'maxval', 'std': 'stddev'}
CLASSES = {'uniform': 'RandomUniform', 'normal': 'RandomNormal', 'he_normal': 'HeNormal', 'he_uniform': 'HeUniform'}


def keras_draw(scheme, seed, shape, o):
    kind = CLASSES.get(scheme, ''.join(word.capitalize() for word in scheme.split('_')))
    given = {NAMES.get(key, key): value for key, value in o.items()}
    if scheme not in ('zeros', 'ones', 'constant', 'identity'):
        given['seed'] = seed
    if NAME == 'tf':
        from tensorflow.python.ops import init_ops_v2 as v2
        make = getattr(v2, kind, None) or getattr(v2, scheme)
        return np.asarray(make(**given)(shape))
    import keras
    return keras.ops.convert_to_numpy(getattr(keras.initializers, kind)(**given)(shape))


found = []
for scheme, seed, shape, options in cases():
    if NAME == 'jax' and scheme == 'identity':
        continue
    case = {'scheme': scheme, 'seed': seed, 'shape': shape, 'options': options}
    try:
        draw = jax_draw if NAME == 'jax' else keras_draw
        values = np.asarray(draw(scheme, seed, tuple(shape), options)).astype('<f4')
    except Exception as error:
        case['raises'] = type(error).__name__
        found.append(case)
        continue
    assert list(values.shape) == shape, (scheme, shape, values.shape)
    if 'orthogonal' in scheme:
        flat = values.reshape(-1)
        case['step'] = max(1, flat.size // 97)
        case['values'] = [float(x) for x in flat[:: case['step']]]
    else:
        case['sha256'] = hashlib.sha256(values.tobytes()).hexdigest()
    found.append(case)
lines = ',\n'.join(json.dumps(case) for case in found)
print(f'[\n{lines}\n]')
