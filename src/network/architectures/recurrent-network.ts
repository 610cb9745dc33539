import { builder, type Builder, type Graph } from '../../graph/index.ts';
import type { Architecture } from './architecture.ts';
import { dense, denseByStep, integers } from './parts.ts';
import { DEFAULT_STEPS, embedded, sequenceInput, sourceOf, STEPS } from './sequence.ts';
import { badSizes, checkDepth, extentOf, runOf } from './sizes.ts';
import { readWords, type ArchitectureText, type Words } from './text.ts';

const DEFAULTS = '128-256x2-10';
const SIZES = 'INPUT-WIDTH[xCOUNT]-…-OUTPUT[:tSTEPS][:bi][:every]';
const COMMON =
  'INPUT is the number of features of a step, or v1000 for tokens of a vocabulary of 1000 with an ' +
  'embedding (v1000e64 of width 64, else as wide as the first layer). tSTEPS is the length of the ' +
  `sequence (${DEFAULT_STEPS} if not given); bi reads it in both directions. A dense head reads the ` +
  'final state, or with every the state at every step, for one answer to each. Gates are stacked in the order of ONNX, both biases in one tensor.';

/** A long short-term memory: `lstm:128-256x2-10` is two layers of 256 and a head of 10. */
export const lstm: Architecture = {
  name: 'lstm',
  grammar: `lstm:${SIZES}`,
  description: `LSTM layers. ${COMMON} Reference: Hochreiter and Schmidhuber 1997.`,
  examples: [
    'lstm:128-256x2-10',
    'lstm:v1000-128x2-1000:t64',
    'lstm:v1000e64-128-5:bi',
    'lstm:v10-64-10:t20:every',
  ],
  defaults: `lstm:${DEFAULTS}`,
  build: (spec) => {
    const words = readWords(spec, { flags: FLAGS, numbers: NUMBERS });
    const cell = { operator: 'LSTM', gates: 4, attributes: {} };
    return recurrentNetwork(spec, cell, words);
  },
};

/** A gated recurrent network: `gru:128-256x2-10`. */
export const gru: Architecture = {
  name: 'gru',
  grammar: `gru:${SIZES}`,
  description:
    `GRU layers whose reset gate acts after the product, as in PyTorch. ${COMMON} ` +
    'Reference: Cho et al. 2014, arXiv:1406.1078.',
  examples: ['gru:128-256x2-10', 'gru:v1000-128-10:bi', 'gru:10-64-10:t20:every'],
  defaults: `gru:${DEFAULTS}`,
  build: (spec) => {
    const words = readWords(spec, { flags: FLAGS, numbers: NUMBERS });
    const cell = { operator: 'GRU', gates: 3, attributes: { linear_before_reset: 1 } };
    return recurrentNetwork(spec, cell, words);
  },
};

/** A plain recurrent network: `rnn:128-256x2-10:relu`. */
export const rnn: Architecture = {
  name: 'rnn',
  grammar: `rnn:${SIZES}[:tanh|relu]`,
  description: `Recurrent layers with tanh or relu (tanh if none is named). ${COMMON} Reference: Elman 1990.`,
  examples: [
    'rnn:128-256x2-10:tanh',
    'rnn:28-128-10:relu:t28',
    'rnn:v1000-128-10:bi',
    'rnn:10-64-10:t20:every',
  ],
  defaults: `rnn:${DEFAULTS}:tanh`,
  build: (spec) => {
    const words = readWords(spec, {
      flags: FLAGS,
      numbers: NUMBERS,
      activations: ['tanh', 'relu'],
    });
    const name = words.activation?.name === 'relu' ? 'Relu' : 'Tanh';
    const cell = {
      operator: 'RNN',
      gates: 1,
      attributes: { activations: words.flags.has('bi') ? [name, name] : [name] },
    };
    return recurrentNetwork(spec, cell, words);
  },
};

const FLAGS = ['bi', 'every'] as const;
const NUMBERS = { t: STEPS };

interface Cell {
  readonly operator: string;
  readonly gates: number;
  readonly attributes: Readonly<Record<string, number | readonly string[]>>;
}

function recurrentNetwork(
  spec: ArchitectureText,
  cell: Cell,
  { flags, numbers }: Words<string>,
): Graph {
  const steps = numbers.get('t') ?? DEFAULT_STEPS;
  const isEvery = flags.has('every');
  const sizes = spec.sizes ?? DEFAULTS;
  const shape = {
    name: spec.name,
    rule: `sizes must be an input, widths and an output like ${DEFAULTS} or v1000-256x2-10`,
  };
  const items = sizes.split('-');
  if (items.length < 3) throw badSizes(shape, sizes);
  const source = sourceOf(shape, sizes, items[0]);
  const runs = items.slice(1, -1).map((item) => runOf(shape, sizes, item));
  const outputs = extentOf(shape, sizes, items[items.length - 1]);
  checkDepth(spec.name, runs);
  const widths = runs.flatMap(({ width, count }) => Array.from({ length: count }, () => width));

  const b = builder(spec.text);
  let x = sequenceInput(b, source, steps);
  let inputs = source.size;
  if (source.kind === 'tokens') {
    inputs = source.embedding ?? widths[0];
    x = embedded(b, 'embed', x, source, inputs);
  }
  x = b.node('steps_first', 'Transpose', [x], { perm: [1, 0, 2] });
  const directions = flags.has('bi') ? 2 : 1;
  let state = x;
  for (const [layer, width] of widths.entries()) {
    const isRead = isEvery || layer < widths.length - 1;
    ({ x, state } = recurrentLayer(b, layer, x, inputs, width, cell, directions, isRead));
    inputs = directions * width;
  }
  if (isEvery) {
    const rows = b.node('batch_first', 'Transpose', [x], { perm: [1, 0, 2] });
    const each = denseByStep(b, 'fc', rows, inputs, outputs);
    b.output('output', each, 'float32', ['batch', steps, outputs]);
    return b.build();
  }
  const flat = integers(b, 'state_shape', [0, inputs]);
  const rows = b.node('batch_first', 'Transpose', [state], { perm: [1, 0, 2] });
  const output = dense(b, 'fc', b.node('final_state', 'Reshape', [rows, flat]), inputs, outputs);
  b.output('output', output, 'float32', ['batch', outputs]);
  return b.build();
}

/**
 * One layer on `x` [steps, batch, inputs]: `W` [directions, gates · width, inputs], `R` [directions,
 * gates · width, width], `B` [directions, 2 · gates · width]. `state` is [directions, batch, width];
 * `x` is the sequence, [steps, batch, directions · width], where it is read.
 */
function recurrentLayer(
  b: Builder,
  layer: number,
  x: string,
  inputs: number,
  width: number,
  { operator, gates, attributes }: Cell,
  directions: 1 | 2,
  isRead: boolean,
): { x: string; state: string } {
  const name = `rnn.l${layer}`;
  const all = b.node(
    name,
    operator,
    [
      x,
      b.parameter(`rnn.weight_ih_l${layer}`, [directions, gates * width, inputs]),
      b.parameter(`rnn.weight_hh_l${layer}`, [directions, gates * width, width]),
      b.parameter(`rnn.bias_l${layer}`, [directions, 2 * gates * width]),
    ],
    {
      ...attributes,
      direction: directions === 2 ? 'bidirectional' : 'forward',
      hidden_size: width,
    },
    2,
  );
  const state = `${name}_output_1`;
  if (!isRead) return { x: all, state };
  const rows = b.node(`${name}.transpose`, 'Transpose', [all], { perm: [0, 2, 1, 3] });
  const shape = integers(b, `${name}.shape`, [0, 0, directions * width]);
  return { x: b.node(`${name}.join`, 'Reshape', [rows, shape]), state };
}
