"""The weights of one network as Keras's layers make them after keras.utils.set_random_seed, and as Flax's defaults
make them of split keys, in the layouts of ONNX: SHA-256 of the float32 values, or some of the values where the last bits
are not promised. The network stands in src/init/as/networks.test.ts.
Usage: python dialect_networks.py keras-jax|keras-torch|keras-tf|jax SEED > dialect_networks_NAME.json (CPU, x86-64).
Made with jax 0.10.2, flax 0.12.8, keras 3.15.1, tensorflow 2.21.0, torch 2.13.0."""
import hashlib, json, os, sys

NAME, SEED = sys.argv[1], int(sys.argv[2])
os.environ['TF_CPP_MIN_LOG_LEVEL'] = '3'
os.environ['JAX_PLATFORMS'] = 'cpu'
os.environ['KERAS_BACKEND'] = {'keras-torch': 'torch', 'keras-tf': 'tensorflow'}.get(NAME, 'jax')
import numpy as np

found = []


def add(name, values, exact=True):
    values = np.ascontiguousarray(values, '<f4')
    case = {'name': name, 'shape': list(values.shape)}
    if exact:
        case['sha256'] = hashlib.sha256(values.tobytes()).hexdigest()
    else:
        flat = values.reshape(-1)
        case['step'] = max(1, flat.size // 31)
        case['values'] = [float(x) for x in flat[:: case['step']]]
    found.append(case)


def gates(matrix, order):
    """[in, gates * hidden] to [gates * hidden, in], the gates in ONNX's order."""
    blocks = np.split(matrix, len(order), axis=1)
    return np.concatenate([blocks[i].T for i in order])


def keras_network():
    import keras
    L = keras.layers
    keras.utils.set_random_seed(SEED)
    conv, depthwise, grouped = L.Conv2D(6, (3, 2)), L.DepthwiseConv2D(3, depth_multiplier=2), L.Conv2D(8, 1, groups=2)
    transposed, norm, prelu = L.Conv2DTranspose(5, (2, 3)), L.BatchNormalization(), L.PReLU(shared_axes=[1, 2])
    gemm, matmul, embedding = L.Dense(7), L.Dense(3), L.Embedding(11, 6)
    lstm, both = L.LSTM(5), L.Bidirectional(L.LSTM(4))
    gru, rnn, rnns = L.GRU(3), L.SimpleRNN(4), L.Bidirectional(L.SimpleRNN(2))
    conv.build((None, 9, 9, 4)); depthwise.build((None, 9, 9, 6)); grouped.build((None, 9, 9, 12))
    transposed.build((None, 9, 9, 8)); norm.build((None, 9, 9, 5)); prelu.build((None, 9, 9, 5))
    gemm.build((None, 5)); matmul.build((None, 7)); embedding.build((None, 4))
    for layer in [lstm, both, gru, rnn, rnns]:
        layer.build((None, 5, 6))
    get = lambda w: keras.ops.convert_to_numpy(w)
    add('conv.w', get(conv.kernel).transpose(3, 2, 0, 1)); add('conv.b', get(conv.bias))
    add('depthwise.w', get(depthwise.kernel).reshape(3, 3, 12).transpose(2, 0, 1)[:, None])
    add('grouped.w', get(grouped.kernel).transpose(3, 2, 0, 1))
    add('transposed.w', get(transposed.kernel).transpose(3, 2, 0, 1))
    for name in ['gamma', 'beta', 'moving_mean', 'moving_variance']:
        add(f'norm.{name}', get(getattr(norm, name)))
    add('prelu', get(prelu.alpha).reshape(5, 1, 1))
    add('gemm.w', get(gemm.kernel).T); add('gemm.b', get(gemm.bias))
    add('matmul.w', get(matmul.kernel)); add('matmul.b', get(matmul.bias))
    add('embedding', get(embedding.embeddings))
    orders = {'lstm': [0, 3, 1, 2], 'gru': [0, 1, 2], 'rnn': [0]}
    for name, kind, cells in [('lstm', 'lstm', [lstm.cell]),
                              ('both', 'lstm', [both.forward_layer.cell, both.backward_layer.cell]),
                              ('gru', 'gru', [gru.cell]), ('rnn', 'rnn', [rnn.cell]),
                              ('rnns', 'rnn', [rnns.forward_layer.cell, rnns.backward_layer.cell])]:
        order = orders[kind]
        add(f'{name}.w', np.stack([gates(get(c.kernel), order) for c in cells]))
        add(f'{name}.r', np.stack([gates(get(c.recurrent_kernel), order) for c in cells]), exact=False)
        biases = []
        for c in cells:
            bias = np.atleast_2d(get(c.bias))
            rows = [np.concatenate([np.split(row, len(order))[i] for i in order]) for row in bias]
            biases.append(np.concatenate(rows if len(rows) == 2 else [rows[0], np.zeros_like(rows[0])]))
        add(f'{name}.b', np.stack(biases))


def flax_network():
    import jax
    from flax.linen import initializers, linear
    drawn = []
    kernel, recurrent = linear.default_kernel_init, initializers.orthogonal()

    def weight(name, shape, to_onnx, init=kernel):
        drawn.append((name, [(init, shape)], lambda parts: to_onnx(parts[0])))

    def cell(name, directions, count, inputs, hidden):
        stack = lambda parts: np.stack([np.concatenate([p.T for p in parts[d * count:(d + 1) * count]]) for d in range(directions)])
        drawn.append((f'{name}.w', [(kernel, (inputs, hidden))] * directions * count, stack))
        drawn.append((f'{name}.r', [(recurrent, (hidden, hidden))] * directions * count, stack))

    oihw = lambda w: w.transpose(3, 2, 0, 1)
    weight('conv.w', (3, 2, 4, 6), oihw)
    weight('depthwise.w', (3, 3, 1, 12), oihw)
    weight('grouped.w', (1, 1, 6, 8), oihw)
    weight('transposed.w', (2, 3, 8, 5), lambda w: w.transpose(2, 3, 0, 1))
    weight('gemm.w', (5, 7), lambda w: w.T)
    weight('matmul.w', (7, 3), lambda w: w)
    weight('embedding', (11, 6), lambda w: w, linear.default_embed_init)
    for name, directions, count, hidden in [('lstm', 1, 4, 5), ('both', 2, 4, 4), ('gru', 1, 3, 3), ('rnn', 1, 1, 4), ('rnns', 2, 1, 2)]:
        cell(name, directions, count, 6, hidden)
    keys = iter(jax.random.split(jax.random.key(SEED), sum(len(parts) for _, parts, _ in drawn)))
    for name, parts, to_onnx in drawn:
        add(name, to_onnx([np.asarray(init(next(keys), shape)) for init, shape in parts]), exact=not name.endswith('.r'))


flax_network() if NAME == 'jax' else keras_network()
lines = ',\n'.join(json.dumps(case) for case in found)
print(f'{{ "seed": {SEED}, "weights": [\n{lines}\n] }}')
