import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { advise, KEEP, type Overrides } from '../advise/index.ts';
import { builder } from '../graph/index.ts';
import { schemes } from '../init/index.ts';
import { buildArchitecture, describeNetwork, type Network } from '../network/index.ts';
import { emitProgram, frameworks, type Framework } from './index.ts';
import { patternsFor } from './pattern.ts';

const networkOf = (text: string): Network => describeNetwork(buildArchitecture(text));

function program(network: Network, framework: Framework, overrides: Overrides = {}): string {
  const plan = advise(network, { model: 'model.onnx', seed: 0, ...overrides });
  return emitProgram(plan, network, framework);
}

/** What fnmatch of Python does. */
function matches(name: string, pattern: string): boolean {
  const source = pattern.replaceAll(/\[(.)\]|(\*)|([^*[]+)/gsu, (_, one, star, rest) =>
    star === undefined ? (one ?? rest).replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`) : '.*',
  );
  return new RegExp(`^${source}$`, 'su').test(name);
}

/** The table of a program, in order. */
function rulesOf(text: string): [pattern: string, expression: string][] {
  const table = text.slice(text.indexOf('\nRULES = {'), text.indexOf('\n}\n'));
  return [...table.matchAll(/^ {4}("(?:[^"\\]|\\.)*"): (.*),$/gm)].map(
    ([, pattern, expression]) => [JSON.parse(pattern) as string, expression],
  );
}

const texts = [
  'mlp:12-16x3-3:relu',
  'mlp:12-16x3-3:gelu',
  'cnn:3x8x8-4x3-8s2-2:tanh',
  'resnet:8:relu',
  'resnet:8:nonorm:relu',
  'transformer:v10-8x2h2-5:gelu',
  'gru:3-4-2',
  'lstm:v9e3-4x3-2:bi',
  'rnn:3-4x2-2:relu',
  'linear:4-7-2-4',
];

test.each(['lstm:v9e3-4-2', 'cnn:3x8x8-4-8s2-2:tanh'])(
  'the programs for %s are those that were read and run',
  async (text) => {
    for (const framework of frameworks) {
      const file = `${text.slice(0, text.indexOf(':'))}_${framework}.py`;
      const written = program(networkOf(text), framework);
      await expect(written).toMatchFileSnapshot(`../../test/golden/emit/${file}`);
    }
  },
);

test.each(texts)('of %s every drawn parameter has one rule in torch and in jax', (text) => {
  const network = networkOf(text);
  const plan = advise(network, { model: text, seed: 0 });
  for (const framework of ['torch', 'jax'] as const) {
    const rules = rulesOf(emitProgram(plan, network, framework));
    for (const { name, scheme } of plan.parameters) {
      const found = rules.filter(([pattern]) => matches(name, pattern));
      expect(new Set(found.map(([, expression]) => expression)).size, name).toBe(
        scheme === KEEP ? 0 : 1,
      );
    }
  }
});

/** Weights of shapes among which every scheme finds one that it is defined for. */
function manyShapes(): Network {
  const b = builder('shapes');
  const dense = (name: string, n: number): void => {
    const x = b.input(`x ${name}`, 'float32', ['n', n]);
    const y = b.node(`y ${name}`, 'MatMul', [x, b.parameter(name, [n, n])]);
    b.output(`z ${name}`, y, 'float32', ['n', n]);
  };
  const conv = (name: string, shape: number[]): void => {
    const sizes = shape.slice(2).map(() => 32);
    const x = b.input(`x ${name}`, 'float32', ['n', shape[1], ...sizes]);
    const y = b.node(`y ${name}`, 'Conv', [x, b.parameter(name, shape)]);
    b.output(`z ${name}`, y, 'float32', ['n', shape[0], ...sizes.map(() => 'm')]);
  };
  dense('six.weight', 6);
  dense('eight.weight', 8);
  conv('conv.weight', [8, 4, 3, 3]);
  conv('wave.weight', [9, 1, 16]);
  return describeNetwork(b.build());
}

test.each(frameworks)(
  'in %s every scheme is drawn, or read from what StepZero drew',
  (framework) => {
    const network = manyShapes();
    const asked = (name: string): string => {
      for (const weight of network.parameters) {
        try {
          const text = program(network, framework, { set: [`${weight.name}=${name}`] });
          const lines = text.split('\n');
          return lines[lines.findIndex((line) => line.includes('As asked by --set')) + 1];
        } catch (error) {
          // A scheme for other shapes: dirac for convolutions, identity for matrices.
          expect(String(error)).toContain(`${weight.name}: ${name}`);
        }
      }
      return 'no weight';
    };
    for (const { name } of schemes) expect(asked(name), name).toMatch(/^ {4}"[^"]+": \S.*,$/);
  },
);

test('the program for ResNet-50 fits on a screen or two', () => {
  const text = program(networkOf('resnet:50'), 'torch');
  expect(networkOf('resnet:50').parameters.length).toBeGreaterThan(260);
  expect(text.split('\n').length).toBeLessThan(60);
});

test('what is kept and what has a made-up name is said, not drawn', () => {
  const b = builder('net');
  const x = b.input('x', 'float32', ['n', 4]);
  const first = b.node('a', 'MatMul', [x, b.parameter('onnx::MatMul_12', [4, 8])]);
  const second = b.node('b', 'MatMul', [b.node('r', 'Relu', [first]), b.parameter('fc.w', [8, 3])]);
  const third = b.node('c', 'MatMul', [second, b.parameter('head', [3, 2])]);
  b.output('y', third, 'float32', ['n', 2]);
  const network = describeNetwork(b.build());
  const text = program(network, 'torch', { keep: ['head'] });
  expect(rulesOf(text).map(([pattern]) => pattern)).toEqual(['fc.w']);
  expect(
    text
      .split('\n')
      .filter((line) => line.startsWith('#'))
      .slice(2),
  ).toMatchInlineSnapshot(`
    [
      "# Not set here: names that the exporter made up, which no module has.",
      "#   onnx::MatMul_12 [4, 8]: he_normal, std 0.7071",
      "# Left as they are, as planned: head",
    ]
  `);
});

test('names that Python or fnmatch would read otherwise are matched as they are', () => {
  const names = ['a"b', 'a[0]', 'a*', 'a?', 'back\\slash', 'new\nline', 'größe', "it's"];
  const b = builder('net');
  let x = b.input('x', 'float32', ['n', 4]);
  for (const [i, name] of names.entries()) {
    x = b.node(`y${i}`, 'MatMul', [x, b.parameter(name, [4, 4])]);
    x = b.node(`z${i}`, 'Relu', [x]);
  }
  b.output('y', x, 'float32', ['n', 4]);
  const network = describeNetwork(b.build());
  const text = program(network, 'jax', { set: ['größe=zeros', 'back\\slash=ones'] });
  const rules = rulesOf(text);
  for (const name of names) {
    const rule = rules.find(([pattern]) => matches(name, pattern));
    expect(rule?.[1]).toMatch(
      name === 'größe' ? /nn\.zeros/ : name.startsWith('back') ? /nn\.ones/ : /nn\.normal/,
    );
  }
  expect(text).not.toMatch(/^line/m);
});

test('patterns match the names that are theirs and none of the others', () => {
  const name = fc
    .array(fc.constantFrom('a', 'b.', '.', '*', '[', ']', '?', '0', '1', '10', '2'), {
      minLength: 1,
      maxLength: 6,
    })
    .map((pieces) => pieces.join(''));
  fc.assert(
    fc.property(fc.uniqueArray(name, { minLength: 1, maxLength: 12 }), fc.nat(), (all, cut) => {
      const count = 1 + (cut % all.length);
      const [own, others] = [all.slice(0, count), all.slice(count)];
      const patterns = patternsFor(own, others);
      expect(patterns.length).toBeLessThanOrEqual(own.length);
      const caught = all.filter((one) => patterns.some((pattern) => matches(one, pattern)));
      expect(caught.toSorted()).toEqual(own.toSorted());
      expect(others.length + own.length).toBe(all.length);
    }),
  );
});

test('numbers of layers become one pattern, and what differs keeps its own', () => {
  const own = [0, 1, 2].flatMap((i) => [0, 1].map((j) => `layer${i}.${j}.conv1.weight`));
  const others = own.map((name) => name.replace('conv1', 'conv2'));
  expect(patternsFor(own, others)).toEqual(['layer*.*.conv1.weight']);
  expect(patternsFor([...own, 'fc.weight'], [])).toEqual(['layer*.*.conv1.weight', 'fc.weight']);
});
