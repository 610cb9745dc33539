import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { activations } from '../../activation/index.ts';
import type { Graph } from '../../graph/index.ts';
import { sizeOf } from '../../tensor/index.ts';
import { architectures, buildArchitecture, isArchitecture } from './index.ts';

/** Elements of the tensors that training changes. */
function trainable(graph: Graph): number {
  let total = 0;
  for (const { name, dtype, shape } of graph.constants.values()) {
    const isFixed = /running_(mean|var)$|^attn_scale$|^masked_score$/.test(name);
    if (dtype === 'float32' && !isFixed) total += sizeOf(shape);
  }
  return total;
}

const failing = (text: string) => (): unknown => buildArchitecture(text);

test.each([
  // torchvision, num_params in the metadata of the ImageNet weights
  ['resnet:18', 11_689_512],
  ['resnet:34', 21_797_672],
  ['resnet:50', 25_557_032],
  ['resnet:101', 44_549_160],
  ['resnet:152', 60_192_808],
  // He et al. 2016, table 6: 0.27, 0.46, 0.66, 0.85 and 1.7 million
  ['resnet:20', 269_722],
  ['resnet:32', 464_154],
  ['resnet:44', 658_586],
  ['resnet:56', 853_018],
  ['resnet:110', 1_727_962],
  // 784·512 + 512 + 9 (512² + 512) + 512·10 + 10
  ['mlp:784-512x10-10:relu', 2_770_954],
  // torch 2.13, nn.LSTM(128, 256, 2), nn.GRU and nn.RNN of that size, and nn.Linear(256, 10) each
  ['lstm:128-256x2-10', 921_600 + 2570],
  ['gru:128-256x2-10', 691_200 + 2570],
  ['rnn:128-256x2-10', 230_400 + 2570],
  // torch 2.13, nn.LSTM(64, 128, bidirectional=True), nn.Embedding(1000, 64), nn.Linear(256, 5)
  ['lstm:v1000e64-128-5:bi', 198_656 + 64_000 + 1285],
  // GPT-2 small has 124,439,808 with the head tied to the embedding; an untied one has a bias here
  ['transformer:v50257-768x12h12-50257:t1024:tied', 124_439_808],
  ['transformer:v50257-768x12h12-50257:t1024', 124_439_808 + 768 * 50_257 + 50_257],
])('%s has %d trainable parameters', (text, count) => {
  expect(trainable(buildArchitecture(text))).toBe(count);
});

test('a tied head needs the tokens of its output', () => {
  expect(() => buildArchitecture('transformer:v50-16x2h2-51:tied')).toThrow(
    'transformer: with tied the input must be the tokens of the output, v51, got v50',
  );
});

const namesOf = (text: string): string[] =>
  [...buildArchitecture(text).constants.values()]
    .filter(({ dtype, shape }) => dtype === 'float32' && shape.length > 0)
    .map(({ name, shape }) => `${name} [${shape.join(', ')}]`);

test('parameters have the names of PyTorch', () => {
  expect(namesOf('mlp:4-8-3:tanh')).toEqual([
    'layers.0.weight [8, 4]',
    'layers.0.bias [8]',
    'layers.1.weight [3, 8]',
    'layers.1.bias [3]',
  ]);
  expect(namesOf('resnet:8').slice(0, 7)).toEqual([
    'conv1.weight [16, 3, 3, 3]',
    'bn1.weight [16]',
    'bn1.bias [16]',
    'bn1.running_mean [16]',
    'bn1.running_var [16]',
    'layer1.0.conv1.weight [16, 16, 3, 3]',
    'layer1.0.bn1.weight [16]',
  ]);
  expect(namesOf('resnet:18')).toContain('layer2.0.downsample.0.weight [128, 64, 1, 1]');
  expect(namesOf('cnn:2x9x9-8-3')).toContain('layers.0.weight [8, 2, 3, 3]');
  expect(namesOf('lstm:v9-4-3:bi')).toEqual([
    'embed.weight [9, 4]',
    'rnn.weight_ih_l0 [2, 16, 4]',
    'rnn.weight_hh_l0 [2, 16, 4]',
    'rnn.bias_l0 [2, 32]',
    'fc.weight [3, 8]',
    'fc.bias [3]',
  ]);
  expect(namesOf('transformer:v9-4x1h2-9:t6').slice(0, 6)).toEqual([
    'embed.weight [9, 4]',
    'pos_embed [1, 6, 4]',
    'blocks.0.norm1.weight [4]',
    'blocks.0.norm1.bias [4]',
    'blocks.0.attn.qkv.weight [12, 4]',
    'blocks.0.attn.qkv.bias [12]',
  ]);
});

test('every value of an example is made before it is read, and once', () => {
  for (const { examples, defaults } of architectures) {
    for (const text of [defaults, ...examples]) {
      const graph = buildArchitecture(text);
      const known = new Set([...graph.inputs.map(({ name }) => name), ...graph.constants.keys()]);
      for (const { inputs, outputs } of graph.nodes) {
        for (const name of inputs) expect(known).toContain(name);
        for (const name of outputs) {
          expect(known).not.toContain(name);
          known.add(name);
        }
      }
      expect(new Set(graph.nodes.map(({ name }) => name)).size).toBe(graph.nodes.length);
      expect(graph.inputs.map(({ name, shape }) => [name, shape?.[0]])).toEqual([
        ['input', 'batch'],
      ]);
      expect(graph.outputs.map(({ name, shape }) => [name, shape?.[0]])).toEqual([
        ['output', 'batch'],
      ]);
    }
  }
});

test('the bare name and its defaults are the same network', () => {
  for (const { name, defaults } of architectures) {
    const [bare, full] = [buildArchitecture(name), buildArchitecture(defaults)];
    expect({ ...bare, name: '', constants: [...bare.constants.keys()] }).toEqual({
      ...full,
      name: '',
      constants: [...full.constants.keys()],
    });
    expect(defaults.split(':')[0]).toBe(name);
  }
});

test('every activation can be named', () => {
  for (const { name } of activations) {
    for (const text of ['mlp:3-4x2-2', 'cnn:1x5-2-2', 'transformer:v3-4x1-3', 'resnet:8']) {
      expect(buildArchitecture(`${text}:${name}`).nodes.length).toBeGreaterThan(0);
    }
  }
});

test('a text is an architecture if a known name stands alone or before a colon', () => {
  expect(['mlp', 'mlp:', 'mlp:784-10', 'resnet:20'].every(isArchitecture)).toBe(true);
  expect(['', 'mlp.onnx', 'resnet50', './mlp:3', 'MLP'].some(isArchitecture)).toBe(false);
});

test('whatever stands behind a known name, it builds or says what is wrong with a RangeError', () => {
  const names = architectures.map(({ name }) => name);
  const part = fc.oneof(
    fc.string({ maxLength: 8 }),
    fc.stringMatching(/^v?[1-9]{1,2}(-[1-9]{1,2}(x[1-9])?([a-z][1-9])?){1,3}$/),
    fc.constantFrom(
      'relu',
      'bi',
      't4',
      'k3',
      'post',
      'crelu',
      'shared',
      'every',
      'mean',
      'nonorm',
      '20',
      '18',
      '1x8x8-4-2',
      'circular',
    ),
  );
  fc.assert(
    fc.property(fc.constantFrom(...names), fc.array(part, { maxLength: 3 }), (name, parts) => {
      const text = [name, ...parts].join(':');
      try {
        expect(buildArchitecture(text).outputs).toHaveLength(1);
      } catch (error) {
        expect(String(error)).toMatch(/^RangeError: [a-z]+: .* must .*, got ./s);
      }
    }),
  );
});

test('the plain network of Xiao is three convolutions with strides 1, 2 and 2 before equal ones', () => {
  const named = (text: string): unknown => {
    const { nodes, inputs, constants } = buildArchitecture(text);
    return {
      nodes,
      inputs,
      constants: [...constants.values()].map(({ name, shape }) => [name, shape]),
    };
  };
  expect(named('vanilla:5-8')).toEqual(named('cnn:1x28x28-8-8s2-8s2-8x5-10:tanh'));
  expect(named('vanilla:2-4-7:3x32x32:relu:k5')).toEqual(named('cnn:3x32x32-4-4s2-4s2-4x2-7:k5'));
  expect(named('vanilla:1-4:1x14x14:circular')).toEqual(
    named('cnn:1x14x14-4-4s2-4s2-4-10:tanh:circular'),
  );
  expect(buildArchitecture('vanilla:10000-16').nodes).toHaveLength(2 * 10_003 + 4);
});

test('flatten makes the head of a convolutional network read every place', () => {
  const shapeOf = (text: string): readonly number[] | undefined =>
    buildArchitecture(text).constants.get('fc.weight')?.shape;
  expect(shapeOf('vanilla:2-8:flatten')).toEqual([10, 7 * 7 * 8]);
  expect(shapeOf('cnn:1x9x5-8s2-3:crelu:flatten')).toEqual([3, 5 * 3 * 16]);
  expect(shapeOf('vanilla:2-8')).toEqual([10, 8]);
});

test('a concatenated rectifier doubles the inputs of the layer behind it', () => {
  expect(namesOf('mlp:4-8x2-3:crelu')).toEqual([
    'layers.0.weight [8, 4]',
    'layers.0.bias [8]',
    'layers.1.weight [8, 16]',
    'layers.1.bias [8]',
    'layers.2.weight [3, 16]',
    'layers.2.bias [3]',
  ]);
  expect(namesOf('cnn:2x9x9-8x2-3:crelu')).toEqual([
    'layers.0.weight [8, 2, 3, 3]',
    'layers.0.bias [8]',
    'layers.1.weight [8, 16, 3, 3]',
    'layers.1.bias [8]',
    'fc.weight [3, 16]',
    'fc.bias [3]',
  ]);
  const resnet = namesOf('resnet:8:nonorm:crelu');
  expect(resnet).toContain('conv1.weight [16, 3, 3, 3]');
  expect(resnet).toContain('layer1.0.conv1.weight [16, 32, 3, 3]');
  expect(resnet).toContain('layer2.0.conv1.weight [32, 32, 3, 3]');
  expect(resnet).toContain('fc.weight [10, 128]');
});

test('the blocks of a transformer with shared weights are one block, applied again and again', () => {
  const once = namesOf('transformer:v9-4x1h2-9:t6').map((name) =>
    name.replace('blocks.0.', 'block.'),
  );
  expect(namesOf('transformer:v9-4x5h2-9:t6:shared')).toEqual(once);
  const readers = buildArchitecture('transformer:v9-4x5h2-9:t6:shared').nodes.filter(({ inputs }) =>
    inputs.includes('block.mlp.fc1.weight'),
  );
  expect(readers).toHaveLength(5);
});

test('an answer at every step or one to a sequence is what the words ask for', () => {
  const shapeOf = (text: string): unknown => buildArchitecture(text).outputs[0].shape;
  for (const name of ['rnn', 'gru', 'lstm']) {
    expect(shapeOf(`${name}:v9-4x2-5:t6:bi:every`)).toEqual(['batch', 6, 5]);
    expect(shapeOf(`${name}:v9-4x2-5:t6:bi`)).toEqual(['batch', 5]);
  }
  expect(shapeOf('transformer:v9-4x1h2-5:t6')).toEqual(['batch', 6, 5]);
  expect(shapeOf('transformer:v9-4x1h2-5:t6:mean')).toEqual(['batch', 5]);
});

test('ten thousand layers are ten thousand times two nodes', () => {
  expect(buildArchitecture('mlp:8-8x10000-8').nodes).toHaveLength(10_001 + 10_000 + 1);
});

test('errors say where, what must hold and what was got', () => {
  expect(failing('mpl:784-10')).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: architecture: name must be one of mlp, linear, cnn, vanilla, resnet, rnn, gru, lstm, transformer (nearest: mlp), got mpl]`,
  );
  expect(failing('mlp:784-abc')).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: mlp: widths must be positive integers like 784-512x10-10, got 784-abc]`,
  );
  expect(failing('mlp:60000x2-60000-10')).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: mlp: widths must be positive integers like 784-512x10-10, got 60000x2-60000-10]`,
  );
  expect(failing('mlp:60000-60000-10')).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: mlp: parameters must number at most 2147483648, got 3600660010]`,
  );
  expect(failing('linear:4-4:relu')).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: linear: there must be no words after the sizes, got relu]`,
  );
  expect(failing('cnn:28-32-10')).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: cnn: sizes must be an input of 1 to 3 spatial axes, channels and an output like 1x28x28-32x10-10, got 28-32-10]`,
  );
  expect(failing('cnn:1x28x28-10')).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: cnn: sizes must be an input of 1 to 3 spatial axes, channels and an output like 1x28x28-32x10-10, got 1x28x28-10]`,
  );
  expect(failing('cnn:1x28-32-10:k4')).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: cnn: the kernel size must be odd, got 4]`,
  );
  expect(failing('cnn:1x8-4s8-4-10:circular:k5')).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: cnn: circular padding must be at most as wide as the image, got 2 for 1]`,
  );
  expect(failing('vanilla:10-8-3-2')).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: vanilla: sizes must be a depth, with channels and classes behind it if need be, like 32-32-10, got 10-8-3-2]`,
  );
  expect(failing('vanilla:10x8')).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: vanilla: sizes must be a depth, with channels and classes behind it if need be, like 32-32-10, got 10x8]`,
  );
  expect(failing('vanilla:10-8:28x28')).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: vanilla: images must be like 1x28x28, got 28x28]`,
  );
  expect(failing('vanilla:10-8:1x28x28:1x14x14')).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: vanilla: CHANNELSxHEIGHTxWIDTH must be given once, got vanilla:10-8:1x28x28:1x14x14]`,
  );
  expect(failing('vanilla:10-8:0x28x28')).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: vanilla: images must be like 1x28x28, got 0x28x28]`,
  );
  expect(failing('vanilla:200000-8')).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: vanilla: layers must number at most 100000, got 200003]`,
  );
  expect(failing('vanilla:10-8:circle')).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: vanilla: words must be circular, flatten, crelu, kN (kernel size), CHANNELSxHEIGHTxWIDTH or an activation such as relu after the sizes, got circle (activation: name must be one of linear, relu, leaky_relu, prelu, relu6, tanh, sigmoid, hard_tanh, hard_sigmoid, hard_swish, erf, arctan, softsign, softplus, elu, celu, selu, gelu, gelu_tanh, silu, mish, sin, abs, sign, got circle; the nearest is relu)]`,
  );
  expect(failing('vanilla:10-8:k2')).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: vanilla: the kernel size must be odd, got 2]`,
  );
  expect(failing('mlp:3-4-2:crelu:tanh')).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: mlp: the activation must be given once, got mlp:3-4-2:crelu:tanh]`,
  );
  expect(failing('mlp:3-4-2:crelu:crelu')).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: mlp: crelu must be given once, got mlp:3-4-2:crelu:crelu]`,
  );
  expect(failing('resnet:21')).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: resnet: depth must be 18, 34, 50, 101, 152 or 6n + 2, with a number of classes behind it if need be, like 20 or 20-100, got 21]`,
  );
  expect(failing('resnet:60000002')).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: resnet: layers must number at most 100000, got 60000002]`,
  );
  expect(failing('rnn:4-4-4:gelu')).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: rnn: words must be bi, every, tN (sequence length), tanh or relu after the sizes, got gelu]`,
  );
  expect(failing('lstm:4-10')).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: lstm: sizes must be an input, widths and an output like 128-256x2-10 or v1000-256x2-10, got 4-10]`,
  );
  expect(failing('lstm:4-4-10:t9999999')).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: lstm: the sequence length must be an integer from 1 to 1048576, got 9999999]`,
  );
  expect(failing('gru:v9-4-4:relu')).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: gru: words must be bi, every or tN (sequence length) after the sizes, got relu]`,
  );
  expect(failing('transformer:v9-10x2h4-9')).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: transformer: the number of heads must divide the width 10, got 4]`,
  );
  expect(failing('transformer:v9-8x2-9:post:nonorm')).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: transformer: post and nonorm must not be given together, got transformer:v9-8x2-9:post:nonorm]`,
  );
});
